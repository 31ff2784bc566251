"""What every projection of orders asks of an event: does it count, and which units move."""

from collections.abc import Iterable
from typing import Any

from ordertrail.domain.order.positions import Move, Position
from ordertrail.domain.values import HandlingRequirement

IGNORED = ("unresolved", "repeated")


def counts(body: Any) -> bool:
    """Whether an event of an order changes anything that is shown.

    A report that names something unknown (`unresolved`) waits, and is told once more when it fits;
    one that is `repeated` was told before. The state of an order passes both by as well.
    """
    return not body.deviations or all(told.kind not in IGNORED for told in body.deviations)


def ways(moves: Iterable[Move]) -> dict[tuple[Position, Position], int]:
    """How many units go from where to where."""
    found: dict[tuple[Position, Position], int] = {}
    origin = target = None
    units = 0
    for move in moves:  # most events move all their units the same way
        if move.origin == origin and move.target == target:
            units += move.quantity
            continue
        if origin is not None and target is not None:
            found[origin, target] = found.get((origin, target), 0) + units
        origin, target, units = move.origin, move.target, move.quantity
    if origin is not None and target is not None:
        found[origin, target] = found.get((origin, target), 0) + units
    return found


def units_by_sku(groups: Iterable[Iterable[Any]]) -> dict[str, int]:
    """How many units of each SKU some moves, lines or quantities of lines name together."""
    units: dict[str, int] = {}
    for group in groups:
        for part in group:
            sku = part.sku or ""
            units[sku] = units.get(sku, 0) + part.quantity
    return units


def requirement_as_json(requirement: HandlingRequirement) -> dict[str, str]:
    """A handling requirement as it stands in a JSON column; what it does not say is left out."""
    said = {"kind": requirement.kind, "code": requirement.code}
    if requirement.not_before is not None:
        said["not_before"] = requirement.not_before.isoformat()
    if requirement.not_after is not None:
        said["not_after"] = requirement.not_after.isoformat()
    return said
