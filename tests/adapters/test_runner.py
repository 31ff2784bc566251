"""Read models follow the log exactly once, however they are batched, killed, shared or spoiled."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import field
from datetime import UTC, datetime
from statistics import median
from typing import Annotated, Any, ClassVar

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ordertrail.adapters.codec import Codec
from ordertrail.adapters.following import Following
from ordertrail.adapters.partitions import PARTITIONS, partition_of
from ordertrail.adapters.runner import Runner
from ordertrail.adapters.tables import rows
from ordertrail.adapters.urls import open_store
from ordertrail.domain.aggregate import Aggregate
from ordertrail.domain.errors import BadInput, StoreError, UnknownEventType
from ordertrail.domain.event import Event, event
from ordertrail.projections.projection import Projection, row
from tests import postgres

NOON = datetime(2024, 5, 6, 12, tzinfo=UTC)


@event("toy.added")
class Added:
    keys: tuple[str, ...]
    amount: int = 1
    spoils: str = ""


@event("toy.removed")
class Removed:
    keys: tuple[str, ...]


@event("toy.future")
class Future:
    pass


def toy(*events: type) -> Codec:
    evolve = lambda state, event: state  # noqa: E731
    return Codec([Aggregate("toy", None, evolve, None, events, ())])  # type: ignore[arg-type]


CODEC = toy(Added, Removed)


@row("totals", key=("word",))
class Total:
    word: str
    events: Annotated[int, "how many"] = 0
    amount: int = 0
    trail: list[int] = field(default_factory=list)


class Totals(Projection[Total]):
    """A row for each key; fails on what spoils "parts", "apply" or "save"."""

    name = "totals"
    row = Total
    views: ClassVar = {"sums": "SELECT sum(amount) AS amount FROM totals"}

    def parts(self, event):
        for number, key in enumerate(event.body.keys):
            if number and getattr(event.body, "spoils", "") == "parts":
                raise ValueError("the parts are spoiled")
            yield key, number

    def apply(self, row, event, part):
        if isinstance(event.body, Removed):
            return None
        row.events += 1
        row.amount += event.body.amount
        row.trail.append(event.position * 10 + part)
        if part and event.body.spoils == "apply":
            raise ValueError("the fold is spoiled")
        if part and event.body.spoils == "save":
            row.amount = "much"
        return row


@row("pairs", key=("stream", "word"))
class Pair:
    stream: str
    word: str
    events: int = 0


class Pairs(Projection[Pair]):
    """A row for each stream and key, of what was added."""

    name = "pairs"
    row = Pair
    on = (Added,)

    def parts(self, event):
        return [((event.stream, key), None) for key in event.body.keys]

    def apply(self, row, event, part):
        row.events += 1
        return row


class Broken(Totals):
    def apply(self, row, event, part):
        raise StoreError("the disk is gone")


def tell(store, *told, codec=CODEC):
    """Append events: pairs of stream and body."""
    head = store.head()
    records = [
        codec.record(
            Event(body, NOON, stream=stream, version=head + n, position=head + n, recorded_at=NOON)
        )
        for n, (stream, body) in enumerate(told, 1)
    ]
    with store.writing() as work:
        work.append(records, [])


def dump(store):
    """All that projections have stored, but for the times when they did."""
    with store.reading() as connection:
        return {
            name: sorted(connection.execute(f"SELECT {columns} FROM {name}").fetchall())
            for name, columns in (
                ("totals", "*"),
                ("pairs", "*"),
                ("checkpoints WHERE place = 'live'", "projection, partition, version, position"),
                ("parked WHERE place = 'live'", "projection, partition, stream, position, error"),
            )
        }


@pytest.fixture
def store(any_url):
    with closing(open_store(any_url)) as store:
        yield store


def kept(store, row):
    with store.reading() as connection:
        return list(rows(store.tables, connection, row))


def totals(store):
    return {total.word: (total.events, total.amount) for total in kept(store, Total)}


def standing(runner):
    return [status[:4] for status in runner.status()]


def random_events(seed, many):
    choice = random.Random(seed)
    for _ in range(many):
        keys = tuple(choice.choices("abcdefgh", k=choice.randint(0, 3)))
        body = Removed(keys=keys) if choice.random() < 0.1 else Added(keys=keys, amount=2)
        yield f"toy-{choice.randint(1, 50)}", body


keys = st.lists(st.sampled_from("abcde"), max_size=3).map(tuple)
# What does not fit its column is found when it is saved, and not if it is gone by then: so whether
# "save" parks a stream may depend on where a batch ends.
spoils = st.sampled_from(["", "", "", "parts", "apply"])
bodies = st.builds(Added, keys=keys, amount=st.integers(0, 9), spoils=spoils) | st.builds(
    Removed, keys=keys
)
streams = st.sampled_from(["toy-1", "toy-2", "toy-3", "other-1"])


@given(
    told=st.lists(st.tuples(streams, bodies), max_size=25),
    boundaries=st.lists(st.integers(0, 25), max_size=6).map(sorted),
    batch=st.integers(1, 30),
    chunk=st.integers(1, 30),
)
@settings(deadline=None)
def test_rebuilt_equals_incremental_wherever_the_batches_end(told, boundaries, batch, chunk):
    rebuilt_equals_incremental("memory:", told, boundaries, batch, chunk)


@given(
    told=st.lists(st.tuples(streams, bodies), min_size=5, max_size=25),
    boundaries=st.lists(st.integers(0, 25), min_size=1, max_size=4).map(sorted),
    batch=st.integers(1, 30),
    chunk=st.integers(1, 30),
)
@settings(max_examples=5, phases=[Phase.generate])
def test_rebuilt_equals_incremental_on_postgresql(postgres_server, told, boundaries, batch, chunk):
    url = postgres.log_url(postgres_server)
    rebuilt_equals_incremental(url, told, boundaries, batch, chunk)


def rebuilt_equals_incremental(url, told, boundaries, batch, chunk):
    with closing(open_store(url)) as store, pytest.MonkeyPatch.context() as patch:
        patch.setattr("ordertrail.adapters.batches.CHUNK", chunk)
        tell(store, *told)
        for boundary in boundaries:
            Runner(store, CODEC, [Totals(), Pairs()], batch=batch).catch_up(boundary)
        runner = Runner(store, CODEC, [Totals(), Pairs()], batch=batch)
        runner.catch_up()
        incremental = dump(store)
        runner = Runner(store, CODEC, [Totals(), Pairs()])
        runner.rebuild()
        assert dump(store) == incremental
        assert totals(store) == folded_by_hand(told)


def folded_by_hand(told):
    """Each partition leaves out a stream from the first event on that it fails on."""
    expected: dict[str, tuple[int, int]] = {}
    parked = set()
    for stream, body in told:
        if stream == "other-1":
            continue
        for partition in range(PARTITIONS):
            parts = [(n, key) for n, key in enumerate(body.keys) if partition_of(key) == partition]
            spoils = getattr(body, "spoils", "")
            spoiled = spoils == "parts" and len(body.keys) > 1
            spoiled = spoiled or (spoils == "apply" and any(n for n, _ in parts))
            if spoiled or (partition, stream) in parked:
                parked.add((partition, stream))
                continue
            for _, key in parts:
                if isinstance(body, Removed):
                    expected.pop(key, None)
                else:
                    events, amount = expected.get(key, (0, 0))
                    expected[key] = (events + 1, amount + body.amount)
    return expected


@pytest.mark.parametrize(
    ("spoils", "error"),
    [
        ("parts", "ValueError: the parts are spoiled"),
        ("apply", "ValueError: the fold is spoiled"),
        ("save", "cannot store TEXT value in INTEGER column totals.amount|object cannot be inter"),
    ],
)
@pytest.mark.parametrize("chunk", [1, 500])
def test_an_event_that_spoils_parks_its_stream_and_nothing_else(
    store, monkeypatch, spoils, error, chunk
):
    monkeypatch.setattr("ordertrail.adapters.batches.CHUNK", chunk)
    assert partition_of("a") == partition_of("c") != partition_of("b")
    runner = Runner(store, CODEC, [Totals(), Pairs()])
    tell(
        store,
        ("toy-1", Added(keys=("a",))),
        ("toy-1", Added(keys=("a", "c"), spoils=spoils)),
        ("toy-2", Added(keys=("a", "c"))),
        ("toy-1", Added(keys=("a",))),
    )
    runner.catch_up()
    tell(store, ("toy-1", Added(keys=("a",))), ("toy-2", Added(keys=("a",))))
    runner.catch_up()
    assert totals(store) == {"a": (3, 3), "c": (1, 1)}
    assert {(pair.stream, pair.word): pair.events for pair in kept(store, Pair)} == {
        ("toy-1", "a"): 4,
        ("toy-1", "c"): 1,
        ("toy-2", "a"): 2,
        ("toy-2", "c"): 1,
    }
    (parked,) = runner.parked()
    assert parked[:3] == ("totals", "toy-1", 2)
    assert re.search(error, parked.error)
    assert standing(runner) == [("totals", 6, 0, 1), ("pairs", 6, 0, 0)]


@row("averages", key=("stream",))
class Average:
    stream: str
    events: int = 0
    amount: int = 0
    average: float = 0.0


class Averages(Projection[Average]):
    """What was added on each stream; a stream begins with what is removed."""

    name = "averages"
    row = Average
    begins = (Removed,)

    def parts(self, event):
        return ((event.stream, None),)

    def apply(self, row, event, part):
        row.events += 1
        row.amount += getattr(event.body, "amount", 0)
        return row

    def finish(self, row):
        row.average = 1 / (4 - row.amount / row.events)


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
def test_what_follows_from_other_columns_is_filled_in_before_a_row_is_saved(store, batch):
    tell(store, *(("toy-1", Added(keys=(), amount=amount)) for amount in (1, 3, 5)))
    Runner(store, CODEC, [Averages()], batch=batch).catch_up()
    assert kept(store, Average) == [Average("toy-1", 3, 9, 1.0)]


def test_an_event_after_which_a_row_cannot_be_finished_parks_its_stream(store):
    tell(store, ("toy-1", Added(keys=(), amount=4)), ("toy-2", Added(keys=())))
    runner = Runner(store, CODEC, [Averages()])
    runner.catch_up()
    (parked,) = runner.parked()
    assert parked[1:4] == ("toy-1", 1, "ZeroDivisionError: float division by zero")
    assert [row.stream for row in kept(store, Average)] == ["toy-2"]


def test_a_row_that_begins_is_not_looked_for(store, monkeypatch):
    looked_for: list[Any] = []
    tables = type(store.tables.of(Average))
    load = tables.load

    def noted(self, connection, keys):
        if self.row is Average:
            looked_for.extend(keys)
        return load(self, connection, keys)

    monkeypatch.setattr(tables, "load", noted)
    runner = Runner(store, CODEC, [Averages()])
    tell(store, ("toy-1", Removed(keys=())), ("toy-2", Added(keys=())))
    runner.catch_up()
    assert looked_for == [], "the table was empty"
    tell(store, ("toy-3", Removed(keys=())), ("toy-3", Added(keys=())), ("toy-2", Added(keys=())))
    runner.catch_up()
    assert looked_for == ["toy-2"]


def test_a_rebuild_gives_parked_streams_another_chance(store):
    tell(store, ("toy-1", Added(keys=("a", "b"), spoils="apply")))
    Runner(store, CODEC, [Totals()]).catch_up()

    class Mended(Totals):
        def apply(self, row, event, part):
            row.events += 1
            return row

    runner = Runner(store, CODEC, [Mended()])
    assert len(runner.parked()) == 1
    runner.rebuild(["totals"])
    assert runner.parked() == []
    assert totals(store) == {"a": (1, 0), "b": (1, 0)}


def test_a_failing_store_parks_nothing(store):
    tell(store, ("toy-1", Added(keys=("a",))))
    runner = Runner(store, CODEC, [Broken()])
    with pytest.raises(StoreError, match="the disk is gone"):
        runner.catch_up()
    assert runner.parked() == []
    assert runner.status()[0].position == 0


def test_an_unknown_event_stops_after_what_is_before_it(store):
    tell(store, ("toy-1", Added(keys=("a",))))
    tell(store, ("toy-1", Future()), codec=toy(Future))
    tell(store, ("toy-1", Added(keys=("a",))))
    runner = Runner(store, CODEC, [Totals(), Pairs()])
    for _ in range(2):
        with pytest.raises(UnknownEventType, match="Event 2"):
            runner.catch_up()
    assert totals(store) == {"a": (1, 1)}
    assert standing(runner) == [("totals", 1, 2, 0), ("pairs", 1, 2, 0)]


def test_streams_of_aggregates_that_are_not_registered_are_passed_by(store):
    tell(store, ("stock-1", Added(keys=("a",))))
    runner = Runner(store, CODEC, [Totals()])
    assert runner.catch_up() == 1
    assert totals(store) == {}


def test_a_new_projection_catches_up_with_the_others_and_goes_on_with_them(store):
    tell(store, *random_events(1, 30))
    Runner(store, CODEC, [Totals()]).catch_up(20)
    calls: list[Any] = []
    runner = Runner(store, CODEC, [Totals(), Pairs()], batch=8)
    runner.catch_up(progress=lambda position, goal: calls.append((position, goal)))
    assert calls == [(8, 30), (16, 30), (20, 30), (28, 30), (30, 30)]


@pytest.mark.parametrize("change", ["version", "row"])
def test_a_projection_that_changed_is_rebuilt_on_opening_and_the_others_are_not(store, change):
    @row("totals", key=("word",))
    class Wider:
        word: str
        events: int = 0
        amount: int = 0
        trail: list[int] = field(default_factory=list)
        more: str = ""

    class Newer(Totals):
        version = 2 if change == "version" else 1

    if change == "row":
        Newer.row = Wider  # type: ignore[assignment]
    tell(store, ("toy-1", Added(keys=("a",))))
    Runner(store, CODEC, [Totals(), Pairs()]).catch_up()
    runner = Runner(store, CODEC, [Newer(), Pairs()])
    assert [status.building for status in runner.status()] == [0, None]
    assert totals_sql(store) == [("a", 1)], "the old one serves"
    with pytest.raises(StoreError, match=r"is being built by version . of the projection"):
        runner.must_answer(["totals"])
    runner.must_answer(["pairs"])
    runner.catch_up()
    runner.must_answer(["totals"])
    assert [status.building for status in runner.status()] == [None, None]
    assert totals_sql(store) == [("a", 1)]


def totals_sql(store):
    with store.reading() as connection:
        return connection.execute("SELECT word, events FROM totals").fetchall()


def test_older_code_does_not_touch_what_newer_code_built(store):
    class Newer(Totals):
        version = 2

    tell(store, ("toy-1", Added(keys=("a",))))
    old = Runner(store, CODEC, [Totals()])
    Runner(store, CODEC, [Newer()]).catch_up()
    for runner in (old, Runner(store, CODEC, [Totals()])):
        with pytest.raises(StoreError, match=r"version 2.*this code has version 1"):
            runner.catch_up()
    assert totals_sql(store) == [("a", 1)]
    old.rebuild()
    assert standing(old) == [("totals", 1, 0, 0)]


def test_names_are_unique_and_known(store):
    with pytest.raises(BadInput, match="'totals'"):
        Runner(store, CODEC, [Totals(), Totals()])
    with pytest.raises(BadInput, match="no projection nothing; there are totals"):
        Runner(store, CODEC, [Totals()]).rebuild(["nothing"])


def test_without_a_follower_waiting_catches_up_here(store):
    runner = Runner(store, CODEC, [Totals()])
    tell(store, ("toy-1", Added(keys=("a",))))
    Following(runner).wait_until(1)
    assert totals(store) == {"a": (1, 1)}


def test_waiting_for_what_is_not_written_ends(store):
    runner = Runner(store, CODEC, [Totals()])
    with pytest.raises(StoreError, match=r"position 0 and did not reach 1 within 0.05 seconds"):
        Following(runner).wait_until(1, timeout=0.05)


def test_the_follower_lets_everybody_read_their_own_writes(store):
    runner = Following(Runner(store, CODEC, [Totals(), Pairs()]))
    runner.start()
    runner.start()
    try:
        took = []
        for n in range(1, 101):
            tell(store, ("toy-1", Added(keys=("a",))))
            begin = time.perf_counter()
            runner.wait_until(n)
            took.append((time.perf_counter() - begin) * 1000)
            assert totals(store)["a"] == (n, n)
    finally:
        runner.stop()
    print(f"follower: p50 {median(took):.1f} ms, worst {max(took):.1f} ms")


def test_what_the_follower_died_of_is_told_to_who_waits_and_it_can_start_again(store):
    runner = Following(Runner(store, CODEC, [Totals()]))
    tell(store, ("toy-1", Future()), codec=toy(Future))
    runner.start()
    for _ in range(2):
        with pytest.raises(UnknownEventType):
            runner.wait_until(1)
    upgraded = Following(Runner(store, toy(Added, Future), [Pairs()]))
    upgraded.start()
    upgraded.wait_until(1)
    upgraded.stop()
    runner.stop()


def child(url, how):
    return subprocess.Popen([sys.executable, __file__, url, how], stdout=subprocess.PIPE)


@pytest.mark.slow
def test_who_is_killed_at_any_moment_leaves_every_event_counted_once(store, any_url):
    seconds = random.Random(7)
    interrupted = 0
    for seed in range(20):
        tell(store, *random_events(seed, 400))
        with child(any_url, "rebuild" if seed % 5 == 4 else "catch_up") as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(seconds.uniform(0, 0.1))
            os.kill(process.pid, signal.SIGKILL)
        with store.reading() as connection:
            (position,) = connection.execute("SELECT min(position) FROM checkpoints").fetchone()
        interrupted += position < store.head()
    print(f"killed on the way: {interrupted} of 20")
    runner = Runner(store, CODEC, [Totals(), Pairs()], batch=10)
    runner.catch_up()
    incremental = dump(store)
    runner.rebuild()
    assert dump(store) == incremental


@pytest.mark.slow
def test_processes_that_share_the_work_give_the_same_rows(store, any_url):
    tell(store, *random_events(0, 3000))
    processes = [child(any_url, how) for how in ("catch_up", "rebuild", "catch_up")]
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0, 0, 0]
    runner = Runner(store, CODEC, [Totals(), Pairs()])
    assert [status.lag for status in runner.status()] == [0, 0]
    shared = dump(store)
    runner.rebuild()
    assert dump(store) == shared


if __name__ == "__main__":
    with closing(open_store(sys.argv[1])) as shared_store:
        here = Runner(shared_store, CODEC, [Totals(), Pairs()], batch=10)
        print("ready", flush=True)
        here.rebuild() if sys.argv[2] == "rebuild" else here.catch_up()
