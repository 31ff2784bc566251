"""What a command to an order leads to: refused, nothing, or events; family by family elsewhere.

A guarded command is judged by its family (`intake`, `fulfilment`, `after_sales`, `payments`). A
reported one becomes the event that it tells of, and `resolve` finds out how that fits. Reports that
name something unknown wait in the state; whenever something new is known they are settled again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from ordertrail.domain.aggregate import Decided
from ordertrail.domain.customer import Customer
from ordertrail.domain.errors import not_found
from ordertrail.domain.event import Event
from ordertrail.domain.order import commands as c
from ordertrail.domain.order import events as e
from ordertrail.domain.order.after_sales import (
    AFTER_SALES,
    authorisation,
    decide_after_sales,
    settle_after_sales,
)
from ordertrail.domain.order.evolve import evolve, with_due
from ordertrail.domain.order.fulfilment import (
    decide_news,
    draft_steps,
    guard_step,
    occurred,
    settle_news,
)
from ordertrail.domain.order.intake import INTAKE, decide_intake, place, settle_intake
from ordertrail.domain.order.moves import settle
from ordertrail.domain.order.parcels import contents_unknown
from ordertrail.domain.order.payments import PAYMENTS, decide_payment, settle_payment
from ordertrail.domain.order.state import Order

Bodies = list[e.OrderEvent]


def decide(
    command: c.OrderCommand, order: Order, customer: Customer | None = None
) -> list[Any] | tuple[list[Any], list[Any]]:
    """The events that the command leads to, none where it repeats what is so already.

    `customer` comes with a PlaceOrder that names one; its stream is read and not written.

    Raises:
        Refused: a guarded command does not fit.
    """
    assert command.occurred_at is not None, "the engine gives every command its time"
    at = command.occurred_at
    decided: list[Any]
    if isinstance(command, c.PlaceOrder):
        decided = [*place(command, order, customer)]
    elif not order.placed and not command.is_reported:
        not_found("order", command.order_id)
    else:
        decided = [*_decide(command, order, at)]
    if order.waiting and decided:
        decided += _settle_waiting(order, decided, at)
    return (decided, []) if len(command.streams) == 2 else decided


def _decide(command: c.OrderCommand, order: Order, at: datetime) -> Sequence[Any]:
    if isinstance(command, (c.StepCommand, c.CancelLine, c.CancelOrder)):
        return _steps(command, order, at)
    if isinstance(command, INTAKE):
        drafts = decide_intake(command, order)
    elif isinstance(command, AFTER_SALES):
        drafts = decide_after_sales(command, order)
    elif isinstance(command, PAYMENTS):
        drafts = decide_payment(command, order)
    else:
        drafts = decide_news(command, order, at)
    if command.is_reported:
        return [
            replace(draft, body=resolve(order, draft.body, at))
            if isinstance(draft, Decided)
            else resolve(order, draft, at)
            for draft in drafts
        ]
    settled = [_settle(order, draft, at) for draft in drafts]
    return [body for body in settled if all(d.kind != "repeated" for d in body.deviations)]


def _steps(
    command: c.StepCommand | c.CancelLine | c.CancelOrder, order: Order, at: datetime
) -> list[e.OrderEvent]:
    meet = resolve if command.is_reported else guard_step
    facts: list[e.OrderEvent] = []
    for number, draft in enumerate(draft_steps(command, order)):
        if number and facts:
            order = evolve(order, Event(facts[-1], at))
        fact = meet(order, draft, at)
        if fact is not None:
            facts.append(fact)
    return facts


def resolve(order: Order, fact: e.OrderEvent, at: datetime) -> e.OrderEvent:
    """What a reported fact leads to on the order as it stands; never refuses.

    A fact that names an order, line, parcel, return or claim that is not known (yet) is kept
    without moves, as `unresolved`.
    """
    if missing := _missing(order, fact):
        unresolved = e.Deviation("unresolved", detail=missing)
        return replace(fact, deviations=(*fact.deviations, unresolved), due=None)
    if isinstance(fact, e.ReturnReceived):
        fact = replace(fact, deviations=(*fact.deviations, *authorisation(order, fact)))
    if isinstance(fact, e.StepEvent):
        return settle(order, fact, at)
    return _settle(order, fact, at)


def _settle(order: Order, fact: e.OrderEvent, at: datetime) -> e.OrderEvent:
    fact = settle_intake(order, fact, at)
    fact = settle_news(order, fact)
    fact = settle_after_sales(order, fact)
    fact = settle_payment(order, fact)
    if isinstance(fact, (e.OrderAmended, e.ExchangeOpened, e.RepairOpened)):
        # It may have waited, and been drafted when the lines were not known that it adds to.
        added = tuple(line for line in fact.added if line.line not in order.lines)
        return with_due(order, replace(fact, added=added, due=None))
    return fact


def _missing(order: Order, fact: e.OrderEvent) -> str | None:
    """What the fact names and nobody has told of yet: order, line, parcel, return, claim, hold."""
    if not order.placed:
        return "order"
    if any(line not in order.lines for line in _lines_named(fact)):
        return "line"
    if isinstance(fact, e.StepEvent):
        return "parcel" if contents_unknown(order, fact) else None
    if isinstance(fact, e.ParcelEvent) and fact.parcel not in (None, *order.parcels):
        return "parcel"
    match fact:
        case e.ClaimOpened(parcel=str(parcel)) if parcel not in order.parcels:
            return "parcel"
        case e.ReturnAuthorised() | e.ReturnDeclined() | e.ReturnInspected():
            return None if fact.return_id in order.returns else "return"
        case e.ClaimResolved():
            return None if fact.claim_id in order.claims else "claim"
        case e.HoldReleased():
            return None if fact.hold_id in order.holds else "hold"
    return None


def _lines_named(fact: e.OrderEvent) -> Iterable[str]:
    match fact:
        case e.HoldPlaced():
            return fact.lines
        case e.LineCancelled(whole_line=str(line)):
            return (line,)
        case e.StepEvent() | e.ReturnRequested() | e.ClaimOpened() | e.ShipmentDamaged():
            return (part.line for part in fact.lines)
        case e.ReturnInspected():
            return (outcome.line for outcome in fact.outcomes)
        case e.OrderAmended():
            said = {total.line for total in fact.quantities} | {new.line for new in fact.prices}
            return said - {new.line for new in fact.added}
    return ()


def _settle_waiting(order: Order, decided: list[Any], at: datetime) -> list[Decided]:
    """Waiting reports that fit now that `decided` has happened, each citing the first one."""
    for body in decided:
        order = evolve(order, _event(body, at))
    settled: list[Decided] = []
    progress = True
    while progress:
        progress = False
        for waiting in order.waiting:
            if not waiting.id:
                continue  # decided just now
            kept = tuple(d for d in waiting.body.deviations if d.kind != "unresolved")
            draft = replace(waiting.body, deviations=kept, customer_id=order.customer_id)
            fact = resolve(order, draft, waiting.occurred_at)
            if any(deviation.kind == "unresolved" for deviation in fact.deviations):
                continue
            again = Decided(fact, occurred(fact, waiting.occurred_at), waiting)
            order = evolve(order, _event(again, at))
            settled.append(again)
            progress = True
    return settled


def _event(decided: Any, at: datetime) -> Event:
    if isinstance(decided, Decided):
        return Event(decided.body, decided.occurred_at, causation_id=decided.causation_id)
    return Event(decided, at)
