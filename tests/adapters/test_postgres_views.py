"""What an analyst finds in PostgreSQL: words on every table and column, and the right to read."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from ordertrail import Ordertrail, PlaceOrder, RegisterCustomer
from ordertrail.adapters.postgres import address_of


@contextmanager
def analyst(url: str) -> Iterator[psycopg.Connection]:
    """A connection with the rights of the role for analysts, and no others."""
    address = address_of(url)
    log = address.schema
    with psycopg.connect(**address.parameters) as connection:
        connection.execute(f"SET ROLE {log}_reader")
        connection.execute(f"SET search_path = {log}_views, {log}")
        yield connection


@pytest.fixture
def url(postgres_url: str) -> str:
    line = {"line": "1", "sku": "MUG", "quantity": 2}
    with Ordertrail.open(postgres_url, follow=False) as trail:
        trail.execute(RegisterCustomer(customer_id="C-1", name="Ada Byron"))
        trail.execute(PlaceOrder(order_id="SO-1", customer_id="C-1", lines=[line]))
        trail.catch_up()
    return postgres_url


def test_every_table_view_and_column_says_what_it_means(url):
    views = f"{address_of(url).schema}_views"
    with analyst(url) as connection:
        columns = connection.execute(
            """SELECT relname, attname, relkind, col_description(c.oid, attnum),
                   obj_description(c.oid)
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'v') AND attnum > 0""",
            (views,),
        ).fetchall()
    assert len(columns) > 100
    assert [(table, column) for table, column, *_, about in columns if not about] == []
    assert [(table, column) for table, column, _, said, _ in columns if not said] == []
    told = {(table, column): said for table, column, _, said, _ in columns}
    assert told["orders", "promised_at"] == "by when it was promised first; time, or nothing"
    assert told["customer_items", "sku"].startswith("what was ordered")


def test_analysts_read_every_view_and_change_none(url):
    with analyst(url) as connection:
        assert connection.execute("SELECT order_id FROM orders").fetchall() == [("SO-1",)]
        query = "SELECT what, quantity FROM customer_activity"
        assert connection.execute(query).fetchall() == [("placed", 2)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM orders")


@pytest.mark.parametrize("name", ["events", "event_log", "commands"])
def test_analysts_do_not_read_the_log_which_knows_names(url, name):
    with analyst(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(f"SELECT * FROM {address_of(url).schema}.{name}")


def test_a_rebuilt_view_keeps_its_words_and_its_readers(url):
    with Ordertrail.open(url, follow=False) as trail:
        trail.rebuild(["orders"])
    with analyst(url) as connection:
        assert connection.execute("SELECT order_id FROM orders").fetchall() == [("SO-1",)]
        query = "SELECT col_description('orders'::regclass, 1)"
        assert connection.execute(query).fetchone() == ("the order; text",)
