"""The rows of order tracking say what the order says, whatever happens, told in whatever order."""

from typing import Any

from hypothesis import given, settings

from ordertrail.domain.order import Order
from ordertrail.domain.order.positions import POSITIONS
from ordertrail.projections.tracking import (
    LineRow,
    OrderLines,
    OrderRow,
    Orders,
    ParcelRow,
    Parcels,
)
from tests.projections.folding import Log, fold_one
from tests.projections.order_stories import ORDER_ID, stories


def same_order(row: OrderRow, order: Order) -> None:
    positions = order.positions
    assert {p: getattr(row, p) for p in POSITIONS} == {p: positions.get(p, 0) for p in POSITIONS}
    assert row.quantity == sum(line.quantity for line in order.lines.values())
    assert row.live == order.live_quantity
    assert row.due == order.due
    assert row.captured == order.captured
    assert row.refunded == order.refunded
    assert row.status == order.status
    assert row.shipment_state == order.shipment_state
    assert row.payment_state == order.payment_state
    assert row.return_state == order.return_state
    assert row.returns == {id: known.state for id, known in order.returns.items()}
    assert row.promised_at == order.first_promise
    assert row.current_promise_at == order.current_promise
    assert row.approved_at == order.approved_at
    assert row.delays == len(order.delays)
    assert set(row.holds) == set(order.holds)
    assert set(row.parcels) == set(order.parcels)
    assert row.country == (order.ship_to.country if order.ship_to else None)


def same_lines(rows: dict[Any, LineRow], order: Order) -> None:
    assert {line for _, line in rows} == set(order.lines)
    for row in rows.values():
        line = order.lines[row.line]
        assert (row.sku, row.quantity, row.price) == (line.sku, line.quantity, line.price)
        assert {p: getattr(row, p) for p in POSITIONS} == {p: line.at(p) for p in POSITIONS}


def same_parcels(rows: dict[Any, ParcelRow], order: Order) -> None:
    assert {parcel for _, parcel in rows} == set(order.parcels)
    for row in rows.values():
        parcel = order.parcels[row.parcel]
        assert (row.stage, row.contents) == (parcel.stage, parcel.contents)
        assert row.packed_at == parcel.times.get("packed")
        assert row.shipped_at == parcel.times.get("shipped")
        assert row.delivered_at == parcel.times.get("delivered")


@settings(max_examples=400, deadline=None)
@given(stories)
def test_after_every_event_the_rows_are_what_the_order_is(story):
    log = Log()
    orders, lines, parcels = Orders(), OrderLines(), Parcels()
    order_rows: dict[Any, OrderRow] = {}
    line_rows: dict[Any, LineRow] = {}
    parcel_rows: dict[Any, ParcelRow] = {}
    seen = 0
    for command in story:
        log.try_to_tell(command)
        for event in log.events[seen:]:
            fold_one(orders, order_rows, event)
            fold_one(lines, line_rows, event)
            fold_one(parcels, parcel_rows, event)
        seen = len(log.events)
        order = log.state(f"order-{ORDER_ID}")
        if not order.placed:
            assert not order_rows
            assert not line_rows
            assert not parcel_rows
            continue
        same_order(order_rows[ORDER_ID], order)
        same_lines(line_rows, order)
        same_parcels(parcel_rows, order)
