"""What follows from the positions, returns and money of an order: its states and its next step."""

from decimal import Decimal
from functools import lru_cache

from ordertrail.domain.order.positions import (
    POSITIONS,
    PaymentState,
    ReturnState,
    ShipmentState,
    Status,
    awaited,
    order_status,
    payment_state,
    return_state,
    shipment_state,
)
from ordertrail.projections.tracking.next_step import NextStep, next_step
from ordertrail.projections.tracking.order_row import OrderRow, standing


def derive(row: OrderRow) -> None:
    """Bring up to date what follows from the other columns."""
    balance = None
    if "paid" in row.reports:
        row.payment_state = payment_state(True, row.due, row.captured, row.refunded)
        balance = None if row.due is None else row.due - row.captured + row.refunded
    row.live, row.status, row.shipment_state, row.return_state, row.next_step = _standing_so(
        standing(row),
        tuple(row.reports),
        called_off=row.called_off,
        held=bool(row.holds),
        returns=tuple(sorted(row.returns.values())) if row.returns else (),
        payment=row.payment_state,
        balance=balance,
    )
    row.delivered_at = row.last_arrival_at if row.shipment_state == "delivered" else None
    arrived = row.delivered_at
    if arrived is None and not row.live and "delivered" not in row.reports:
        arrived = row.last_shipped_at  # the last that anybody will hear of it
    row.arrived_late = (
        arrived is not None and row.promised_at is not None and (arrived > row.promised_at)
    )


@lru_cache(maxsize=16384)  # few orders differ in this, and it would take half of the fold's time
def _standing_so(
    quantities: tuple[int, ...],
    reports: tuple[str, ...],
    *,
    called_off: bool,
    held: bool,
    returns: tuple[str, ...],
    payment: PaymentState,
    balance: Decimal | None,
) -> tuple[int, Status, ShipmentState, ReturnState, NextStep]:
    positions = dict(zip(POSITIONS, quantities, strict=True))
    requested, authorised = returns.count("requested"), returns.count("authorised")
    return (
        awaited(positions, reports),
        order_status(positions, reports, called_off, bool(requested or authorised), payment),
        shipment_state(positions),
        return_state(positions, requested, authorised),
        next_step(positions, reports, held=held, returns=frozenset(returns), balance=balance),
    )
