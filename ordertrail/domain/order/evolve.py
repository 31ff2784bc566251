"""How an order changes with each event; nothing here refuses, on no subsequence of a stream."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from ordertrail.domain.event import EPOCH, Event
from ordertrail.domain.order import events as e
from ordertrail.domain.order.parcels import followed, packed_up, unpacked
from ordertrail.domain.order.positions import (
    PASSED,
    Move,
    Position,
    ReturnStage,
    moved,
    return_stage,
    total,
)
from ordertrail.domain.order.state import BEYOND, PARCEL_STEPS, TELLS, Line, Order, Return
from ordertrail.domain.values import LineQuantity

E = TypeVar("E", bound=e.OrderEvent)


def evolve(order: Order, event: Event) -> Order:
    """The order after the event; of an event that cannot be applied, what can be is applied."""
    body = event.body
    if order.waiting and event.causation_id:
        order = replace(
            order, waiting=tuple(w for w in order.waiting if w.id != event.causation_id)
        )
    if body.deviations:
        kinds = {deviation.kind for deviation in body.deviations}
        if "unresolved" in kinds:
            return replace(order, id=body.order_id, waiting=(*order.waiting, event))
        if "repeated" in kinds:
            return order
    if isinstance(body, e.StepEvent):
        return _step(order, body, event.occurred_at)
    match body:
        case e.OrderPlaced():
            return order if order.placed else _place(order, body, event.occurred_at)
        case e.OrderApproved():
            return replace(order, approved_at=order.approved_at or event.occurred_at)
        case e.OrderDeclined():
            return replace(_moved(order, body.moves), called_off=True)
        case e.HoldPlaced():
            return replace(order, holds={**order.holds, body.hold_id: body.lines})
        case e.HoldReleased():
            holds = {id: lines for id, lines in order.holds.items() if id != body.hold_id}
            return replace(order, holds=holds, released_holds=(*order.released_holds, body.hold_id))
        case e.OrderAmended():
            return _amend(order, body)
        case e.ShippingAddressChanged():
            return replace(order, ship_to=body.ship_to, recipient=body.recipient)
        case e.OrderDelayed():
            return replace(order, delays=(*order.delays, (body.cause, body.promise)))
        case e.PromiseRevised():
            return replace(
                order,
                current_promise=body.promised_at,
                first_promise=order.first_promise or body.promised_at,
            )
        case e.ShipmentRedirected():
            return _redirect(order, body)
        case e.ReturnRequested():
            return _return(order, body.return_id, "requested", lines=body.lines)
        case e.ReturnAuthorised():
            return _return(order, body.return_id, "authorised", allowed=True)
        case e.ReturnDeclined():
            return _return(order, body.return_id, "declined", allowed=False)
        case e.ReturnInspected():
            return _return(order, body.return_id, "inspected", looked_at=body.outcomes)
        case e.ExchangeOpened():
            order = replace(order, replacements=(*order.replacements, body.exchange_id))
            return replace(order, lines=_added(order.lines, body.added))
        case e.RepairOpened():
            order = replace(order, replacements=(*order.replacements, body.repair_id))
            return replace(order, lines=_added(order.lines, body.added))
        case e.ClaimOpened():
            return replace(order, claims={**order.claims, body.claim_id: None})
        case e.ClaimResolved():
            return replace(order, claims={**order.claims, body.claim_id: body.outcome})
        case e.PaymentCaptured():
            return replace(order, payments={**order.payments, body.payment_id: body.amount})
        case e.RefundIssued():
            return replace(order, refunds={**order.refunds, body.refund_id: body.amount})
    return order  # notes, tracking, attempts, damage, failed payments: nothing a rule asks for


def with_due(order: Order, body: E) -> E:
    """The body, with what is due from now on where it changes that."""
    after = evolve(order, Event(body, EPOCH)).due
    return body if after == order.due else replace(body, due=after)


def _place(order: Order, body: e.OrderPlaced, at: datetime) -> Order:
    return replace(
        order,
        id=body.order_id,
        customer_id=body.customer_id,
        placed_at=at,
        currency=body.currency,
        lines=_added({}, body.lines),
        reports=body.reports,
        requested_at=body.requested_at,
        first_promise=body.promised_at,
        current_promise=body.promised_at,
        ship_by=body.ship_by,
        deliver_by=body.deliver_by,
        priority=body.priority,
        service_level=body.service_level,
        ship_to=body.ship_to,
        recipient=body.recipient,
        requirements=body.requirements,
        adjustments=body.adjustments,
        references=body.references,
    )


def _added(lines: dict[str, Line], added: tuple[e.OrderLine, ...]) -> dict[str, Line]:
    after = dict(lines)
    for new in added:
        if new.line in after:
            continue
        after[new.line] = Line(
            new.line,
            new.sku,
            new.quantity,
            {"open": new.quantity},
            {},
            new.price,
            new.title,
            new.unit,
            new.adjustments,
            new.replaces,
        )
    return after


def _amend(order: Order, body: e.OrderAmended) -> Order:
    order = _moved(order, body.moves)
    lines = _added(order.lines, body.added)
    for more in body.raised:
        if line := lines.get(more.line):
            positions = {**line.positions, "open": line.at("open") + more.quantity}
            lines[more.line] = replace(
                line, quantity=line.quantity + more.quantity, positions=positions
            )
    for changed in body.prices:
        if line := lines.get(changed.line):
            lines[changed.line] = replace(line, price=changed.price)
    requirements = order.requirements if body.requirements is None else body.requirements
    return replace(
        order,
        lines=lines,
        adjustments=(*order.adjustments, *body.adjustments),
        requested_at=body.requested_at or order.requested_at,
        ship_by=body.ship_by or order.ship_by,
        deliver_by=body.deliver_by or order.deliver_by,
        priority=order.priority if body.priority is None else body.priority,
        service_level=body.service_level or order.service_level,
        requirements=requirements,
        references=(*order.references, *body.references),
    )


def _moved(order: Order, moves: tuple[Move, ...]) -> Order:
    lines = _moved_lines(order.lines, moves)
    parcels = followed(order.parcels, moves, lines, along=True) if order.parcels else {}
    return replace(order, lines=lines, parcels=parcels)


def _moved_lines(
    lines: Mapping[str, Line], moves: tuple[Move, ...], tells: Position | None = None
) -> dict[str, Line]:
    """The lines after units moved; what moves to the step that is told counts as told there."""
    after = dict(lines)
    for move in moves:
        line = after.get(move.line)
        if line is None:
            continue
        told = line.told
        if move.target == tells:
            told = {**told, tells: told.get(tells, 0) + move.quantity}
        positions = moved(line.positions, (move,))
        if PASSED[move.target] < PASSED[move.origin]:
            told = {step: min(n, total(positions, BEYOND[step])) for step, n in told.items()}
        after[move.line] = _stands(line, positions, told)
    return after


def _stands(line: Line, positions: dict[Position, int], told: dict[str, int]) -> Line:
    return Line(  # not `replace`, which takes five times as long: orders have hundreds of lines
        line.id,
        line.sku,
        line.quantity,
        positions,
        told,
        line.price,
        line.title,
        line.unit,
        line.adjustments,
        line.replaces,
    )


def _step(order: Order, body: e.StepEvent, at: datetime) -> Order:
    tells = TELLS.get(type(body))
    changes: dict[str, Any] = {}
    parcel = order.parcels.get(body.parcel) if body.parcel is not None else None
    if body.parcel is not None and type(body) in PARCEL_STEPS:
        parcel = packed_up(parcel, order, body, at)
        order = replace(order, parcels={**order.parcels, parcel.id: parcel})
    else:
        if parcel is not None and isinstance(body, e.PackVoided):
            order = replace(order, parcels={**order.parcels, parcel.id: unpacked(parcel, body)})
        if tells is not None:
            changes["times"] = {**order.times, tells: min(at, order.times.get(tells, at))}
        if body.heeded:
            changes["heeded"] = (*order.heeded, *body.heeded)
    if isinstance(body, e.OrderCancelled):
        changes["called_off"] = True
    if isinstance(body, e.ReturnReceived) and body.return_id is not None:
        changes["returns"] = _return(order, body.return_id, "received", came=body.moves).returns
    lines = _moved_lines(order.lines, body.moves, tells)
    for explained in body.explains:
        if tells is not None and (line := lines.get(explained.line)):
            told = {**line.told, tells: line.told.get(tells, 0) + explained.quantity}
            lines[explained.line] = _stands(line, line.positions, told)
    if order.parcels:
        along = type(body) not in PARCEL_STEPS
        changes["parcels"] = followed(order.parcels, body.moves, lines, along=along)
    return replace(order, lines=lines, **changes)


def _redirect(order: Order, body: e.ShipmentRedirected) -> Order:
    parcel = order.parcels.get(body.parcel or "")
    if parcel is None:
        return order
    parcel = replace(parcel, ship_to=body.ship_to, recipient=body.recipient)
    return replace(order, parcels={**order.parcels, parcel.id: parcel})


def _return(
    order: Order,
    id: str,
    stage: ReturnStage,
    *,
    lines: tuple[LineQuantity, ...] = (),
    allowed: bool | None = None,
    came: Iterable[Move] = (),
    looked_at: Iterable[e.Inspected] = (),
) -> Order:
    known = order.returns.get(id)
    after = Return(
        id,
        return_stage(known.state if known else None, stage),
        lines or (known.lines if known else ()),
        allowed if allowed is not None else known is not None and known.allowed,
        _counted(known.came if known else {}, came),
        _counted(known.looked_at if known else {}, looked_at),
    )
    return replace(order, returns={**order.returns, id: after})


def _counted(units: Mapping[str, int], more: Iterable[Move | e.Inspected]) -> dict[str, int]:
    after = dict(units)
    for part in more:
        after[part.line] = after.get(part.line, 0) + part.quantity
    return after
