"""After-sales: returns from request to inspection, exchanges, repairs and claims."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, assert_never

from ordertrail.domain.errors import not_found, refuse
from ordertrail.domain.order import commands as c
from ordertrail.domain.order import events as e
from ordertrail.domain.order.evolve import with_due
from ordertrail.domain.order.moves import with_skus
from ordertrail.domain.order.state import Order, Return

AFTER_SALES = (
    c.RequestReturn,
    c.AuthoriseReturn,
    c.DeclineReturn,
    c.InspectReturn,
    c.OpenExchange,
    c.OpenRepair,
    c.OpenClaim,
    c.ResolveClaim,
)
AfterSales = (
    c.RequestReturn
    | c.AuthoriseReturn
    | c.DeclineReturn
    | c.InspectReturn
    | c.OpenExchange
    | c.OpenRepair
    | c.OpenClaim
    | c.ResolveClaim
)


def decide_after_sales(command: AfterSales, order: Order) -> Sequence[Any]:
    """What a command of this family leads to, to be settled afterwards.

    Raises:
        Refused: a guarded command does not fit.
    """
    guarded = not command.is_reported
    common: dict[str, Any] = {
        "order_id": command.order_id,
        "customer_id": order.customer_id,
        "reported": command.is_reported,
    }
    match command:
        case c.RequestReturn():
            known = order.returns.get(command.return_id)
            if known is not None and known.lines == with_skus(order, command.lines):
                return []
            if guarded:
                _returnable(command, order, known)
            return [e.ReturnRequested(**common, return_id=command.return_id, lines=command.lines)]
        case c.AuthoriseReturn():
            known = _return(order, command.return_id, guarded)
            if known is not None and known.allowed:
                return []
            if guarded and known is not None and known.state == "declined":
                refuse("return_declined", return_id=known.id)
            return [e.ReturnAuthorised(**common, return_id=command.return_id)]
        case c.DeclineReturn():
            known = _return(order, command.return_id, guarded)
            if known is not None and known.state == "declined":
                return []
            if guarded and known is not None and known.state in ("received", "inspected"):
                refuse("return_received", return_id=known.id)
            return [e.ReturnDeclined(**common, return_id=command.return_id)]
        case c.InspectReturn():
            if guarded:
                _return(order, command.return_id, guarded)
                _inspectable(command, order)
            return [
                e.ReturnInspected(
                    **common,
                    return_id=command.return_id,
                    outcomes=command.outcomes,
                    location=command.location,
                )
            ]
        case c.OpenExchange():
            if command.exchange_id in order.replacements:
                return []
            if guarded:
                _replacing(command.lines, order)
            return [
                e.ExchangeOpened(
                    **common,
                    exchange_id=command.exchange_id,
                    return_id=command.return_id,
                    added=command.lines,
                )
            ]
        case c.OpenRepair():
            if command.repair_id in order.replacements:
                return []
            if guarded:
                _replacing(command.lines, order)
            return [
                e.RepairOpened(
                    **common,
                    repair_id=command.repair_id,
                    return_id=command.return_id,
                    added=command.lines,
                )
            ]
        case c.OpenClaim():
            if command.claim_id in order.claims:
                return []
            if guarded and command.parcel is not None and command.parcel not in order.parcels:
                not_found("parcel", command.parcel)
            if guarded:
                _lines_known(command.lines, order)
            return [
                e.ClaimOpened(
                    **common,
                    claim_id=command.claim_id,
                    kind=command.kind,
                    parcel=command.parcel,
                    lines=command.lines,
                    amount=command.amount,
                )
            ]
        case c.ResolveClaim():
            if guarded and command.claim_id not in order.claims:
                not_found("claim", command.claim_id)
            if order.claims.get(command.claim_id) == command.outcome:
                return []
            return [
                e.ClaimResolved(
                    **common,
                    claim_id=command.claim_id,
                    outcome=command.outcome,
                    amount=command.amount,
                )
            ]
        case _:
            assert_never(command)


def settle_after_sales(order: Order, fact: e.OrderEvent) -> e.OrderEvent:
    """What an event of this family leads to on the order as it stands."""
    match fact:
        case e.ReturnInspected():
            beyond = tuple(
                e.Deviation("inspected_beyond_received", line, inspected - received, fact.return_id)
                for line, inspected, received in _overlooked(order, fact.return_id, fact.outcomes)
            )
            outcomes = with_skus(order, fact.outcomes)
            return replace(fact, outcomes=outcomes, deviations=(*fact.deviations, *beyond))
        case e.ReturnRequested() | e.ClaimOpened():
            return replace(fact, lines=with_skus(order, fact.lines))
        case e.ExchangeOpened() | e.RepairOpened():
            added = {new.line: new for new in reversed(fact.added) if new.line not in order.lines}
            return with_due(order, replace(fact, added=tuple(reversed(added.values()))))
    return fact


def authorisation(order: Order, fact: e.ReturnReceived) -> tuple[e.Deviation, ...]:
    """The deviation of goods that came back unauthorised, where this shop reports that."""
    known = order.returns.get(fact.return_id) if fact.return_id else None
    if "authorised" not in order.reports or (known is not None and known.allowed):
        return ()
    return (e.Deviation("return_unauthorised", detail=fact.return_id),)


def _return(order: Order, id: str, guarded: bool) -> Return | None:
    known = order.returns.get(id)
    if known is None and guarded:
        not_found("return", id)
    return known


def _lines_known(lines: tuple[Any, ...], order: Order) -> None:
    for part in lines:
        line = order.lines.get(part.line) or not_found("line", part.line)
        if part.sku is not None and part.sku != line.sku:
            refuse("wrong_sku", line=line.id, sku=line.sku, told=part.sku)


def _returnable(command: c.RequestReturn, order: Order, known: Return | None) -> None:
    if known is not None:
        refuse("return_exists", return_id=known.id)
    _lines_known(command.lines, order)
    asked: dict[str, int] = {}
    for part in command.lines:
        asked[part.line] = asked.get(part.line, 0) + part.quantity
    if not asked and not order.positions.get("delivered") and not order.positions.get("shipped"):
        refuse("nothing_to_return", order=order.id)
    for line, quantity in asked.items():
        there = order.lines[line].at("delivered") + order.lines[line].at("shipped")
        if quantity > there:
            refuse("not_returnable", line=line, asked=quantity, available=there)


def _inspectable(command: c.InspectReturn, order: Order) -> None:
    _lines_known(command.outcomes, order)
    for line, inspected, received in _overlooked(order, command.return_id, command.outcomes):
        refuse(
            "inspected_beyond_received",
            return_id=command.return_id,
            line=line,
            inspected=inspected,
            received=received,
        )


def _overlooked(
    order: Order, return_id: str, outcomes: tuple[e.Inspected, ...]
) -> Iterator[tuple[str, int, int]]:
    """Lines of which more units would be inspected than came back: line, inspected, received."""
    known = order.returns[return_id]
    inspected: dict[str, int] = {}
    for outcome in outcomes:
        before = inspected.get(outcome.line, known.looked_at.get(outcome.line, 0))
        inspected[outcome.line] = before + outcome.quantity
    for line, quantity in inspected.items():
        received = known.came.get(line, 0)
        if quantity > received:
            yield line, quantity, received


def _replacing(lines: tuple[e.OrderLine, ...], order: Order) -> None:
    seen = set(order.lines)
    for line in lines:
        if line.line in seen:
            refuse("line_exists", line=line.line)
        seen.add(line.line)
        if line.replaces is None or line.replaces not in order.lines:
            refuse("replaces_unknown", line=line.line, replaces=line.replaces)
