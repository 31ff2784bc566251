"""How units move: the one place that turns "so many of this line at that step" into moves."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NoReturn, TypeVar

from ordertrail.domain.errors import not_found, refuse
from ordertrail.domain.order import events as e
from ordertrail.domain.order.evolve import with_due
from ordertrail.domain.order.parcels import (
    is_of_a_parcel,
    packed_loose,
    past,
    shares,
    told_before,
)
from ordertrail.domain.order.positions import (
    CHAIN,
    LIVE,
    PASSED,
    UNDUE,
    Move,
    Position,
    total,
)
from ordertrail.domain.order.requirements import missed, reminders
from ordertrail.domain.order.state import BEYOND, STEP_OF, TELLS, Line, Order
from ordertrail.domain.values import LineQuantity

Part = TypeVar("Part", LineQuantity, e.Inspected)

BEHIND: dict[type[e.StepEvent], tuple[Position, ...]] = {
    e.StockAllocated: ("backordered", "open", "cancelled"),
    e.StockReleased: ("allocated", "backordered"),
    e.ItemsBackordered: ("open", "allocated"),
    e.ItemsPicked: ("allocated", "backordered", "open", "cancelled"),
    e.PickShorted: ("allocated", "open"),
    e.PickVoided: ("picked",),
    e.ItemsPacked: ("picked", "allocated", "backordered", "open", "cancelled"),
    e.PackVoided: ("packed",),
    e.OrderShipped: ("packed", "picked", "allocated", "backordered", "open", "cancelled"),
    e.OrderDelivered: ("shipped", "lost", *reversed(LIVE[:-1]), "cancelled"),
    e.ShipmentLost: (*reversed(LIVE), "cancelled"),
    e.ShipmentReturned: ("shipped", "lost", *reversed(LIVE[:-1]), "cancelled"),
    e.ReturnReceived: ("delivered", "shipped", "lost", *reversed(LIVE[:-1]), "cancelled"),
    e.LineCancelled: ("backordered", "open", "allocated", "picked", "packed"),
    e.OrderCancelled: ("backordered", "open", "allocated", "picked", "packed"),
}
"""From where a reported fact takes units: the nearest position behind it first, cancelled last."""

GUARDED: dict[type[e.StepEvent], tuple[Position, ...]] = {
    e.StockAllocated: ("backordered", "open"),
    e.StockReleased: ("allocated", "backordered"),
    e.ItemsBackordered: ("open",),
    e.ItemsPicked: ("allocated",),
    e.PickShorted: ("allocated",),
    e.PickVoided: ("picked",),
    e.ItemsPacked: ("picked",),
    e.PackVoided: ("packed",),
    e.OrderShipped: ("packed",),
    e.OrderDelivered: ("shipped", "lost"),
    e.ShipmentLost: ("shipped",),
    e.ShipmentReturned: ("shipped", "lost"),
    e.ReturnReceived: ("delivered",),
    e.LineCancelled: ("backordered", "open", "allocated"),
    e.OrderCancelled: ("backordered", "open", "allocated"),
}
"""From where a guarded command may take units, where every step is reported."""

AWAITED = frozenset(TELLS)
"""Steps that every unit has to pass: without lines, a guarded one asks for all that have not."""

VOIDS: dict[type[e.StepEvent], Position] = {e.PackVoided: "packed", e.PickVoided: "picked"}

HELD_STEPS = (e.ItemsPicked, e.ItemsPacked, e.OrderShipped)


def settle(order: Order, fact: e.StepEvent, at: datetime) -> e.StepEvent:
    """What follows from a reported fact about an order whose lines and parcel are known."""
    named = _named(order, fact)
    moves, explains, deviations = (
        _everything(order, fact) if named is None else _found(order, fact, named)
    )
    deviations += _skipped(order, moves)
    if isinstance(fact, e.OrderCancelled) and (moves or not order.called_off):
        deviations += cancelled_late(order)
    elif not moves and not explains and not deviations:
        deviations.append(e.Deviation("repeated", detail=fact.parcel))
    if order.holds and isinstance(fact, HELD_STEPS):
        ids = {move.line for move in moves} | {part.line for part in explains}
        deviations += [e.Deviation("on_hold", detail=hold) for hold in holds_on(order, ids)]
    if isinstance(fact, (e.LineCancelled, e.OrderCancelled)):
        moves = voided(order, moves)
    found = (*fact.deviations, *deviations)
    fact = replace(fact, moves=tuple(moves), explains=tuple(explains), deviations=found)
    return _told(order, fact, at)


def guard(order: Order, fact: e.StepEvent, at: datetime) -> e.StepEvent | None:
    """What a guarded command leads to; None where it only repeats what is so already.

    Raises:
        Refused: a line or SKU does not fit, or units do not stand where they may be taken from.
    """
    target = _target(order, fact)
    for part in fact.lines:
        line = order.lines.get(part.line) or not_found("line", part.line)
        if part.sku is not None and part.sku != line.sku:
            refuse("wrong_sku", line=line.id, sku=line.sku, told=part.sku)
    origins = guarded_origins(order, type(fact))
    named = _named(order, fact)
    if named is None:
        named = _every_unit(order, fact, origins)
    moves: list[Move] = []
    for id, quantity in _sums(named).items():
        line = order.lines[id]
        asked = quantity - told_before(order, fact, id)
        taken = _take(order, fact, line, origins, asked)
        available = sum(move.quantity for move in taken)
        if available < asked:
            _not_enough(line, asked, available, target, origins)
        moves += taken
    if not moves:
        if fact.parcel in order.parcels or total(order.positions, BEYOND.get(target, (target,))):
            return None
        refuse("nothing_to_move", order=order.id, step=target, origins=", ".join(origins))
    if isinstance(fact, HELD_STEPS):
        for hold in holds_on(order, {move.line for move in moves}):
            refuse("on_hold", order=order.id, hold=hold)
    return _told(order, replace(fact, moves=tuple(moves)), at)


def guarded_origins(order: Order, kind: type[e.StepEvent]) -> tuple[Position, ...]:
    """From where a guarded command may take units, given the steps that this shop reports.

    A step that is not reported may be skipped: without a stock system, picking starts from open.
    """
    origins = list(GUARDED[kind])
    before: dict[type[e.StepEvent], tuple[Position, type[e.StepEvent]]] = {
        e.ReturnReceived: ("delivered", e.OrderDelivered),
        e.OrderDelivered: ("shipped", e.OrderShipped),
        e.OrderShipped: ("packed", e.ItemsPacked),
        e.ItemsPacked: ("picked", e.ItemsPicked),
    }
    if kind in before:
        step, previous = before[kind]
        if step not in order.reports:
            origins += [o for o in guarded_origins(order, previous) if o not in origins]
    elif kind is e.ItemsPicked and "allocated" not in order.reports:
        origins += ["backordered", "open"]
    elif kind is e.PickShorted and "allocated" not in order.reports:
        origins.append("open")
    return tuple(origins)


def with_skus(order: Order, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts, each with the SKU of its line where none was told."""
    return tuple(
        replace(part, sku=order.lines[part.line].sku)
        if part.sku is None and part.line in order.lines
        else part
        for part in parts
    )


def holds_on(order: Order, lines: Iterable[str]) -> list[str]:
    """The open holds that cover one of the lines."""
    named = set(lines)
    return [id for id, scope in order.holds.items() if not scope or named.intersection(scope)]


def cancelling(line: Line, quantity: int) -> list[Move]:
    """Moves that call off units of a line: backordered first, then open, then allocated.

    Raises:
        Refused: fewer units than that are not picked yet.
    """
    origins = GUARDED[e.LineCancelled]
    moves = _nearest(line, "cancelled", origins, quantity)
    available = sum(move.quantity for move in moves)
    if available < quantity:
        _not_enough(line, quantity, available, "cancelled", origins)
    return moves


def calling_off(order: Order) -> list[Move]:
    """Moves that call off all that has not shipped."""
    moves: list[Move] = []
    for line in order.lines.values():
        moves += _nearest(line, "cancelled", BEHIND[e.OrderCancelled], line.quantity)
    return voided(order, moves)


def cancelled_late(order: Order) -> list[e.Deviation]:
    """The deviations of an order that is called off though units have shipped."""
    return [
        e.Deviation("cancelled_after_shipping", line.id, line.shipped_quantity)
        for line in order.lines.values()
        if line.shipped_quantity
    ]


def voided(order: Order, moves: Iterable[Move]) -> list[Move]:
    """Moves to cancelled, those of packed and picked units by way of the moves that void them."""
    after: list[Move] = []
    for move in moves:
        origin = move.origin
        for kind, position in VOIDS.items():
            if origin == position:
                back = _void_target(order, kind)
                after.append(replace(move, origin=origin, target=back))
                origin = back
        after.append(replace(move, origin=origin))
    return after


def contradictions(order: Order, step: str, parcel: str | None, at: datetime) -> list[e.Deviation]:
    """Dates that contradict the date of this step: when the order was placed or approved, and other
    steps.

    Steps are compared within one parcel; of units without one only earlier steps, since later ones
    may be of other units.
    """
    found = []
    if order.placed_at is not None and order.placed_at > at:
        found.append(e.Deviation("dates_contradict", detail="placed"))
    if step not in CHAIN:
        return found
    if order.approved_at is not None and order.approved_at > at:
        found.append(e.Deviation("dates_contradict", detail="approved"))
    known = order.parcels.get(parcel) if parcel is not None else None
    times = order.times if parcel is None else known.times if known else {}
    here = CHAIN.index(step)
    for other, when in times.items():
        if other in CHAIN:
            there = CHAIN.index(other)
            if (there < here and when > at) or (known and there > here and when < at):
                found.append(e.Deviation("dates_contradict", detail=other))
    return found


Found = tuple[list[Move], list[LineQuantity], list[e.Deviation]]


def _everything(order: Order, fact: e.StepEvent) -> Found:
    """Every unit not yet there moves, and all that was inferred at this step is explained."""
    target = _target(order, fact)
    behind = frozenset(BEHIND[type(fact)]) - {"cancelled", "lost"}
    moves = [
        Move(line.id, line.sku, quantity, origin, target)
        for line in order.lines.values()
        for origin, quantity in line.positions.items()
        if quantity and origin in behind
    ]
    tells = TELLS.get(type(fact))
    if tells is None:
        return moves, [], []
    explains = [
        LineQuantity(line.id, inferred, line.sku)
        for line in order.lines.values()
        if (inferred := line.inferred(tells))
    ]
    return moves, explains, []


def _found(order: Order, fact: e.StepEvent, named: Iterable[LineQuantity]) -> Found:
    """The units named are past this step (it is explained), or move to it, or are excess.

    What is said of a parcel is its total at this step; of units without a parcel, so many more.
    """
    tells = TELLS.get(type(fact))
    moves: list[Move] = []
    explains: list[LineQuantity] = []
    deviations: list[e.Deviation] = []
    for part in fact.lines:
        line = order.lines[part.line]
        if part.sku is not None and part.sku != line.sku:
            deviations.append(e.Deviation("wrong_sku", line.id, part.quantity, part.sku))
    for id, quantity in _sums(named).items():
        line = order.lines[id]
        inferred = line.inferred(tells) if tells is not None else 0
        before = told_before(order, fact, id)
        more = max(0, quantity - before)
        known = past(order, fact, id) - before if is_of_a_parcel(fact) else inferred
        gone = min(more, max(0, known))
        taken = _take(order, fact, line, BEHIND[type(fact)], more - gone)
        moves += taken
        excess = more - gone - sum(move.quantity for move in taken)
        explained = min(gone + excess, inferred)
        if explained:
            explains.append(LineQuantity(id, explained, line.sku))
        excess -= max(0, explained - gone)
        if excess and (fact.lines or isinstance(fact, e.LineCancelled)):
            deviations.append(_beyond(fact, line, excess))
    return moves, explains, deviations


def _told(order: Order, fact: e.StepEvent, at: datetime) -> e.StepEvent:
    """Add what follows from the date, the requirements and the prices."""
    step = TELLS.get(type(fact))
    if step is not None and (fact.moves or fact.explains):
        found = contradictions(order, step, fact.parcel, at)
        if order.requirements:
            found += missed(order, fact, step, at)
            fact = replace(fact, reminders=reminders(order, step))
        if found:
            fact = replace(fact, deviations=(*fact.deviations, *found))
    if any(move.target in UNDUE or move.origin in UNDUE for move in fact.moves):
        fact = with_due(order, fact)
    return fact


def _target(order: Order, fact: e.StepEvent) -> Position:
    if isinstance(fact, (e.PickVoided, e.PackVoided)):
        return _void_target(order, type(fact))
    return STEP_OF[type(fact)]


def _void_target(order: Order, kind: type[e.StepEvent]) -> Position:
    if kind is e.PackVoided and "picked" in order.reports:
        return "picked"
    return "allocated" if "allocated" in order.reports else "open"


def _sums(parts: Iterable[LineQuantity]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for part in parts:
        sums[part.line] = sums.get(part.line, 0) + part.quantity
    return sums


def _nearest(
    line: Line, target: Position, origins: Iterable[Position], quantity: int
) -> list[Move]:
    moves = []
    for origin in origins:
        if quantity > 0 and (there := line.positions.get(origin, 0)):
            taken = min(quantity, there)
            quantity -= taken
            moves.append(Move(line.id, line.sku, taken, origin, target))
    return moves


def _take(
    order: Order, fact: e.StepEvent, line: Line, origins: Iterable[Position], quantity: int
) -> list[Move]:
    """Take units from the nearest origin: those of the fact's parcel, else of none, else of any.

    Only a reported fact may take units out of another parcel, and then the least far of them, of
    which the least is known. Units are unpacked of their own parcel only.
    """
    target = _target(order, fact)
    if not is_of_a_parcel(fact):
        return _nearest(line, target, origins, quantity)
    own, others = shares(order, fact, line.id)
    taken: dict[Position, int] = {}
    for share in ("own",) if isinstance(fact, e.PackVoided) else ("own", "free", "any"):
        for origin in sorted(origins, key=_least_far) if share == "any" else origins:
            there = line.at(origin) - taken.get(origin, 0)
            if share == "own":
                there = min(there, own.get(origin, 0))
            elif share == "free" or not fact.reported:
                there -= others.get(origin, 0)
            units = min(quantity, there)
            if units > 0:
                quantity -= units
                taken[origin] = taken.get(origin, 0) + units
    return [Move(line.id, line.sku, units, origin, target) for origin, units in taken.items()]


def _least_far(origin: Position) -> tuple[bool, int]:
    return origin == "cancelled", PASSED[origin]


def _named(order: Order, fact: e.StepEvent) -> Sequence[LineQuantity] | None:
    """The units named; else what is left of the line, return or parcel named; None: every unit."""
    if fact.lines:
        return fact.lines
    if isinstance(fact, e.LineCancelled):
        line = order.lines[fact.whole_line or ""]
        return [LineQuantity(line.id, line.current_quantity)]
    if isinstance(fact, e.ReturnReceived) and fact.return_id in order.returns:
        asked = order.returns[fact.return_id]
        if asked.lines:
            sums = _sums(asked.lines)
            return [LineQuantity(id, max(0, n - asked.came.get(id, 0))) for id, n in sums.items()]
    if fact.parcel is None:
        return None
    if isinstance(fact, e.PackVoided):
        own = order.parcels[fact.parcel].units
        return [LineQuantity(id, units["packed"]) for id, units in own.items() if "packed" in units]
    parcel = order.parcels.get(fact.parcel)
    if parcel is not None and parcel.contents:
        return [LineQuantity(id, quantity) for id, quantity in parcel.contents.items()]
    if isinstance(fact, e.OrderShipped) and "packed" in order.reports:
        return packed_loose(order) or None
    return None


def _every_unit(order: Order, fact: e.StepEvent, origins: Sequence[Position]) -> list[LineQuantity]:
    if type(fact) in AWAITED:
        origins = [origin for origin in BEHIND[type(fact)] if origin not in ("cancelled", "lost")]
    return [
        LineQuantity(line.id, quantity)
        for line in order.lines.values()
        if (quantity := total(line.positions, origins))
    ]


def _skipped(order: Order, moves: Iterable[Move]) -> list[e.Deviation]:
    skipped: dict[Position, list[Position]] = {}
    found = []
    for move in moves:
        steps = skipped.get(move.origin)
        if steps is None:
            between = CHAIN[PASSED[move.origin] : PASSED[move.target]]
            steps = [step for step in between if step in order.reports and step != move.target]
            skipped[move.origin] = steps
        for step in steps:
            found.append(e.Deviation("skipped_step", move.line, move.quantity, step))
    return found


def _beyond(fact: e.StepEvent, line: Line, excess: int) -> e.Deviation:
    if isinstance(fact, e.LineCancelled) and line.shipped_quantity:
        return e.Deviation("cancelled_after_shipping", line.id, excess)
    return e.Deviation("excess", line.id, excess)


def _not_enough(
    line: Line, asked: int, available: int, step: Position, origins: Iterable[Position]
) -> NoReturn:
    refuse(
        "not_enough_units",
        line=line.id,
        asked=asked,
        available=available,
        step=step,
        origins=", ".join(origins),
    )
