"""Whatever happens to the connection during an append: nothing is lost or stored twice."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import get_args

import pytest
from eventsourcing.persistence import StoredEvent, Tracking

from ordertrail.adapters.postgres import PostgresStore, address_of
from ordertrail.adapters.store import DecidedCommand, Record
from ordertrail.domain.errors import Conflict, StoreError
from tests.proxy import Fault, Proxy, proxy

MARK = b"the append that the fault strikes"

ALONE = pytest.mark.parametrize("exclusive", [False, True], ids=["optimistic", "exclusive"])
FAULTS = pytest.mark.parametrize(
    "fault",
    [
        pytest.param(one, marks=[pytest.mark.slow] if one.startswith("silent") else [])
        for one in get_args(Fault)
    ],
)


@pytest.fixture
def way(postgres_server: str) -> Iterator[Proxy]:
    with proxy(postgres_server) as way:
        yield way


@pytest.fixture
def direct(postgres_url: str) -> Iterator[PostgresStore]:
    with closing(PostgresStore(address_of(postgres_url))) as store:
        yield store


@pytest.fixture
def store(way: Proxy, direct: PostgresStore, postgres_url: str) -> Iterator[PostgresStore]:
    """A second store on the log, behind the proxy, that has no great patience."""
    log = postgres_url.rpartition("schema=")[2]
    address = address_of(f"{way.url}?schema={log}")
    with closing(PostgresStore(address, patience=4)) as store:
        yield store


def events(first: int, count: int, stream: str = "s") -> list[Record]:
    return [
        PLAIN._replace(
            position=first + n,
            stream=stream,
            version=first + n,
            command_id=f"c-{first}",
            command_index=n,
        )
        for n in range(count)
    ]


PLAIN = Record(0, "", 0, "t", 1, MARK, None, None, 0, *[None] * 10)


def append(store: PostgresStore, records: list[Record], exclusive: bool) -> int:
    command = DecidedCommand(f"c-{records[0].position}", b"f", records[0].position, len(records))
    with store.writing(exclusive=exclusive) as work:
        work.append(records, [command])
    assert work.placed is not None
    return work.placed.first_position


def positions(store: PostgresStore) -> list[int]:
    return [record.position for record in store.read(limit=10_000)]


@pytest.mark.parametrize("count", [3, 500], ids=["one statement", "COPY"])
@ALONE
@FAULTS
def test_an_append_whose_connection_is_lost_is_stored_once(
    store: PostgresStore, way: Proxy, fault: Fault, exclusive: bool, count: int
):
    for n in range(2):  # the second time, the first one is there to be taken for it
        way.strike(fault, MARK)
        assert append(store, events(1 + n * count, count), exclusive) == 1 + n * count
    assert way.struck == 2
    assert positions(store) == list(range(1, 2 * count + 1))


@ALONE
@FAULTS
def test_a_commit_whose_answer_is_lost_is_stored_once(
    store: PostgresStore, direct: PostgresStore, way: Proxy, fault: Fault, exclusive: bool
):
    way.strike(fault, b"COMMIT\0")
    assert append(store, events(1, 500), exclusive) == 1
    assert way.struck == 1
    assert positions(direct) == list(range(1, 501))


@contextmanager
def written_first(store: PostgresStore, records: list[Record]) -> Iterator[None]:
    """At the end of the block, before that of the unit of work around it, others write these."""
    yield
    with store.writing() as work:
        work.append(records)


@FAULTS
def test_what_others_write_meanwhile_moves_it_up_and_does_not_harm_it(
    store: PostgresStore, direct: PostgresStore, way: Proxy, fault: Fault
):
    way.strike(fault, MARK)
    with store.writing() as work, written_first(direct, events(1, 2, "other")):
        work.append(events(1, 3), [])
    assert work.placed is not None
    assert work.placed.first_position == 3
    assert [record.stream for record in direct.read()] == ["other"] * 2 + ["s"] * 3


def test_a_version_that_somebody_else_took_is_a_conflict_all_the_same(
    store: PostgresStore, direct: PostgresStore, way: Proxy
):
    theirs = [record._replace(command_id="theirs") for record in events(1, 1)]
    way.strike("before", MARK)
    with pytest.raises(Conflict), store.writing() as work, written_first(direct, theirs):
        work.append(events(1, 3), [])
    assert [record.command_id for record in direct.read()] == ["theirs"]


def test_a_batch_is_not_taken_for_stored_since_one_of_its_commands_is(
    store: PostgresStore, direct: PostgresStore, way: Proxy
):
    first, second = events(1, 1, "a"), events(2, 1, "b")
    way.strike("before", MARK)
    with pytest.raises(Conflict), store.writing() as work, written_first(direct, first):
        work.append(first + second, [])
    assert positions(direct) == [1]


@FAULTS
def test_commands_that_led_to_nothing_are_remembered_once(
    store: PostgresStore, direct: PostgresStore, way: Proxy, fault: Fault
):
    append(direct, events(1, 2), False)
    command = DecidedCommand(MARK.decode(), b"f", 3, 2)
    way.strike(fault, MARK)
    with store.writing() as work:
        assert work.head() == (0, 0)  # this store has not heard of the others yet
        work.append([], [command._replace(first_position=1, last_position=0)])
    assert work.placed == (3, 0)
    with direct.writing() as look:
        assert look.decided([MARK.decode()]) == {MARK.decode(): command}


@FAULTS
def test_how_far_an_application_came_is_remembered_once(
    store: PostgresStore, direct: PostgresStore, way: Proxy, fault: Fault
):
    way.strike(fault, MARK)
    store.insert_tracking(Tracking(MARK.decode(), 5))
    assert direct.max_tracking_id(MARK.decode()) == 5


@FAULTS
def test_events_of_the_plain_recorder_are_stored_once(
    store: PostgresStore, direct: PostgresStore, way: Proxy, fault: Fault
):
    way.strike(fault, MARK)
    assert store.insert_events([StoredEvent("s", n, "t", MARK) for n in (1, 2)]) == [1, 2]
    assert positions(direct) == [1, 2]


@FAULTS
def test_nobody_is_told_of_a_conflict_where_nobody_knows(
    store: PostgresStore, direct: PostgresStore, way: Proxy, fault: Fault
):
    way.strike(fault, MARK)
    way.lets_in = False
    with pytest.raises(StoreError, match="not known whether this was stored") as caught:
        append(store, events(1, 3), False)
    assert not isinstance(caught.value, Conflict)
    assert positions(direct) in ([], [1, 2, 3])


def test_a_server_that_is_away_when_nothing_was_sent_yet_is_told_at_once(
    store: PostgresStore, way: Proxy
):
    way.lets_in = False
    way.cut()
    with pytest.raises(StoreError, match="no way to the log"):
        append(store, events(1, 3), False)


def test_idle_connections_that_a_restart_cut_harm_nobody(store: PostgresStore, way: Proxy):
    for n in range(3):
        way.cut()
        assert append(store, events(1 + n, 1), exclusive=False) == 1 + n
        way.cut()
        assert store.head() == 1 + n
