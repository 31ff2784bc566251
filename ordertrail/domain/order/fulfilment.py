"""Warehouse and carrier: steps that move units, and news of parcels and promises."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, assert_never

from ordertrail.domain.aggregate import Decided
from ordertrail.domain.errors import not_found, refuse
from ordertrail.domain.order import commands as c
from ordertrail.domain.order import events as e
from ordertrail.domain.order.after_sales import authorisation
from ordertrail.domain.order.moves import guard, with_skus
from ordertrail.domain.order.parcels import contents_unknown
from ordertrail.domain.order.state import Order
from ordertrail.domain.values import LineQuantity

STEPS: dict[type[c.StepCommand], type[e.StepEvent]] = {
    c.AllocateStock: e.StockAllocated,
    c.ReleaseStock: e.StockReleased,
    c.BackorderItems: e.ItemsBackordered,
    c.PickItems: e.ItemsPicked,
    c.ShortPick: e.PickShorted,
    c.VoidPick: e.PickVoided,
    c.PackItems: e.ItemsPacked,
    c.VoidPack: e.PackVoided,
    c.ShipOrder: e.OrderShipped,
    c.DeliverOrder: e.OrderDelivered,
    c.RecordLoss: e.ShipmentLost,
    c.RecordReturnToSender: e.ShipmentReturned,
    c.ReceiveReturn: e.ReturnReceived,
}
OWN_FIELDS = {
    command: tuple(set(command.model_fields) - set(c.StepCommand.model_fields)) for command in STEPS
}

News = (
    c.RecordTracking
    | c.RecordDeliveryAttempt
    | c.RedirectShipment
    | c.RecordDamage
    | c.RecordDelay
    | c.RevisePromise
)


Step = c.StepCommand | c.CancelLine | c.CancelOrder


def draft_steps(command: Step, order: Order) -> list[e.StepEvent]:
    """The events that the command asks for or tells of, before their moves are known.

    There is one for each parcel that its lines name.
    """
    draft = _draft(command, order)
    parcels = dict.fromkeys(part.parcel or draft.parcel for part in draft.lines)
    if all(parcel == draft.parcel for parcel in parcels):
        return [draft]
    return [
        replace(
            draft,
            parcel=parcel,
            lines=tuple(part for part in draft.lines if (part.parcel or draft.parcel) == parcel),
        )
        for parcel in parcels
    ]


def _draft(command: Step, order: Order) -> e.StepEvent:
    common: dict[str, Any] = {
        "order_id": command.order_id,
        "customer_id": order.customer_id,
        "reported": command.is_reported,
    }
    if isinstance(command, c.CancelOrder):
        return e.OrderCancelled(**common)
    if isinstance(command, c.CancelLine):
        if command.quantity is None:
            return e.LineCancelled(**common, whole_line=command.line)
        return e.LineCancelled(**common, lines=(LineQuantity(command.line, command.quantity),))
    own = {name: getattr(command, name) for name in OWN_FIELDS[type(command)]}
    return STEPS[type(command)](
        **common, **own, lines=command.lines, location=command.location, parcel=command.parcel
    )


def guard_step(order: Order, draft: e.StepEvent, at: datetime) -> e.StepEvent | None:
    """What a guarded step leads to; None where it only repeats what is so already.

    Raises:
        Refused: it names something unknown, or units that do not stand where it takes them from.
    """
    if isinstance(draft, e.OrderCancelled):
        if order.called_off or order.status == "cancelled":
            return None
        _uncommitted(order)
    if isinstance(draft, e.LineCancelled) and draft.whole_line is not None:
        line = order.lines.get(draft.whole_line) or not_found("line", draft.whole_line)
        if not line.current_quantity:
            return None
    if contents_unknown(order, draft):
        not_found("parcel", draft.parcel or "")
    if isinstance(draft, e.ReturnReceived):
        draft = _received(order, draft)
    return guard(order, draft, at)


def _uncommitted(order: Order) -> None:
    """Refuse to cancel what stands at picked or beyond."""
    for line in order.lines.values():
        for position, quantity in line.positions.items():
            if quantity and position not in ("open", "backordered", "allocated", "cancelled"):
                refuse(
                    "cannot_cancel",
                    order=order.id,
                    line=line.id,
                    quantity=quantity,
                    position=position,
                )


def _received(order: Order, draft: e.ReturnReceived) -> e.ReturnReceived:
    known = order.returns.get(draft.return_id) if draft.return_id else None
    if known is not None and known.state == "declined":
        refuse("return_declined", return_id=known.id)
    return replace(draft, deviations=authorisation(order, draft))


def decide_news(command: Any, order: Order, at: datetime) -> Sequence[Any]:
    """What news of a parcel, or of the promise, leads to."""
    news: News = command
    common: dict[str, Any] = {
        "order_id": news.order_id,
        "customer_id": order.customer_id,
        "reported": news.is_reported,
    }
    match news:
        case c.RecordTracking():
            return [
                e.TrackingRecorded(
                    **common,
                    parcel=news.parcel,
                    status=news.status,
                    place=news.place,
                    estimated_at=news.estimated_at,
                )
            ]
        case c.RecordDeliveryAttempt():
            return [
                e.DeliveryAttempted(
                    **common, parcel=news.parcel, next_attempt_at=news.next_attempt_at
                )
            ]
        case c.RedirectShipment():
            return [
                e.ShipmentRedirected(
                    **common, parcel=news.parcel, ship_to=news.ship_to, recipient=news.recipient
                )
            ]
        case c.RecordDamage():
            return [e.ShipmentDamaged(**common, parcel=news.parcel, lines=news.lines)]
        case c.RecordDelay():
            return _delay(news, order, at, common)
        case c.RevisePromise():
            if order.current_promise == news.promised_at:
                return []
            return [e.PromiseRevised(**common, promised_at=news.promised_at)]
        case _:
            assert_never(news)


def _delay(
    news: c.RecordDelay, order: Order, at: datetime, common: dict[str, Any]
) -> Sequence[Any]:
    promise = news.promise or order.current_promise
    if (news.cause, promise) in order.delays:
        return []
    if news.cause == PROMISE_LAPSED and order.placed:
        kept = not order.live_quantity or promise != order.current_promise
        if kept or promise is None or at <= promise:
            return []
    body = e.OrderDelayed(**common, cause=news.cause, promise=promise, expected_at=news.expected_at)
    return [Decided(body, occurred(body, at))]


def occurred(body: e.OrderEvent, at: datetime) -> datetime:
    """When it happened: a delay when the promise lapsed, if that is past, else when it was told."""
    if isinstance(body, e.OrderDelayed) and body.promise is not None:
        return min(body.promise, at)
    return at


def settle_news(order: Order, fact: e.OrderEvent) -> e.OrderEvent:
    """What such news leads to on the order as it stands; repeated if it says what is so already."""
    repeated = (*fact.deviations, e.Deviation("repeated"))
    match fact:
        case e.PromiseRevised() if fact.promised_at == order.current_promise:
            return replace(fact, deviations=repeated)
        case e.OrderDelayed():
            fact = replace(fact, promise=fact.promise or order.current_promise)
            if (fact.cause, fact.promise) in order.delays:
                return replace(fact, deviations=repeated)
        case e.ShipmentDamaged():
            return replace(fact, lines=with_skus(order, fact.lines))
    return fact


PROMISE_LAPSED = "promise_lapsed"
"""The cause of the delay that is told when a promise passes and units are still awaited."""
