"""Parcels: what was said of each, and where its units stand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ordertrail.domain.order import events as e
from ordertrail.domain.order.positions import Move, Position
from ordertrail.domain.order.state import (
    PARCEL_PAST,
    PARCEL_STEPS,
    STAGES,
    Line,
    Order,
    Parcel,
)
from ordertrail.domain.values import LineQuantity

Units = dict[Position, int]


def contents_unknown(order: Order, fact: e.StepEvent) -> bool:
    """Whether the fact names a parcel of which nobody has told yet what is in it.

    Packing tells it, and so does a shipment that names its lines, takes what was packed loose, or
    comes where nobody told of packing; a later step does where the shop reports neither of the two.
    """
    if fact.parcel is None or isinstance(fact, e.ItemsPacked):
        return False
    parcel = order.parcels.get(fact.parcel)
    if parcel is not None and (parcel.contents or isinstance(fact, e.PackVoided)):
        return False
    if type(fact) not in PARCEL_STEPS:
        return isinstance(fact, e.PackVoided) or not fact.lines
    if isinstance(fact, e.OrderShipped):
        packs = "packed" in order.reports and (parcel is not None or _packing_told(order))
        return packs and not fact.lines and not packed_loose(order)
    return "packed" in order.reports or "shipped" in order.reports


def _packing_told(order: Order) -> bool:
    waits = any(isinstance(waiting.body, e.ItemsPacked) for waiting in order.waiting)
    return waits or any(line.told.get("packed") for line in order.lines.values())


def packed_loose(order: Order) -> list[LineQuantity]:
    """The units that are packed, but in no parcel that we know of."""
    loose = []
    for line in order.lines.values():
        there = line.at("packed") - in_parcels(order.parcels.values(), line.id, "packed")
        if there > 0:
            loose.append(LineQuantity(line.id, there, line.sku))
    return loose


def in_parcels(parcels: Iterable[Parcel], line: str, position: Position) -> int:
    """How many units of a line at a position are in these parcels."""
    return sum(parcel.units.get(line, {}).get(position, 0) for parcel in parcels)


def past(order: Order, fact: e.StepEvent, line: str) -> int:
    """How many units of the fact's parcel are moved by such a fact no more."""
    parcel = order.parcels.get(fact.parcel or "")
    step = PARCEL_STEPS.get(type(fact))
    if parcel is None or step is None:
        return 0
    units = parcel.units.get(line, {})
    return sum(units.get(position, 0) for position in PARCEL_PAST[step])


def told_before(order: Order, fact: e.StepEvent, line: str) -> int:
    """How many units of the fact's parcel were told at its step before."""
    parcel = order.parcels.get(fact.parcel or "")
    step = PARCEL_STEPS.get(type(fact))
    return 0 if parcel is None or step is None else parcel.told.get(step, {}).get(line, 0)


def is_of_a_parcel(fact: e.StepEvent) -> bool:
    """Whether the fact is about the units of one parcel; other facts only name a parcel."""
    unpacks = isinstance(fact, e.PackVoided)
    return fact.parcel is not None and (type(fact) in PARCEL_STEPS or unpacks)


def shares(order: Order, fact: e.StepEvent, line: str) -> tuple[Units, Units]:
    """Where the units of a line stand that are in the fact's parcel, and those in others."""
    own: Units = {}
    others: Units = {}
    for parcel in order.parcels.values():
        if parcel.id == fact.parcel:
            own = parcel.units.get(line, {})
        else:
            for position, units in parcel.units.get(line, {}).items():
                others[position] = others.get(position, 0) + units
    return own, others


def said(fact: e.StepEvent) -> dict[str, int]:
    """What a fact says of each line: what it names, or else what it moves and explains."""
    units: dict[str, int] = {}
    parts: Sequence[LineQuantity | Move] = fact.lines or (*fact.moves, *fact.explains)
    for part in parts:
        units[part.line] = units.get(part.line, 0) + part.quantity
    return units


def packed_up(known: Parcel | None, order: Order, fact: e.StepEvent, at: datetime) -> Parcel:
    """The parcel of the fact, after a step in its life."""
    step = PARCEL_STEPS[type(fact)]
    assert fact.parcel is not None
    parcel = known or Parcel(fact.parcel, ship_to=order.ship_to, recipient=order.recipient)
    now = said(fact)
    contents = parcel.contents
    if isinstance(fact, (e.ItemsPacked, e.OrderShipped)) or not contents:
        contents = _most(contents, now)
    told = _most(parcel.told.get(step, {}), now if fact.lines else contents)
    parcel = replace(
        parcel,
        contents=contents,
        told={**parcel.told, step: told},
        units=_carried(parcel.units, fact.moves),
        times={**parcel.times, step: min(at, parcel.times.get(step, at))},
        stage=max(step, parcel.stage, key=STAGES.index),
        heeded=(*parcel.heeded, *fact.heeded),
    )
    if isinstance(fact, (e.ItemsPacked, e.OrderShipped)):
        parcel = replace(parcel, sscc=fact.sscc or parcel.sscc)
    if isinstance(fact, e.OrderShipped):
        parcel = replace(
            parcel,
            carrier=fact.carrier or parcel.carrier,
            service=fact.service or parcel.service,
            tracking_number=fact.tracking_number or parcel.tracking_number,
        )
    return parcel


def unpacked(parcel: Parcel, fact: e.PackVoided) -> Parcel:
    """The parcel without the units that were taken out of it."""
    contents = dict(parcel.contents)
    for move in fact.moves:
        contents[move.line] = contents.get(move.line, 0) - move.quantity
    contents = {line: quantity for line, quantity in contents.items() if quantity > 0}
    units = _carried(parcel.units, fact.moves)
    for move in fact.moves:
        units[move.line].pop(move.target, None)
    times = parcel.times if contents else {}
    told = {**parcel.told, "packed": contents}
    return replace(parcel, contents=contents, told=told, units=units, times=times)


def followed(
    parcels: Mapping[str, Parcel], moves: Iterable[Move], lines: Mapping[str, Line], *, along: bool
) -> dict[str, Parcel]:
    """The parcels, after moves that may have taken units out of them.

    Where more units would be in parcels than stand at a position, some of them have moved: with
    `along` the parcels moved along, otherwise their units are in another parcel now.
    """
    after = dict(parcels)
    for move in moves:
        line = lines.get(move.line)
        if line is None:
            continue
        surplus = in_parcels(after.values(), line.id, move.origin) - line.at(move.origin)
        for parcel in tuple(after.values()):
            if surplus <= 0:
                break
            units = dict(parcel.units.get(line.id, {}))
            taken = min(surplus, units.get(move.origin, 0))
            if taken:
                surplus -= taken
                units[move.origin] -= taken
                if along:
                    units[move.target] = units.get(move.target, 0) + taken
                after[parcel.id] = replace(parcel, units={**parcel.units, line.id: units})
    return after


def _carried(units: Mapping[str, Units], moves: Iterable[Move]) -> dict[str, Units]:
    after = {line: dict(standing) for line, standing in units.items()}
    for move in moves:
        standing = after.setdefault(move.line, {})
        standing[move.origin] = max(0, standing.get(move.origin, 0) - move.quantity)
        standing[move.target] = standing.get(move.target, 0) + move.quantity
    return after


def _most(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return {
        line: max(first.get(line, 0), second.get(line, 0))
        for line in dict.fromkeys((*first, *second))
    }
