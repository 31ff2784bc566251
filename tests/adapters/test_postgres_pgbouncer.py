"""A log behind pgbouncer, which gives every transaction to another session of the server."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from uuid import uuid4

import pytest
from eventsourcing.persistence import StoredEvent

from ordertrail import Ordertrail, PickItems, PlaceOrder
from ordertrail.adapters.postgres import PostgresStore, address_of
from tests.pgbouncer import PROGRAM, pgbouncer
from tests.postgres import log_url

pytestmark = [
    pytest.mark.xdist_group("pgbouncer"),
    pytest.mark.skipif(
        PROGRAM is None,
        reason="NOBODY TRIES A LOG BEHIND PGBOUNCER: apt-get install pgbouncer",
    ),
]


@pytest.fixture(scope="module")
def bouncer(postgres_server: str) -> Iterator[str]:
    with pgbouncer(postgres_server) as url:
        yield url


@pytest.fixture
def store(bouncer: str) -> Iterator[PostgresStore]:
    with closing(PostgresStore(address_of(log_url(bouncer)))) as store:
        assert store._connections.pooled
        yield store


def events(stream: str, first: int, count: int) -> list[StoredEvent]:
    return [StoredEvent(stream, first + n, "t", b"{}") for n in range(count)]


def test_many_threads_append_again_and_again_in_any_session(store: PostgresStore):
    def write(writer: int) -> list[int]:
        written: list[int] = []
        for n in range(20):
            size = 300 if n % 10 == 9 else 1
            written += store.insert_events(events(f"s-{writer}", len(written) + 1, size))
        return written

    with ThreadPoolExecutor(8) as pool:
        placed = sorted(position for written in pool.map(write, range(8)) for position in written)
    assert placed == list(range(1, 8 * 618 + 1))
    assert [record.position for record in store.read(limit=10_000)] == placed


def test_a_follower_needs_nobody_to_tell_it(store: PostgresStore, bouncer: str):
    log = store.insert_events(events("s", 1, 1))
    found = store.follow()
    assert next(found).position == log[0]
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, found)
        store.insert_events(events("s", 2, 1))
        assert coming.result(10).position == 2


def test_another_store_is_followed_without_notifications(bouncer: str):
    url = log_url(bouncer)
    with (
        closing(PostgresStore(address_of(url))) as one,
        closing(PostgresStore(address_of(url))) as other,
    ):
        other.insert_events(events("s", 1, 1))
        assert one.wait_for_events(0, timeout=10)


def test_units_of_work_that_are_alone_and_state_of_one_moment(store: PostgresStore):
    store.insert_events(events("s", 1, 3))
    with store.writing(exclusive=True) as work:
        assert work.head()[0] == 3
        assert len(work.load({"s": 1})) == 2
    for _ in range(10):  # beyond the number of times after which a statement would be prepared
        with store.reading() as connection:
            assert connection.execute("SELECT count(*) FROM events").fetchall() == [(3,)]
            assert connection.execute("SHOW TimeZone").fetchall() == [("UTC",)]


def test_the_engine_and_its_views(bouncer: str):
    with Ordertrail.open(f"{bouncer}?schema=t{uuid4().hex[:12]}") as trail:
        lines = [{"line": "1", "sku": "MUG", "quantity": 2}]
        for number in range(10):
            trail.execute(PlaceOrder(order_id=f"SO-{number}", lines=lines))
        receipt = trail.execute(PickItems(order_id="SO-3"))
        assert sorted(row.picked for row in trail.orders(after=receipt)) == [0] * 9 + [2]
