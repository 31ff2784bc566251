"""Views are compared, row by row, with what their events give."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from ordertrail import CORE, Ordertrail
from ordertrail.adapters import verify_views as comparing
from ordertrail.adapters.codec import Codec
from ordertrail.adapters.urls import open_store
from ordertrail.adapters.verify_views import _differing, verify_views
from ordertrail.adapters.view_store import ViewStore
from ordertrail.projections.tracking import ParcelRow
from tests.growth.logs import place_orders


@pytest.fixture
def url(any_url: str) -> str:
    """The URL of a log with five orders, and views of the first four."""
    with Ordertrail.open(any_url, follow=False) as trail:
        place_orders(trail, 4)
        trail.catch_up()
        place_orders(trail, 1, first=5)
    return any_url


@pytest.fixture
def store(url: str) -> Iterator[ViewStore]:
    """The log, opened without an engine: nobody repairs or follows anything."""
    with closing(open_store(url)) as store:
        yield store


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    """Pages that a test fills."""
    monkeypatch.setattr(comparing, "PAGE", 2)


def faults(store: ViewStore) -> dict[str, tuple[str, ...]]:
    checks = verify_views(store, Codec(CORE.aggregates), CORE.followed)
    return {check.name: check.faults for check in checks if not check.passed}


def change(store: ViewStore, statement: str) -> None:
    with store.transaction() as connection:
        connection.execute(statement)


def test_views_that_followed_equal_a_rebuild_wherever_they_stand(store):
    checks = verify_views(store, Codec(CORE.aggregates), CORE.followed)
    assert [check.name for check in checks] == [one.name for one in CORE.followed]
    assert all(check.passed for check in checks)
    assert checks[0].found == "4 rows as at position 16"


def test_projections_that_stand_at_different_positions_are_compared_where_they_stand(store, url):
    with Ordertrail.open(url, follow=False) as trail:
        trail.rebuild(["orders"])
    found = verify_views(store, Codec(CORE.aggregates), CORE.followed)
    assert all(check.passed for check in found)


def test_looking_changes_nothing(tmp_path):
    def whole() -> list[str]:
        with closing(sqlite3.connect(tmp_path / "orders.db")) as raw:
            return list(raw.iterdump())

    url = f"sqlite:///{tmp_path}/orders.db"
    with Ordertrail.open(url, follow=False) as trail:
        place_orders(trail)
    before = whole()
    with closing(open_store(url)) as store:
        faults(store)
    assert whole() == before


@pytest.mark.parametrize(
    ("statement", "view", "fault"),
    [
        (
            "UPDATE orders SET status = 'closed', currency = 'X' WHERE order_id = '3'",
            "orders",
            "The row 3 of orders differs in status, currency.",
        ),
        (
            "DELETE FROM parcels WHERE order_id = '1'",
            "parcels",
            "The row 1/P-1 of parcels is missing.",
        ),
        (
            "UPDATE customers SET customer_id = 'D' WHERE customer_id = 'C-1'",
            "customers",
            "The row D of customers is in no rebuild.",
        ),
        (
            "INSERT INTO parked"
            " SELECT projection, place, partition, 'order-1', 1, 'why', updated_at FROM checkpoints"
            " WHERE projection = 'orders' AND partition = 0",
            "orders",
            "It leaves out other streams than a rebuild does.",
        ),
        (
            "UPDATE checkpoints SET version = 99 WHERE projection = 'orders'",
            "orders",
            "It was built by another version of the code or the app, which has to look at it.",
        ),
        (
            "DELETE FROM checkpoints WHERE projection = 'orders'",
            "orders",
            "It was never built: `ordertrail rebuild` builds it.",
        ),
    ],
)
def test_a_view_that_differs_is_named_with_the_row_and_its_columns(store, statement, view, fault):
    change(store, statement)
    assert fault in faults(store)[view]


def test_a_log_without_views_says_how_to_build_them():
    with closing(open_store("memory:")) as store:
        told = faults(store)
    assert set(told) == {one.name for one in CORE.followed}


def test_a_zero_byte_that_postgresql_cannot_keep_is_no_difference():
    assert _differing(ParcelRow("1", "P\ufffd"), ParcelRow("1", "P\0")) == []
    assert _differing(ParcelRow("1", "P"), ParcelRow("1", "P\0")) == ["parcel"]
