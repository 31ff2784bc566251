"""How many units of an order an event moves, counted once for all the rules that ask."""

from typing import Any

from ordertrail.domain.event import Event, value
from ordertrail.domain.order import events as e
from ordertrail.domain.order.positions import LIVE, POSITIONS
from ordertrail.projections.order_facts import counts, ways

Way = tuple[str, str]

NEW = ""
"""Where units come from that were ordered just now."""

HOUSE = ("open", "backordered", "allocated", "picked", "packed")
"""Where units stand that have not left the house."""

MOVING: tuple[type[Any], ...] = (
    e.OrderPlaced,
    e.OrderAmended,
    e.OrderDeclined,
    e.ExchangeOpened,
    e.RepairOpened,
    *(cls for cls in e.EVENTS if issubclass(cls, e.StepEvent)),
)
"""The events that add units or move them."""


@value
class Moved:
    """How many more units of the order there are than before (negative: fewer).

    Attributes:
        ways: how many units went from where to where.
        awaited: units that the customer still waits for.
        house: units that have not left the house.
        shipped, backordered: units that stand there.
    """

    ways: dict[Way, int]
    awaited: int = 0
    house: int = 0
    shipped: int = 0
    backordered: int = 0


NOTHING = Moved({})

_latest: list[tuple[Event | None, Moved]] = [(None, NOTHING)]


def moved(event: Event) -> Moved:
    """What the event moves; nothing if it does not count.

    Several rules ask this of the same event, one after the other: the last answer is kept.
    """
    asked, found = _latest[0]
    if asked is not event:
        found = _moved(event.body) if counts(event.body) else NOTHING
        _latest[0] = (event, found)
    return found


def _moved(body: Any) -> Moved:
    cls = body.__class__
    if cls is e.OrderPlaced or cls is e.ExchangeOpened or cls is e.RepairOpened:
        lines = body.lines if cls is e.OrderPlaced else body.added
        added = sum([line.quantity for line in lines])
        return Moved({(NEW, "open"): added}, added, added) if added else NOTHING
    found: dict[Way, int] = dict(ways(body.moves).items())
    if cls is e.OrderAmended:
        added = sum([part.quantity for part in (*body.added, *body.raised)])
        if added:
            found[NEW, "open"] = added
    return _summed(found) if found else NOTHING


def _summed(ways: dict[Way, int]) -> Moved:
    awaited = house = shipped = backordered = 0
    for way, units in ways.items():
        waits, stays, goes, lacks = EFFECTS[way]
        awaited += units * waits
        house += units * stays
        shipped += units * goes
        backordered += units * lacks
    return Moved(ways, awaited, house, shipped, backordered)


def _effects(origin: str, target: str) -> tuple[int, ...]:
    groups: tuple[tuple[str, ...], ...] = (LIVE, HOUSE, ("shipped",), ("backordered",))
    return tuple((target in group) - (origin in group) for group in groups)


EFFECTS: dict[Way, tuple[int, ...]] = {
    (origin, target): _effects(origin, target)
    for origin in (NEW, *POSITIONS)
    for target in (NEW, *POSITIONS)
}
"""What a move of one unit adds to what is awaited, in the house, shipped and backordered."""
