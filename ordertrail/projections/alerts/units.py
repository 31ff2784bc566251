"""How many units of an order an event moves, counted once for all the rules that ask."""

from collections import Counter
from functools import lru_cache
from typing import Any, Literal

from ordertrail.domain.event import Event, value
from ordertrail.domain.order import events as e
from ordertrail.domain.order.positions import LIVE, SHIPPED
from ordertrail.projections.order_facts import counts, ways

Way = tuple[str, str]

NEW = ""
"""Where units come from that were ordered just now."""

HOUSE = ("open", "backordered", "allocated", "picked", "packed")
"""Where units stand that have not left the house."""

STANDING = ("open", "allocated", "picked", "packed")
"""Where units stand in the house that somebody has to handle on, those furthest behind first."""

Effect = Literal["awaited", "house", "shipped", "backordered", "left", "returned", "standing"]
"""What a move can change: how many units are in one of these places, or (standing) in which."""

MOVING: tuple[type[Any], ...] = (
    e.OrderPlaced,
    e.OrderAmended,
    e.OrderDeclined,
    e.ExchangeOpened,
    e.RepairOpened,
    *(cls for cls in e.EVENTS if issubclass(cls, e.StepEvent)),
)
"""The events that add units or move them."""


PLACES: dict[str, tuple[str, ...]] = {
    "awaited": LIVE,
    "house": HOUSE,
    "shipped": ("shipped",),
    "backordered": ("backordered",),
    "left": SHIPPED,
    "returned": ("returned",),
}


@value
class Moved:
    """How many more units of the order there are than before (negative: fewer).

    Attributes:
        effects: what changes, be it that the changes of several ways make up for each other.
        standing: units by where they stand in the house.
        awaited: units that the customer still waits for.
        house: units that have not left the house.
        shipped, backordered, returned: units that stand there.
        left: units that have left the house, wherever they are now.
    """

    effects: frozenset[str] = frozenset()
    standing: tuple[tuple[str, int], ...] = ()
    awaited: int = 0
    house: int = 0
    shipped: int = 0
    backordered: int = 0
    left: int = 0
    returned: int = 0


NOTHING = Moved()

_latest: list[tuple[Event | None, Moved]] = [(None, NOTHING)]


def moved(event: Event) -> Moved:
    """What the event moves; nothing if it does not count.

    Several rules ask this of the same event, one after the other: the last answer is kept.
    """
    asked, found = _latest[0]
    if asked is not event:
        found = _summed(_ways(event.body)) if counts(event.body) else NOTHING
        _latest[0] = (event, found)
    return found


def _ways(body: Any) -> tuple[tuple[Way, int], ...]:
    cls = body.__class__
    if cls is e.OrderPlaced:
        return (((NEW, "open"), sum([line.quantity for line in body.lines])),)
    if cls is e.ExchangeOpened or cls is e.RepairOpened:
        return (((NEW, "open"), sum([line.quantity for line in body.added])),)
    found = tuple(ways(body.moves).items())
    if cls is e.OrderAmended:
        added = sum([part.quantity for part in (*body.added, *body.raised)])
        return (((NEW, "open"), added), *found)
    return found


@lru_cache(maxsize=4096)  # most events move a few units, in one of a few ways
def _summed(ways: tuple[tuple[Way, int], ...]) -> Moved:
    sums: Counter[str] = Counter()
    standing: Counter[str] = Counter()
    for (origin, target), units in ways:
        if not units:
            continue
        for name, places in PLACES.items():
            if (origin in places) != (target in places):
                sums[name] += units if target in places else -units
        for place, change in ((origin, -units), (target, units)):
            if place in STANDING:
                standing[place] += change
    effects = frozenset((*sums, "standing") if standing else sums)
    return Moved(effects, tuple(standing.items()), **sums)
