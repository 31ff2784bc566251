"""Where a shop reports no deliveries, what was shipped counts as arrived."""

from datetime import UTC, datetime, timedelta

import pytest

from ordertrail import ApproveOrder, Ordertrail, PlaceOrder, ShipOrder

PLACED = datetime(2026, 3, 1, 9, tzinfo=UTC)
PROMISE = PLACED + timedelta(days=3)
LATER = PROMISE + timedelta(days=400)


def shipped(trail, at, reports=("shipped",)):
    """The row of an order shipped at this time, long after its promise."""
    lines = [{"line": "1", "sku": "MUG", "quantity": 2}]
    trail.execute(
        PlaceOrder(
            order_id="1", lines=lines, reports=reports, promised_at=PROMISE, occurred_at=PLACED
        )
    )
    trail.execute(ShipOrder(order_id="1", occurred_at=at, reported=True))
    trail.catch_up()
    (row,) = trail.orders()
    assert row.status == trail.order("1").status
    return row


@pytest.fixture
def trail():
    with Ordertrail.open("memory:", clock=lambda: LATER, follow=False) as trail:
        yield trail


def test_an_order_shipped_in_time_is_not_late_and_closes(trail):
    row = shipped(trail, PROMISE)
    assert (row.status, row.live, row.late(LATER)) == ("closed", 0, False)
    assert trail.orders(late=True) == []


def test_an_order_shipped_after_its_promise_is_late(trail):
    row = shipped(trail, PROMISE + timedelta(microseconds=1))
    assert (row.status, row.late(LATER)) == ("closed", True)


def test_where_deliveries_are_reported_what_was_shipped_is_awaited(trail):
    row = shipped(trail, PROMISE, reports=("shipped", "delivered"))
    assert (row.status, row.live, row.late(LATER)) == ("placed", 2, True)


def test_a_shipment_dated_before_the_approval_contradicts_it(trail):
    lines = [{"line": "1", "sku": "MUG", "quantity": 1}]
    trail.execute(PlaceOrder(order_id="1", lines=lines, occurred_at=PLACED))
    trail.execute(ApproveOrder(order_id="1", occurred_at=PROMISE))
    told = trail.execute(ShipOrder(order_id="1", reported=True, occurred_at=PLACED))
    found = [d.detail for d in told.events[0].body.deviations if d.kind == "dates_contradict"]
    assert found == ["approved"]
