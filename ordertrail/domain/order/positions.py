"""Where a unit of a line stands, and what is read from the sums of positions."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal, get_args

from ordertrail.domain.event import value

Position = Literal[
    "open",
    "backordered",
    "allocated",
    "picked",
    "packed",
    "shipped",
    "delivered",
    "returned",
    "returned_to_sender",
    "lost",
    "cancelled",
]
POSITIONS: tuple[Position, ...] = get_args(Position)

Step = Literal["allocated", "picked", "packed", "shipped", "delivered", "authorised", "paid"]
"""A step that a shop may report (order-model rule 7)."""

CHAIN: tuple[Position, ...] = ("allocated", "picked", "packed", "shipped", "delivered")
"""The steps that a unit passes one after the other, and that may be inferred."""

DEFAULT_REPORTS: tuple[Step, ...] = ("picked", "packed", "shipped", "delivered")

LIVE: tuple[Position, ...] = ("open", "backordered", "allocated", "picked", "packed", "shipped")
"""Units that the customer still waits for."""

SHIPPED: tuple[Position, ...] = ("shipped", "delivered", "returned", "returned_to_sender", "lost")
"""Units that have left the house, wherever they are now."""

UNDUE: tuple[Position, ...] = ("cancelled", "returned", "returned_to_sender", "lost")
"""Units that the customer does not owe."""

PASSED: dict[Position, int] = {
    "open": 0,
    "backordered": 0,
    "cancelled": 0,
    "allocated": 1,
    "picked": 2,
    "packed": 3,
    "shipped": 4,
    "lost": 4,
    "returned_to_sender": 4,
    "delivered": 5,
    "returned": 5,
}
"""How many steps of the chain a unit has passed that stands there."""

Positions = Mapping[Position, int]

ShipmentState = Literal[
    "pending", "ready", "partial", "backordered", "shipped", "delivered", "cancelled"
]
ReturnStage = Literal["requested", "authorised", "declined", "received", "inspected"]
ReturnState = Literal["none", "requested", "authorised", "partially_returned", "returned"]
PaymentState = Literal[
    "untracked", "unpaid", "partially_paid", "paid", "overpaid", "partially_refunded", "refunded"
]
Status = Literal["placed", "closed", "cancelled"]


@value
class Move:
    """So many units of a line went from one position to another."""

    line: str
    sku: str
    quantity: int
    origin: Position
    target: Position


def total(positions: Positions, at: Iterable[Position]) -> int:
    """How many units stand at these positions."""
    return sum(positions.get(position, 0) for position in at)


def moved(positions: Positions, moves: Iterable[Move]) -> dict[Position, int]:
    """The positions after the moves; what does not stand there does not move."""
    after = dict(positions)
    for move in moves:
        there = after.get(move.origin, 0)
        quantity = min(there, move.quantity)
        after[move.origin] = there - quantity
        after[move.target] = after.get(move.target, 0) + quantity
    return after


def shipment_state(positions: Positions) -> ShipmentState:
    """How far the goods of an order have got, from the positions of all its units.

    partial: some have left and some have not; ready: all that is to go is packed; delivered: no
    unit is under way and none waits, and at least one arrived (it may have come back since).
    """
    waiting = total(positions, ("open", "backordered", "allocated", "picked", "packed"))
    left = total(positions, SHIPPED)
    if not waiting and not left:
        return "cancelled" if positions.get("cancelled") else "pending"
    if waiting:
        if left:
            return "partial"
        if positions.get("backordered", 0) == waiting:
            return "backordered"
        return "ready" if positions.get("packed", 0) == waiting else "pending"
    arrived = positions.get("delivered", 0) + positions.get("returned", 0)
    return "delivered" if arrived and not positions.get("shipped", 0) else "shipped"


RETURN_RANK: dict[ReturnStage, int] = {
    "requested": 0,
    "authorised": 1,
    "declined": 1,
    "received": 2,
    "inspected": 3,
}


def return_stage(known: ReturnStage | None, told: ReturnStage) -> ReturnStage:
    """How far a return has got when it is told that it got so far: it never goes back."""
    if known is not None and RETURN_RANK[known] > RETURN_RANK[told]:
        return known
    return told


def return_state(positions: Positions, requested: int, authorised: int) -> ReturnState:
    """How far returns have got; `requested` and `authorised` count open returns of each kind."""
    back = positions.get("returned", 0)
    if back:
        return "partially_returned" if positions.get("delivered", 0) else "returned"
    if authorised:
        return "authorised"
    return "requested" if requested else "none"


def payment_state(
    tracked: bool, due: Decimal | None, captured: Decimal, refunded: Decimal
) -> PaymentState:
    """How the money stands, from what is due for the whole order and what came and went."""
    if not tracked:
        return "untracked"
    kept = captured - refunded
    if due is None:
        return "paid" if kept > 0 else "unpaid"
    if refunded and kept <= due:
        return "refunded" if kept <= 0 else "partially_refunded" if kept < due else "paid"
    if kept > due:
        return "overpaid"
    if kept == due:
        return "paid"
    return "partially_paid" if kept > 0 else "unpaid"


def awaited(positions: Positions, reports: Iterable[str]) -> int:
    """How many units the customer still waits for, as far as this shop will tell.

    Where deliveries are not reported, nobody hears of what was shipped again: it counts as there.
    """
    waiting = total(positions, LIVE)
    return waiting if "delivered" in reports else waiting - positions.get("shipped", 0)


def order_status(
    positions: Positions,
    reports: Iterable[str],
    called_off: bool,
    open_return: bool,
    payment: PaymentState,
) -> Status:
    """cancelled (called off, or every unit is), closed (nothing is left to do), else placed."""
    if called_off or (
        positions.get("cancelled") and total(positions, POSITIONS) == positions["cancelled"]
    ):
        return "cancelled"
    settled = payment in ("untracked", "paid", "refunded")
    if awaited(positions, reports) or open_return or not settled:
        return "placed"
    return "closed"
