"""What every store promises, whatever it is made of."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread

import pytest
from eventsourcing.persistence import Tracking

from ordertrail.adapters.store import DecidedCommand, Record, Store
from ordertrail.adapters.urls import open_store
from ordertrail.domain.errors import Conflict, StoreError
from tests.postgres import log_url

STORES = [
    "sqlite:///log.db",
    "memory:",
    "postgres_server",
    *(
        pytest.param(older, marks=[pytest.mark.slow, pytest.mark.xdist_group(older)])
        for older in ("postgres_16_server", "postgres_15_server")
    ),
]
"""URLs, or the servers that have one."""


@pytest.fixture(params=STORES)
def store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    url = request.param
    monkeypatch.chdir(tmp_path)
    if url.startswith("postgres"):
        url = log_url(request.getfixturevalue(url))
    opened = open_store(url)
    yield opened
    opened.close()


def event(
    position: int,
    stream: str = "order-1",
    version: int | None = None,
    *,
    type: str = "order.placed",
    recorded_at: int = 0,
    command_id: str = "c",
) -> Record:
    return Record(
        position=position,
        stream=stream,
        version=position if version is None else version,
        type=type,
        schema=1,
        body=b'{"n": %d}' % position,
        occurred_at=1_700_000_000_000_000,
        occurred_offset=120,
        recorded_at=recorded_at,
        actor="person:p-17",
        on_behalf_of="customer:c-1",
        channel="web",
        source="shop",
        source_id="m-1",
        reason="changed_mind",
        correlation_id="k-1",
        causation_id="e-1",
        command_id=command_id,
        command_index=0,
    )


def append(store: Store, *events: Record) -> None:
    with store.writing() as work:
        work.append(events, ())


def append_next(store: Store, stream: str, version: int) -> int:
    with store.writing() as work:
        work.append([event(work.head()[0] + 1, stream, version)], ())
    assert work.placed is not None
    return work.placed.first_position


def positions(records: list[Record]) -> list[int]:
    return [record.position for record in records]


def test_a_new_log_is_empty_and_has_an_id(store: Store):
    assert len(store.log_id) == 36
    assert store.head() == 0
    assert store.read() == []
    assert store.read(recorded_from=1, recorded_until=2) == []
    with store.writing() as work:
        assert work.head() == (0, 0)
        assert work.decided(["c"]) == {}
        assert work.load({"order-1": 0}) == []


def test_what_was_appended_is_read_back_as_it_was(store: Store):
    written = [event(1), event(2, "order-ü'\"\\", 1)._replace(body=b"\x00\xff, not JSON")]
    append(store, *written)
    assert store.read() == written
    assert store.head() == 2


def test_positions_have_no_gap_after_units_of_work_that_failed(store: Store):
    append(store, event(1))

    def fail() -> None:
        with store.writing() as work:
            work.append([event(2), event(3)], ())
            raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            fail()
    append(store, event(2))
    assert store.insert_events([]) == []
    assert positions(store.read()) == [1, 2]


@pytest.mark.parametrize("position", [1, 3, -1])
def test_a_position_that_does_not_follow_the_head_is_refused(store: Store, position: int):
    append(store, event(1))
    with pytest.raises(StoreError, match="without a gap"):
        append(store, event(position, version=9))
    assert store.head() == 1


def test_recorded_at_never_goes_back(store: Store):
    append(store, event(1, recorded_at=20))
    with pytest.raises(StoreError, match="recorded_at never goes back"):
        append(store, event(2, recorded_at=30), event(3, recorded_at=29))
    append(store, event(2, recorded_at=20))
    with store.writing() as work:
        assert work.head() == (2, 20)


def test_a_failed_unit_of_work_leaves_nothing(store: Store):
    def fail() -> None:
        with store.writing() as work:
            work.append([event(1)], [DecidedCommand("c", b"f", 1, 1)], Tracking("view", 1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert store.head() == 0
    assert store.max_tracking_id("view") is None
    with store.writing() as work:
        assert work.decided(["c"]) == {}


def test_a_field_of_the_wrong_type_is_refused(store: Store):
    with pytest.raises(StoreError, match="cannot be stored"):
        append(store, event(1)._replace(body="text"))  # type: ignore[arg-type]
    assert store.head() == 0


def test_a_unit_of_work_tells_where_it_stands_once_it_has_ended(store: Store):
    with store.writing() as work:
        work.append([event(1), event(2, recorded_at=7)])
    assert work.placed == (1, 7)
    with store.writing() as work:
        work.append([], [DecidedCommand("c", b"f", 3, 2)])
    assert work.placed == (3, 7)
    with store.writing() as work:
        pass
    assert work.placed is None


def test_what_is_taken_is_known_by_stream_and_version(store: Store):
    append(store, event(1), event(2, "order-'\"ü", 5))
    wanted = [("order-1", 1), ("order-1", 2), ("order-'\"ü", 5), ("order-2", 1)]
    with store.writing(exclusive=True) as work:
        assert work.taken(wanted) == {("order-1", 1), ("order-'\"ü", 5)}
        assert work.taken([]) == set()


def test_a_second_unit_of_work_in_the_same_thread_is_refused_and_spoils_nothing(store: Store):
    with store.writing() as work:
        work.append([event(1)], ())
        with pytest.raises(StoreError, match="writing already"), store.writing():
            pass
    assert store.head() == 1


def test_decided_commands_are_found_also_those_that_led_to_no_event(store: Store):
    commands = [DecidedCommand("c-1", b"\x00one", 1, 1), DecidedCommand("c-'2\"", b"two", 2, 1)]
    with store.writing() as work:
        work.append([event(1, command_id="c-1")], commands)
    with store.writing() as work:
        assert work.decided(["c-1", "c-'2\"", "c-3"]) == {c.command_id: c for c in commands}


def test_a_command_is_decided_once(store: Store):
    with store.writing() as work:
        work.append([], [DecidedCommand("c", b"f", 1, 0)])
    with pytest.raises(Conflict), store.writing() as work:
        work.append([event(1)], [DecidedCommand("c", b"f", 1, 1)])
    assert store.head() == 0


def test_all_commands_are_read_by_id_and_by_where_their_events_begin(store: Store):
    commands = [
        DecidedCommand("c-b", b"1", 1, 2),
        DecidedCommand("c-'ä", b"2", 3, 2),
        DecidedCommand("c-a", b"3", 3, 3),
        DecidedCommand("C", b"4", 4, 4),
    ]
    ids = ["c-b", "c-b", "c-a", "C"]
    with store.writing() as work:
        work.append([event(n, command_id=id) for n, id in enumerate(ids, 1)], commands)
    by_id = [commands[3], commands[1], commands[2], commands[0]]
    assert store.commands() == by_id
    assert store.commands("c-'ä", 1) == by_id[2:3]
    assert store.commands("c-b") == []
    assert sorted(store.commands_from(1, 3)) == [commands[2], commands[0]]
    assert store.commands_from(2, 2) == []


def test_every_tracking_is_told(store: Store):
    trackings = [Tracking("a view", 7), Tracking("a z", 2)]
    for tracking in reversed(trackings):
        with store.writing() as work:
            work.append((), (), tracking)
    assert store.trackings() == trackings


def test_an_empty_log_becomes_the_copy_of_another_and_is_unfinished_until_that_is_said(
    store: Store,
):
    assert not store.is_unfinished()
    store.adopt("11111111-2222-3333-4444-555555555555")
    assert store.log_id == "11111111-2222-3333-4444-555555555555"
    assert store.is_unfinished()
    store.finish()
    assert not store.is_unfinished()


@pytest.mark.parametrize("what", ["an event", "a command", "a tracking"])
def test_a_log_that_holds_anything_never_becomes_the_copy_of_another(store: Store, what: str):
    with store.writing() as work:
        work.append(
            [event(1)] if what == "an event" else [],
            [DecidedCommand("c", b"f", 1, 0)] if what == "a command" else [],
            Tracking("a", 1) if what == "a tracking" else None,
        )
    before = store.log_id
    with pytest.raises(StoreError, match="Only an empty log"):
        store.adopt("11111111-2222-3333-4444-555555555555")
    assert store.log_id == before
    assert not store.is_unfinished()


def test_a_sound_store_has_nothing_to_say_against_its_files(store: Store):
    append(store, event(1))
    found, faults = store.examined()
    assert found
    assert faults == []


def test_a_version_that_is_taken_is_a_conflict_and_leaves_nothing(store: Store):
    append(store, event(1))
    with pytest.raises(Conflict):
        append(store, event(2), event(3, version=1))
    assert store.read() == [event(1)]


def test_tracking_never_goes_back(store: Store):
    with store.writing() as work:
        work.append((), (), Tracking("view", 5))
    for reached in (4, 5):
        with pytest.raises(Conflict, match="view"), store.writing() as work:
            work.append([event(1)], (), Tracking("view", reached))
    assert store.head() == 0
    assert store.max_tracking_id("view") == 5


def test_load_gives_several_streams_each_above_its_version_by_position(store: Store):
    names = ["order-1", "order-2", "order-'\"\\ü€😀", "order-4"]
    for version in range(1, 4):
        for name in names:
            append_next(store, name, version)
    with store.writing() as work:
        found = work.load({names[0]: 2, names[1]: 0, names[2]: 1, "order-none": 0})
    assert [(record.stream, record.version) for record in found] == [
        (names[1], 1),
        (names[1], 2),
        (names[2], 2),
        (names[0], 3),
        (names[1], 3),
        (names[2], 3),
    ]


def test_read_goes_by_position_in_pages_and_filters(store: Store):
    kinds = ("order.placed", "order.shipped", "order.closed")
    append(
        store,
        *(
            event(n, f"order-{n % 4}", type=kinds[n % 3], recorded_at=n // 10 * 10)
            for n in range(1, 101)
        ),
    )
    assert positions(store.read(limit=3)) == [1, 2, 3]
    assert positions(store.read(97)) == [98, 99, 100]
    assert positions(store.read(5, until=8)) == [6, 7, 8]
    assert positions(store.read(stream="order-2", limit=3)) == [2, 6, 10]
    assert positions(store.read(90, types=["order.placed", "order.closed"])) == [
        n for n in range(91, 101) if n % 3 != 1
    ]
    assert positions(store.read(recorded_from=50, recorded_until=50)) == list(range(50, 60))
    assert positions(store.read(recorded_from=41, recorded_until=59)) == list(range(50, 60))
    assert positions(store.read(recorded_until=0)) == list(range(1, 10))
    assert positions(store.read(recorded_from=95)) == [100]
    assert store.read(recorded_from=101) == store.read(recorded_until=-1) == []
    assert positions(
        store.read(52, 2, until=99, stream="order-0", recorded_from=20, recorded_until=90)
    ) == [56, 60]


@pytest.mark.parametrize("types", [(), ("order.placed",)])
def test_follow_sees_everything_once_and_in_order_while_four_threads_write(
    store: Store, types: tuple[str, ...]
):
    total = 4 * 60
    stop, seen = Event(), list[Record]()

    def follow() -> None:
        for record in store.follow(types=types, stop=stop):
            seen.append(record)
            if len(seen) == total:
                return

    follower = Thread(target=follow)
    follower.start()

    def write(writer: int) -> list[int]:
        return [append_next(store, f"order-{writer}", version) for version in range(1, 61)]

    with ThreadPoolExecutor(4) as pool:
        acknowledged = sorted(p for written in pool.map(write, range(4)) for p in written)
    follower.join(10)
    stop.set()
    follower.join(10)
    assert acknowledged == positions(seen) == list(range(1, total + 1))
    for writer in range(4):
        assert [r.version for r in seen if r.stream == f"order-{writer}"] == list(range(1, 61))


def test_follow_passes_by_other_types_and_rests_until_something_comes(store: Store):
    append(store, *(event(n, type="order.noted") for n in range(1, 2501)))
    reads, read = [0], store.read

    def counted(*args, **kwargs):
        reads[0] += 1
        return read(*args, **kwargs)

    store.read = counted  # type: ignore[method-assign]
    stop = Event()
    found = store.follow(types=["order.placed"], stop=stop)
    late = Thread(target=lambda: (time.sleep(0.3), append(store, event(2501))))  # type: ignore[func-returns-value]
    late.start()
    assert next(found).position == 2501
    late.join()
    assert reads[0] < 10
    stop.set()
    assert list(found) == []


def test_a_follower_stops_when_told_also_amid_a_page(store: Store):
    append(store, *(event(n) for n in range(1, 11)))
    stop = Event()
    seen = []
    for record in store.follow(3, stop=stop):
        seen.append(record.position)
        if record.position == 5:
            stop.set()
    assert seen == [4, 5]


def test_a_waiter_wakes_within_100_ms_of_an_append(store: Store):
    delays = []
    for n in range(1, 4):
        woken: list[float] = []

        def wait(after: int = n - 1, woken: list[float] = woken) -> None:
            assert store.wait_for_events(after, timeout=10)
            woken.append(time.monotonic())

        waiter = Thread(target=wait)
        waiter.start()
        time.sleep(0.15)  # by now it looks only every 50 ms
        append(store, event(n))
        appended = time.monotonic()
        waiter.join()
        delays.append(woken[0] - appended)
    assert min(delays) < 0.1


def test_a_waiter_gives_up_in_time_and_does_not_wait_for_what_is_there(store: Store):
    start = time.monotonic()
    assert not store.wait_for_events(0, timeout=0.1)
    assert 0.1 <= time.monotonic() - start < 1
    append(store, event(1))
    assert store.wait_for_events(0, timeout=0)
    assert not store.wait_for_events(1, timeout=0)


def test_a_closed_store_says_so_and_closes_again_without_ado(store: Store):
    append(store, event(1))
    store.close()
    store.close()
    for use in (store.head, store.read, lambda: append(store), lambda: next(store.follow())):
        with pytest.raises(StoreError, match="is closed"):
            use()


def test_closing_wakes_those_who_wait(store: Store):
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(store.wait_for_events, 0, 10)
        time.sleep(0.05)
        store.close()
        with pytest.raises(StoreError, match="is closed"):
            waiting.result(timeout=2)
