"""Reading order tracking and customer history: filters, order, sums, merged customers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ordertrail.adapters.activity_query import ORDERS
from ordertrail.adapters.books import describe, open_books
from ordertrail.adapters.codec import Codec
from ordertrail.adapters.queries import ReadModels
from ordertrail.adapters.sqlite import SQLiteStore
from ordertrail.adapters.urls import open_store
from ordertrail.adapters.view_store import ViewStore
from ordertrail.domain import customer as cu
from ordertrail.domain.customer import CUSTOMER
from ordertrail.domain.customer.commands import MergeCustomers
from ordertrail.domain.errors import BadInput, NotFound
from ordertrail.domain.order import ORDER
from ordertrail.domain.order import commands as c
from ordertrail.projections.catalogue import PROJECTIONS
from ordertrail.projections.customer_history import ActivityRow
from tests import postgres
from tests.projections.folding import START, Log

CODEC = Codec([ORDER, CUSTOMER])
DAY = timedelta(days=1)
NOW = START + 100 * DAY


def place(order_id: str, day: int, *skus: str, **more: Any) -> c.PlaceOrder:
    lines = [
        {"line": str(n), "sku": sku, "quantity": n, "price": "0.10"}
        for n, sku in enumerate(skus or ("MUG",), 1)
    ]
    at = START + day * DAY
    return c.PlaceOrder(
        **{"order_id": order_id, "lines": lines, "currency": "GBP", "occurred_at": at, **more}
    )


@contextmanager
def kept(log: Log, url: str = "memory:") -> Iterator[ViewStore]:
    """A log and its read models."""
    store = open_store(url)
    with store.writing() as work:
        now = NOW.astimezone(UTC)
        told = [replace(event, recorded_at=now, command_id=event.id) for event in log.events]
        work.append([CODEC.record(event, 0) for event in told], [])
    with store.transaction() as connection:
        open_books(store.tables, connection)
        for projection in PROJECTIONS:
            model = store.tables.of(projection.row)
            model.create(connection)
            model.write(connection, model.changes(log.rows(projection)))
        describe(store.tables, connection, PROJECTIONS)
    yield store
    store.close()


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> Iterator[ViewStore]:
    url = "memory:"
    if request.param == "postgres":
        url = postgres.log_url(request.getfixturevalue("postgres_server"))
    log = Log().tell(
        cu.RegisterCustomer(customer_id="C-1", name="Ada Byron"),
        cu.RegisterCustomer(customer_id="C-2"),
        place("SO-1", 0, "MUG", "TEA", customer_id="C-1", promised_at=START + 5 * DAY),
        place("SO-2", 10, "MUG", customer_id="C-1", promised_at=START + 20 * DAY),
        place("SO-3", 20, "MUG", customer_id="C-2", promised_at=NOW),
        place("SO-4", 60, "CUP", customer_id="C-2", currency="EUR"),
        place("SO-5", 70),
        c.PackItems(order_id="SO-1", parcel="P-1", reported=True),
        c.ShipOrder(
            order_id="SO-1", parcel="P-1", tracking_number="AB123GB", carrier="rm", reported=True
        ),
        c.DeliverOrder(order_id="SO-1", parcel="P-1", occurred_at=START + 6 * DAY),
        c.ReceiveReturn(order_id="SO-1", lines=[{"line": "2", "quantity": 1}], reason="wrong_size"),
        c.ShipOrder(order_id="SO-2", reported=True, occurred_at=START + 19 * DAY),
        c.DeliverOrder(order_id="SO-2", occurred_at=START + 20 * DAY),
        c.CancelOrder(order_id="SO-4", reason="customer_changed_mind"),
        MergeCustomers(customer_id="C-1", absorbed_id="C-2"),
    )
    with kept(log, url) as store:
        yield store


@pytest.fixture
def views(store: ViewStore) -> ReadModels:
    return ReadModels(store, CODEC)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["SO-5", "SO-4", "SO-3", "SO-2", "SO-1"]),
        ({"state": "cancelled"}, ["SO-4"]),
        ({"state": "closed"}, ["SO-2", "SO-1"]),
        ({"state": "delivered"}, ["SO-2", "SO-1"]),
        ({"state": "pending"}, ["SO-5", "SO-3"]),
        ({"late": True}, ["SO-1"]),
        ({"late": True, "now": NOW + DAY}, ["SO-3", "SO-1"]),
        ({"late": False}, ["SO-5", "SO-4", "SO-3", "SO-2"]),
        ({"sku": "TEA"}, ["SO-1"]),
        ({"sku": "MUG", "state": "pending"}, ["SO-5", "SO-3"]),
        ({"since": START + 20 * DAY}, ["SO-5", "SO-4", "SO-3"]),
        ({"since": START + 10 * DAY, "until": START + 60 * DAY}, ["SO-3", "SO-2"]),
        ({"next_step": "pick"}, ["SO-5", "SO-3"]),
        ({"customer": "C-2"}, ["SO-4", "SO-3", "SO-2", "SO-1"]),  # they are one with C-1 now
        ({"customer": "C-9"}, []),
        ({"limit": 2}, ["SO-5", "SO-4"]),
        ({"limit": 2, "offset": 3}, ["SO-2", "SO-1"]),
    ],
)
def test_orders_are_found_by_all_that_is_asked_newest_first(views, filters, found):
    rows = views.orders(**{"now": NOW, **filters})
    assert [row.order_id for row in rows] == found


def test_the_query_for_late_orders_agrees_with_the_rows(views):
    for day in range(-1, 110, 3):
        now = START + day * DAY
        late = {row.order_id for row in views.orders(now=now, late=True)}
        assert late == {row.order_id for row in views.orders(now=now) if row.late(now)}


def test_a_state_that_does_not_exist_is_refused(views):
    with pytest.raises(BadInput, match="no state 'lost'"):
        views.orders("lost", now=NOW)


def test_lines_come_as_they_are_numbered():
    log = Log().tell(place("SO-1", 0, *(f"S{n}" for n in range(1, 12))))
    with kept(log) as store:
        lines = [row.line for row in ReadModels(store, CODEC).order_lines("SO-1")]
    assert lines == [str(n) for n in range(1, 12)]


def test_the_parcels_of_an_order_show_how_far_they_are(views):
    (parcel,) = views.parcels("SO-1")
    assert (parcel.parcel, parcel.stage, parcel.carrier) == ("P-1", "delivered", "rm")
    assert views.parcels("SO-2") == []


@pytest.mark.parametrize("typed", ["AB123GB", " ab123gb\n", "p-1", "so-1"])
def test_an_order_is_found_by_any_number_however_it_is_typed(views, typed):
    assert views.find_orders(typed) == ["SO-1"]


def test_a_number_that_nobody_told_finds_nothing(views):
    assert views.find_orders("XX") == []


def test_customers_who_were_merged_are_listed_as_one(views):
    assert [row.customer_id for row in views.customers()] == ["C-1"]
    assert [row.customer_id for row in views.customers(expected_before=NOW)] == ["C-1"]
    assert views.customers(ordered_since=NOW) == []


@pytest.mark.parametrize("customer_id", ["C-1", "C-2"])
def test_the_history_of_merged_customers_is_one(views, customer_id):
    history = views.history(customer_id)
    assert (history.customer.customer_id, history.aliases) == ("C-1", ("C-2",))
    assert (history.orders, history.orders_cancelled, history.orders_arrived_late) == (4, 1, 1)
    assert (history.units, history.units_returned, history.orders_with_returns) == (5, 1, 1)
    assert [(s.currency, s.orders, s.due) for s in history.spending] == [
        ("GBP", 3, Decimal("0.40")),
        ("EUR", 1, Decimal(0)),
    ]
    assert [(item.sku, item.times_ordered, item.units) for item in history.items] == [
        ("MUG", 3, 3),
        ("TEA", 1, 2),
    ]
    assert [(back.what, back.reason, back.units) for back in history.returns] == [
        ("returned", "wrong_size", 1)
    ]
    assert (history.first_order_at, history.last_order_at) == (START, START + 60 * DAY)
    assert history.average_days_between_orders == 20
    assert history.expected_next_order_at == START + 80 * DAY
    assert history.expected_next_order_spread_days == pytest.approx(300**0.5)


def test_nobody_has_a_history_of_whom_nothing_was_told(views):
    with pytest.raises(NotFound):
        views.history("C-9")


def test_a_customer_who_never_ordered_has_an_empty_history():
    with kept(Log().tell(cu.RegisterCustomer(customer_id="C-1"))) as store:
        history = ReadModels(store, CODEC).history("C-1")
    assert (history.orders, history.spending, history.items) == (0, (), ())
    assert history.expected_next_order_at is None


def test_favourites_come_first(views):
    (favourite,) = views.customer_items("C-2", limit=1)
    assert (favourite.sku, favourite.favourite) == ("MUG", 1)
    assert (favourite.first_ordered_at, favourite.last_ordered_at) == (START, START + 20 * DAY)


def test_activity_comes_newest_first(views):
    rows = views.activity(order_id="SO-1")
    assert [row.what for row in rows] == [
        "delivered",
        "returned",
        "shipped",
        "packed",
        "placed",
    ]
    assert [row.order_id for row in views.activity(customer_id="C-2", what="cancelled")] == ["SO-4"]
    assert len(views.activity(customer_id="C-1", limit=3)) == 3


def test_the_view_of_activity_says_the_same_as_the_events(store, views):
    names = [field.name for field in fields(ActivityRow) if field.name not in ("items", "detail")]
    query = f"SELECT {', '.join(names)} FROM customer_activity"
    with store.reading() as connection:
        found = connection.execute(f"{query} ORDER BY occurred_at DESC, position DESC").fetchall()
    told = [dict(zip(names, values, strict=True)) for values in found]
    shown = store.tables.value
    assert told == [
        {name: getattr(deed, name) for name in names}
        | {
            "occurred_at": shown(deed.occurred_at),
            "amount": None if deed.amount is None else shown(deed.amount),
        }
        for deed in views.activity()
    ]


def plan_of(store, query):
    """How the database would answer, a step each, with any index that could serve."""
    with store.reading() as connection:
        if isinstance(store, SQLiteStore):
            return [step[-1] for step in connection.execute(f"EXPLAIN QUERY PLAN {query}")]
        connection.execute("SET LOCAL enable_seqscan = off")
        return [step for (step,) in connection.execute(f"EXPLAIN {query}").fetchall()]


def scanned(plan):
    """The steps that look at every row of a table."""
    steps = [step for step in plan if "SCAN" in step or "Seq Scan" in step]
    return [step for step in steps if "VIRTUAL" not in step and not step.startswith("SCAN (")]


def test_activity_of_all_orders_of_a_customer_is_found_by_indexes(store):
    events = "SELECT * FROM events WHERE " + ORDERS.replace("?", "'C-1'")
    assert scanned(plan_of(store, events)) == []
    activity = "SELECT * FROM customer_activity WHERE customer_id = 'C-1'"
    assert scanned(plan_of(store, activity)) == []


def test_no_view_knows_a_name(store):
    with store.reading() as connection:
        names = connection.execute("SELECT DISTINCT table_name FROM data_dictionary").fetchall()
        for (name,) in names:
            assert "Ada" not in repr(connection.execute(f"SELECT * FROM {name}").fetchall())


@pytest.mark.parametrize(
    "condition",
    [
        "customer_id = 'C'",
        "status = 'placed'",
        "shipment_state = 'ready'",
        "placed_at >= '2026-01-02'",
    ],
)
def test_orders_are_found_by_an_index(store, condition):
    query = f"SELECT * FROM orders WHERE {condition} ORDER BY placed_at DESC"
    column, comparison, _ = condition.split()
    plan = plan_of(store, query)
    if isinstance(store, SQLiteStore):
        assert "USING INDEX" in plan[0]
        assert f"({column}{comparison.replace('>=', '>')}?)" in plan[0]
    else:
        assert any(f"Index Cond: ({column} {comparison}" in step for step in plan)


@pytest.mark.parametrize(
    "view", ["customer_items", "customer_totals", "customer_spending", "customer_returns"]
)
def test_the_views_look_at_one_customer_only(store, view):
    plan = plan_of(store, f"SELECT * FROM {view} WHERE customer_id = 'C-1'")
    assert any("(survivor_id=?)" in step or "(survivor_id = 'C-1'" in step for step in plan)
    assert not [step for step in scanned(plan) if step.split()[1] in "olca" or "Seq" in step]
