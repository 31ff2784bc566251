"""Intake: placing, approving, holding, amending, cancelling, addressing and annotating an order."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, assert_never

from ordertrail.domain.customer import Customer
from ordertrail.domain.errors import not_found, refuse
from ordertrail.domain.order import commands as c
from ordertrail.domain.order import events as e
from ordertrail.domain.order.evolve import with_due
from ordertrail.domain.order.moves import (
    calling_off,
    cancelled_late,
    cancelling,
    contradictions,
)
from ordertrail.domain.order.positions import Move, total
from ordertrail.domain.order.state import BEYOND, Line, Order
from ordertrail.domain.values import LineQuantity, rounded

INTAKE = (
    c.ApproveOrder,
    c.DeclineOrder,
    c.PlaceHold,
    c.ReleaseHold,
    c.AmendOrder,
    c.ChangeShippingAddress,
    c.AddNote,
)
Intake = (
    c.ApproveOrder
    | c.DeclineOrder
    | c.PlaceHold
    | c.ReleaseHold
    | c.AmendOrder
    | c.ChangeShippingAddress
    | c.AddNote
)


def place(command: c.PlaceOrder, order: Order, customer: Customer | None) -> Sequence[Any]:
    """Place an order; what the customer asks of whoever handles goods becomes part of it.

    Raises:
        Refused: there is such an order, two lines have one name, or the customer takes no orders.
    """
    requirements = command.requirements
    if customer is not None:
        if not command.is_reported:
            _may_order(command.customer_id, customer)
        kept = {requirement.code for requirement in requirements}
        requirements += tuple(r for r in customer.requirements_in_force if r.code not in kept)
    lines = _distinct(command.lines)
    again = order.placed
    if again and not command.is_reported:
        refuse("already_placed", order=command.order_id)
    due = None if again else _due(command)
    body = e.OrderPlaced(
        order_id=command.order_id,
        customer_id=command.customer_id,
        reported=command.is_reported,
        deviations=(e.Deviation("repeated"),) if again else (),
        due=due,
        lines=lines,
        currency=command.currency,
        total=due,
        reports=command.reports,
        requested_at=command.requested_at,
        promised_at=command.promised_at,
        ship_by=command.ship_by,
        deliver_by=command.deliver_by,
        priority=command.priority,
        service_level=command.service_level,
        ship_to=command.ship_to,
        recipient=command.recipient,
        requirements=requirements,
        adjustments=command.adjustments,
        references=command.references,
    )
    return [body]


def _due(command: c.PlaceOrder) -> Decimal | None:
    """As `Order.due`, for orders of hundreds of lines without a state; None: a price is unknown."""
    due = sum((adjustment.amount for adjustment in command.adjustments), Decimal(0))
    for line in command.lines:
        if line.price is None:
            return None
        due += line.price * line.quantity
        for adjustment in line.adjustments:
            due += adjustment.amount
    return rounded(due, command.currency)


def decide_intake(command: Intake, order: Order) -> Sequence[Any]:
    """What a command of this family leads to, to be settled afterwards.

    Raises:
        Refused: a guarded command does not fit.
    """
    common: dict[str, Any] = {
        "order_id": command.order_id,
        "customer_id": order.customer_id,
        "reported": command.is_reported,
    }
    match command:
        case c.ApproveOrder():
            if order.approved_at is not None:
                return []
            if order.called_off and not command.is_reported:
                refuse("order_called_off", order=order.id)
            return [e.OrderApproved(**common)]
        case c.DeclineOrder():
            return _decline(command, order, common)
        case c.PlaceHold():
            return _hold(command, order, common)
        case c.ReleaseHold():
            if command.hold_id in order.released_holds and command.hold_id not in order.holds:
                return []
            if command.hold_id not in order.holds and not command.is_reported:
                not_found("hold", command.hold_id)
            return [e.HoldReleased(**common, hold_id=command.hold_id)]
        case c.AmendOrder():
            return _amend(command, order, common)
        case c.ChangeShippingAddress():
            return _address(command, order, common)
        case c.AddNote():
            return [e.NoteAdded(**common, kind=command.kind, text=command.text)]
        case _:
            assert_never(command)


def settle_intake(order: Order, fact: e.OrderEvent, at: datetime) -> e.OrderEvent:
    """What an event of this family leads to on the order as it stands."""
    match fact:
        case e.OrderApproved():
            found = contradictions(order, "approved", None, at)
            return replace(fact, deviations=(*fact.deviations, *found))
        case e.OrderDeclined() if not order.called_off:
            moves = tuple(calling_off(order))
            deviations = (*fact.deviations, *cancelled_late(order))
            return with_due(order, replace(fact, moves=moves, deviations=deviations))
        case e.OrderAmended():
            return _amended(order, fact)
    return fact


def _may_order(id: str | None, customer: Customer) -> None:
    if customer.absorbed_into is not None:
        refuse("customer_absorbed", customer=id, survivor=customer.absorbed_into)
    if customer.erased:
        refuse("customer_erased", customer=id)


def _distinct(lines: tuple[e.OrderLine, ...]) -> tuple[e.OrderLine, ...]:
    seen: set[str] = set()
    for line in lines:
        if line.line in seen:
            refuse("line_twice", line=line.line)
        seen.add(line.line)
    return lines


def _decline(command: c.DeclineOrder, order: Order, common: dict[str, Any]) -> Sequence[Any]:
    if order.called_off:
        return []
    if command.is_reported:
        return [e.OrderDeclined(**common)]
    committed = total(order.positions, BEYOND["picked"])
    if committed:
        refuse("cannot_decline", order=order.id, quantity=committed)
    return [e.OrderDeclined(**common)]


def _hold(command: c.PlaceHold, order: Order, common: dict[str, Any]) -> Sequence[Any]:
    if order.holds.get(command.hold_id) == command.lines:
        return []
    if not command.is_reported:
        if command.hold_id in order.holds or command.hold_id in order.released_holds:
            refuse("hold_exists", hold=command.hold_id)
        for line in command.lines:
            if line not in order.lines:
                not_found("line", line)
    return [e.HoldPlaced(**common, hold_id=command.hold_id, lines=command.lines)]


def _amend(command: c.AmendOrder, order: Order, common: dict[str, Any]) -> Sequence[Any]:
    added = _distinct(command.added)
    if not command.is_reported:
        for new in added:
            if new.line in order.lines:
                refuse("line_exists", line=new.line)
        for id in (*command.quantities, *command.prices):
            if id not in order.lines:
                not_found("line", id)
        if order.called_off and (added or _rises(order, command.quantities)):
            refuse("order_called_off", order=order.id)
    return [
        e.OrderAmended(
            **common,
            quantities=tuple(
                e.LineTotal(id, quantity) for id, quantity in command.quantities.items()
            ),
            added=added,
            prices=tuple(e.LinePrice(id, price) for id, price in command.prices.items()),
            adjustments=command.adjustments,
            requested_at=command.requested_at,
            ship_by=command.ship_by,
            deliver_by=command.deliver_by,
            priority=command.priority,
            service_level=command.service_level,
            requirements=command.requirements,
            references=command.references,
        )
    ]


def _rises(order: Order, quantities: Mapping[str, int]) -> bool:
    return any(n > order.lines[id].current_quantity for id, n in quantities.items())


def _amended(order: Order, body: e.OrderAmended) -> e.OrderAmended:
    """What the amendment changes on the order as it stands, and how.

    Raises:
        Refused: it is guarded, and cuts more units of a line than are not picked yet.
    """
    moves: list[Move] = []
    raised: list[LineQuantity] = []
    deviations: list[e.Deviation] = []
    for said in body.quantities:
        line = order.lines.get(said.line)
        if line is None:  # a report that adds the line says its quantity there
            continue
        change = said.quantity - line.current_quantity
        if change > 0:
            raised.append(LineQuantity(line.id, change, line.sku))
        elif change < 0:
            moves += _cut(line, -change, body.reported, deviations)
    after = replace(
        body,
        added=tuple(new for new in body.added if new.line not in order.lines),
        raised=tuple(raised),
        moves=tuple(moves),
        prices=tuple(
            new
            for new in body.prices
            if (known := order.lines.get(new.line)) is not None and known.price != new.price
        ),
        requested_at=_changed(body.requested_at, order.requested_at),
        ship_by=_changed(body.ship_by, order.ship_by),
        deliver_by=_changed(body.deliver_by, order.deliver_by),
        priority=_changed(body.priority, order.priority),
        service_level=_changed(body.service_level, order.service_level),
        requirements=_changed(body.requirements, order.requirements),
        references=tuple(r for r in body.references if r not in order.references),
    )
    nothing = e.OrderAmended(
        order_id=body.order_id,
        customer_id=body.customer_id,
        reported=body.reported,
        quantities=body.quantities,
    )
    if not deviations and after == nothing:
        deviations.append(e.Deviation("repeated"))
    return with_due(order, replace(after, deviations=(*body.deviations, *deviations)))


def _cut(line: Line, units: int, reported: bool, deviations: list[e.Deviation]) -> list[Move]:
    if not reported:
        return cancelling(line, units)
    free = total(line.positions, ("backordered", "open", "allocated"))
    if units > free:
        deviations.append(e.Deviation("excess", line.id, units - free))
    return cancelling(line, min(units, free))


def _changed(given: Any, known: Any) -> Any:
    return None if given == known else given


def _address(
    command: c.ChangeShippingAddress, order: Order, common: dict[str, Any]
) -> Sequence[Any]:
    if (order.ship_to, order.recipient) == (command.ship_to, command.recipient):
        return []
    if not command.is_reported:
        positions = order.positions
        if positions.get("packed"):
            refuse("void_packing_first", order=order.id, quantity=positions["packed"])
        if not total(positions, ("open", "backordered", "allocated", "picked")):
            refuse("redirect_instead", order=order.id)
    return [
        e.ShippingAddressChanged(**common, ship_to=command.ship_to, recipient=command.recipient)
    ]
