"""Everything that is shown of one order, and the same as one JSON object."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ordertrail.adapters.cli.sentences import deviations, reminders, said
from ordertrail.domain.event import Event
from ordertrail.domain.order.events import OrderDelivered
from ordertrail.domain.order.state import Line, Order, Parcel


@dataclass(frozen=True)
class OrderPage:
    """Everything that is shown of an order."""

    order: Order
    events: Sequence[Event]
    now: datetime
    next_step: str | None = None
    delay_cause: str | None = None

    @property
    def delivered_at(self) -> datetime | None:
        """When the last of it arrived; None while more is awaited, or where nobody told."""
        arrivals = [
            event.occurred_at
            for event in self.events
            if isinstance(event.body, OrderDelivered) and (event.body.moves or event.body.explains)
        ]
        return max(arrivals, default=None) if self.order.shipment_state == "delivered" else None

    @property
    def late(self) -> bool:
        """Whether the last of it arrived after the first promise, or is awaited still after it."""
        promise, arrived = self.order.first_promise, self.delivered_at
        if promise is None:
            return False
        if arrived is not None:
            return arrived > promise
        return bool(self.order.live_quantity) and self.now > promise


def as_json(page: OrderPage) -> dict[str, Any]:
    """The order as one object; see docs/cli.md for its fields."""
    order = page.order
    return {
        "order_id": order.id,
        "customer_id": order.customer_id,
        "status": order.status,
        "shipment_state": order.shipment_state,
        "return_state": order.return_state,
        "payment_state": order.payment_state,
        "next_step": page.next_step,
        "late": page.late,
        "placed_at": order.placed_at,
        "requested_at": order.requested_at,
        "promised_at": order.first_promise,
        "current_promise_at": order.current_promise,
        "delivered_at": page.delivered_at,
        "delay_cause": page.delay_cause,
        "currency": order.currency,
        "due": order.due,
        "captured": order.captured,
        "refunded": order.refunded,
        "ship_to": order.ship_to,
        "recipient": order.recipient,
        "requirements": order.requirements,
        "references": order.references,
        "holds": list(order.holds),
        "lines": [_line_json(line) for line in order.lines.values()],
        "parcels": [_parcel_json(parcel) for parcel in order.parcels.values()],
        "returns": [
            {"return_id": r.id, "state": r.state, "received": r.received, "inspected": r.inspected}
            for r in order.returns.values()
        ],
        "timeline": [_happening_json(event) for event in page.events],
    }


def _line_json(line: Line) -> dict[str, Any]:
    return {
        "line": line.id,
        "sku": line.sku,
        "title": line.title,
        "quantity": line.quantity,
        "current_quantity": line.current_quantity,
        "unit": line.unit,
        "price": line.price,
        "positions": {name: units for name, units in line.positions.items() if units},
        "replaces": line.replaces,
    }


def _parcel_json(parcel: Parcel) -> dict[str, Any]:
    return {
        "parcel": parcel.id,
        "stage": parcel.stage,
        "carrier": parcel.carrier,
        "service": parcel.service,
        "tracking_number": parcel.tracking_number,
        "sscc": parcel.sscc,
        "contents": parcel.contents,
        "times": parcel.times,
    }


def _happening_json(event: Event) -> dict[str, Any]:
    return {
        "position": event.position,
        "version": event.version,
        "event_id": event.id,
        "type": event.type,
        "occurred_at": event.occurred_at,
        "recorded_at": event.recorded_at,
        "actor": event.actor,
        "on_behalf_of": event.on_behalf_of,
        "channel": event.channel,
        "reason": event.reason,
        "what": said(event),
        "deviations": deviations(event),
        "reminders": reminders(event),
    }
