"""Which orders are there, and how does each stand?"""

from collections.abc import Callable, Iterable
from typing import Any

from ordertrail.domain.event import Event
from ordertrail.domain.order import events as e
from ordertrail.domain.order.positions import ReturnStage, return_stage
from ordertrail.domain.order.state import PARCEL_STEPS
from ordertrail.domain.values import Address
from ordertrail.projections.order_facts import counts, requirement_as_json, ways
from ordertrail.projections.projection import Key, Projection
from ordertrail.projections.tracking.order_row import OrderRow
from ordertrail.projections.tracking.order_standing import derive


class Orders(Projection[OrderRow]):
    """A row for each order that was placed; reports that wait for an order make none."""

    name = "orders"
    row = OrderRow
    meaning = "Which orders are there, and how does each stand?"
    on = e.EVENTS
    begins = (e.OrderPlaced,)

    def stays(self, kind: type[Any]) -> bool:
        return True

    def parts(self, event: Event) -> Iterable[tuple[Key, None]]:
        body = event.body
        return ((body.order_id, None),) if counts(body) else ()

    def apply(self, row: OrderRow, event: Event, part: None) -> OrderRow | None:
        body = event.body
        known = row.quantity > 0
        if known == (body.__class__ is e.OrderPlaced):
            return row if known else None
        change = CHANGES.get(body.__class__)
        if change is not None:
            change(row, body, event)
        for (origin, target), units in ways(getattr(body, "moves", ())).items():
            setattr(row, origin, getattr(row, origin) - units)
            setattr(row, target, getattr(row, target) + units)
        if body.due is not None:
            row.due = body.due
        if event.occurred_at >= row.last_news_at:
            row.last_news = body.type
            row.last_news_at = event.occurred_at
        return row

    def finish(self, row: OrderRow) -> None:
        derive(row)


def _placed(row: OrderRow, body: e.OrderPlaced, event: Event) -> None:
    row.customer_id = body.customer_id
    row.currency = body.currency
    row.total = body.total
    row.reports = list(body.reports)
    row.placed_at = row.last_news_at = event.occurred_at
    row.requested_at = body.requested_at
    row.promised_at = row.current_promise_at = body.promised_at
    row.ship_by = body.ship_by
    row.deliver_by = body.deliver_by
    row.priority = body.priority
    row.service_level = body.service_level
    row.requirements = [requirement_as_json(asked) for asked in body.requirements]
    row.channel = event.channel
    row.source = event.source
    _goes_to(row, body.ship_to)
    _added(row, body.lines)


def _added(row: OrderRow, lines: Iterable[e.OrderLine]) -> None:
    for line in lines:
        row.quantity += line.quantity
        row.open += line.quantity
        if line.price is None:  # an event cannot say that what is due became unknown
            row.due = None


def _goes_to(row: OrderRow, address: Address | None) -> None:
    row.country = address.country if address else None
    row.province = address.province if address else None
    row.city = address.city if address else None
    row.postcode = address.postcode if address else None


def _approved(row: OrderRow, body: e.OrderApproved, event: Event) -> None:
    row.approved_at = row.approved_at or event.occurred_at


def _called_off(row: OrderRow, body: e.OrderDeclined | e.OrderCancelled, event: Event) -> None:
    row.called_off = True


def _held(row: OrderRow, body: e.HoldPlaced, event: Event) -> None:
    if body.hold_id not in row.holds:
        row.holds.append(body.hold_id)


def _released(row: OrderRow, body: e.HoldReleased, event: Event) -> None:
    row.holds = [hold for hold in row.holds if hold != body.hold_id]


def _amended(row: OrderRow, body: e.OrderAmended, event: Event) -> None:
    _added(row, body.added)
    for more in body.raised:
        row.quantity += more.quantity
        row.open += more.quantity
    row.requested_at = body.requested_at or row.requested_at
    row.ship_by = body.ship_by or row.ship_by
    row.deliver_by = body.deliver_by or row.deliver_by
    row.priority = row.priority if body.priority is None else body.priority
    row.service_level = body.service_level or row.service_level
    if body.requirements is not None:
        row.requirements = [requirement_as_json(asked) for asked in body.requirements]


def _readdressed(row: OrderRow, body: e.ShippingAddressChanged, event: Event) -> None:
    _goes_to(row, body.ship_to)


def _in_parcel(row: OrderRow, body: e.StepEvent, event: Event) -> None:
    if body.parcel is not None and body.parcel not in row.parcels:
        row.parcels.append(body.parcel)


def _shipped(row: OrderRow, body: e.OrderShipped, event: Event) -> None:
    _in_parcel(row, body, event)
    if body.carrier is not None and body.carrier not in row.carriers:
        row.carriers.append(body.carrier)
    if body.tracking_number is not None and body.tracking_number not in row.tracking_numbers:
        row.tracking_numbers.append(body.tracking_number)
    if body.moves or body.explains:
        at = event.occurred_at
        row.first_shipped_at = min(row.first_shipped_at or at, at)
        row.last_shipped_at = max(row.last_shipped_at or at, at)


def _arrived(row: OrderRow, body: e.OrderDelivered, event: Event) -> None:
    _in_parcel(row, body, event)
    if body.moves or body.explains:
        row.last_arrival_at = max(row.last_arrival_at or event.occurred_at, event.occurred_at)


def _delayed(row: OrderRow, body: e.OrderDelayed, event: Event) -> None:
    row.delays += 1
    row.delay_cause = body.cause
    if body.promise is None or body.promise == row.current_promise_at:
        row.delayed = True


def _promised(row: OrderRow, body: e.PromiseRevised, event: Event) -> None:
    row.promised_at = row.promised_at or body.promised_at
    row.current_promise_at = body.promised_at
    row.promise_revisions += 1
    row.delayed = False


def _returning(row: OrderRow, body: Any, event: Event) -> None:
    if body.return_id is not None:
        told = RETURN_STAGES[body.__class__]
        row.returns[body.return_id] = return_stage(row.returns.get(body.return_id), told)


def _replaced(row: OrderRow, body: e.ExchangeOpened | e.RepairOpened, event: Event) -> None:
    _added(row, body.added)


def _paid(row: OrderRow, body: e.PaymentCaptured, event: Event) -> None:
    row.captured += body.amount


def _refunded(row: OrderRow, body: e.RefundIssued, event: Event) -> None:
    row.refunded += body.amount


RETURN_STAGES: dict[type[Any], ReturnStage] = {
    e.ReturnRequested: "requested",
    e.ReturnAuthorised: "authorised",
    e.ReturnDeclined: "declined",
    e.ReturnReceived: "received",
    e.ReturnInspected: "inspected",
}

CHANGES: dict[type[Any], Callable[[OrderRow, Any, Event], None]] = {
    **dict.fromkeys(PARCEL_STEPS, _in_parcel),
    e.OrderPlaced: _placed,
    e.OrderApproved: _approved,
    e.OrderDeclined: _called_off,
    e.OrderCancelled: _called_off,
    e.HoldPlaced: _held,
    e.HoldReleased: _released,
    e.OrderAmended: _amended,
    e.ShippingAddressChanged: _readdressed,
    e.OrderShipped: _shipped,
    e.OrderDelivered: _arrived,
    e.OrderDelayed: _delayed,
    e.PromiseRevised: _promised,
    e.ExchangeOpened: _replaced,
    e.RepairOpened: _replaced,
    e.PaymentCaptured: _paid,
    e.RefundIssued: _refunded,
    **dict.fromkeys(RETURN_STAGES, _returning),
}
"""What each event changes beside the moves of its units and what is due."""
