"""Who did what for a customer's order, when, where and why?

There is no table of this: an event is told in the words below when somebody asks.
"""

from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from ordertrail.domain.event import Event
from ordertrail.domain.order import events as e
from ordertrail.projections.order_facts import counts, units_by_sku

DETAILS = (
    "hold_id",
    "exchange_id",
    "repair_id",
    "claim_id",
    "payment_id",
    "refund_id",
    "return_id",
    "cause",
    "kind",
)
"""The fields that tell more; of several that an event has, the first."""


class Shape(NamedTuple):
    """What an event is called here, and which of its fields tell units, money and more."""

    what: str
    units: tuple[str, ...]
    amount: str | None
    detail: str | None


def _shape(kind: type[Any]) -> Shape:
    names = {field.name for field in fields(kind)}
    units = [name for name in ("moves", "explains", "added", "raised", "outcomes") if name in names]
    return Shape(
        kind.type.removeprefix("order."),
        # What was said counts only where nothing followed from it.
        tuple(units or names & {"lines"}) if kind is not e.HoldPlaced else (),
        next((name for name in ("amount", "total") if name in names), None),
        next((name for name in DETAILS if name in names), None),
    )


# Where a parcel was seen is no deed, and there are many of it: see the table of parcels.
SHAPES = {kind: _shape(kind) for kind in e.EVENTS if kind is not e.TrackingRecorded}


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One thing that happened to an order of a customer.

    Attributes:
        position: where the event that told it stands in the log.
        customer_id: whose order it is; None: a guest's.
        what: the type of the event: placed, picked, shipped, returned ...
        location, parcel: in which warehouse, and with which parcel.
        reason: why, as a code.
        detail: the return, claim, hold or payment, the cause or the kind.
        quantity, items: how many units, in all and of each SKU.
        amount: how much money, in the order's currency.
    """

    order_id: str
    event_id: str
    position: int
    customer_id: str | None
    what: str
    occurred_at: datetime
    actor: str | None = None
    on_behalf_of: str | None = None
    channel: str | None = None
    location: str | None = None
    parcel: str | None = None
    reason: str | None = None
    detail: str | None = None
    quantity: int = 0
    items: dict[str, int] = field(default_factory=dict)
    amount: Decimal | None = None


def deed(event: Event) -> ActivityRow | None:
    """What an event tells; None if it is none of an order, is no deed, or does not count."""
    body = event.body
    shape = SHAPES.get(body.__class__)
    if shape is None or not counts(body):
        return None
    items = units_by_sku(getattr(body, name) for name in shape.units)
    return ActivityRow(
        order_id=body.order_id,
        event_id=event.id,
        position=event.position,
        customer_id=body.customer_id,
        what=shape.what,
        occurred_at=event.occurred_at,
        actor=event.actor,
        on_behalf_of=event.on_behalf_of,
        channel=event.channel,
        location=getattr(body, "location", None),
        parcel=getattr(body, "parcel", None),
        reason=event.reason,
        detail=getattr(body, shape.detail) if shape.detail else None,
        quantity=sum(items.values()),
        items=items,
        amount=getattr(body, shape.amount) if shape.amount else None,
    )
