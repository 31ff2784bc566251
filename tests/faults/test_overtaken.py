"""Faults that a round has found, each told again as slowly as it takes to happen every time."""

import time
from threading import Thread

import psycopg

from ordertrail import AddNote, Ordertrail, PickItems, PlaceOrder
from ordertrail.adapters.postgres import address_of


def test_a_batch_of_views_that_was_overtaken_is_not_saved(postgres_url):
    lines = [{"line": "1", "sku": "MUG", "quantity": 5}]
    address = address_of(postgres_url)
    with (
        Ordertrail.open(postgres_url, follow=False) as fast,
        Ordertrail.open(postgres_url, follow=False) as slow,
        psycopg.connect(**address.parameters) as somebody,
    ):
        for order in ("A", "B"):
            fast.execute(PlaceOrder(order_id=order, lines=lines))
        fast.catch_up()
        noted = fast.execute(AddNote(order_id="A", kind="gift"))
        fast.execute(PickItems(order_id="B", lines=[{"line": "1", "quantity": 2}]))
        # Both have folded what they want to save, and wait at the same row: the one that comes
        # second knows less.
        table = f"{address.schema}_views.orders"
        somebody.execute(f"SELECT FROM {table} WHERE order_id = 'A' FOR UPDATE")
        threads = [
            Thread(target=fast.catch_up),
            Thread(target=slow.orders, kwargs={"after": noted}),
        ]
        for number, thread in enumerate(threads, 1):
            thread.start()
            wait_until_so_many_wait(somebody, number)
        somebody.rollback()
        for thread in threads:
            thread.join()
        slow.catch_up()
        assert [line.picked for line in slow.order_lines("B")] == [2]


WAITING = """
WITH RECURSIVE waiting (pid) AS (
    SELECT pg_backend_pid()
    UNION
    SELECT a.pid FROM pg_stat_activity a JOIN waiting w ON w.pid = ANY (pg_blocking_pids(a.pid))
) SELECT count(*) - 1 FROM waiting"""


def wait_until_so_many_wait(connection: psycopg.Connection, number: int) -> None:
    """Wait until so many sessions wait for this one, or for one that does."""
    while connection.execute(WAITING).fetchone() != (number,):
        connection.execute("SELECT pg_stat_clear_snapshot()")
        time.sleep(0.005)
