"""The flow of goods: orders that stand still, stock that is missing, parcels without news."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from ordertrail.domain.alert import DeadlinePassed
from ordertrail.domain.event import Event
from ordertrail.domain.order import events as e
from ordertrail.domain.order.positions import CHAIN
from ordertrail.projections.alerts.rule import MICROSECOND, Memo, Rule, micros, moment
from ordertrail.projections.alerts.units import MOVING, NOTHING, STANDING, Moved, moved
from ordertrail.projections.order_facts import counts

Subjects = Iterable[tuple[str, Any]]

NEWS = (e.TrackingRecorded, e.DeliveryAttempted, e.ShipmentRedirected, e.ShipmentDamaged)
"""What is heard of a parcel and moves nothing."""


class _Countdown(Rule):
    """A rule that fires when the time `due` of its memo has come; `passed` is the latest that has.

    `passed` only ever holds times that were due: a wrong date far ahead spoils nothing later.
    """

    about = "order"

    def firing(self, memo: Memo) -> bool:
        return bool(memo.get("due", 1) <= memo.get("passed", 0))

    def deadline(self, memo: Memo) -> datetime | None:
        due = memo.get("due")
        return moment(due) if due and due > memo.get("passed", 0) else None


def _passed(memo: Memo, event: Event) -> Memo:
    cls = event.body.__class__
    at = micros(event.body.deadline if cls is DeadlinePassed else event.occurred_at)
    due = memo.get("due")
    if due and due <= at:
        memo["passed"] = max(memo.get("passed", 0), due)
    return memo


class Dwelling(_Countdown):
    """Opens when the units of an order that are furthest behind stand still for too long.

    The days count from when they came to be where they are; units that wait for stock are left to
    `stock_out`. Quiet where the shop reports no step of fulfilment. The memo: how many units stand
    where, and where those stand that are furthest `behind`.
    """

    name = "dwelling"
    meaning = "Units of the order have stood in the same place of the house for too long."
    remedy = "Look why the order is not handled on: open, allocated, picked or packed."
    on = MOVING
    moves = ("standing",)

    def __init__(
        self, open: float = 3, allocated: float = 2, picked: float = 1, packed: float = 2
    ) -> None:
        days = {"open": open, "allocated": allocated, "picked": picked, "packed": packed}
        self.limits = {
            position: timedelta(days=limit) // MICROSECOND for position, limit in days.items()
        }

    def parts(self, event: Event) -> Subjects:
        body = event.body
        if body.__class__ is e.OrderPlaced and not any(step in CHAIN for step in body.reports):
            return ()
        units = moved(event)
        return ((body.order_id, units),) if units.standing else ()

    def apply(self, memo: Memo, event: Event, part: Moved | None) -> Memo:
        if part is None:
            return memo and _passed(memo, event)
        memo = memo or {"units": {}}
        units = memo["units"]
        for place, change in part.standing:
            there = units.get(place, 0) + change
            if there > 0:
                units[place] = there
            else:
                units.pop(place, None)
        if not units:
            return None
        behind = min(units, key=STANDING.index) if len(units) > 1 else next(iter(units))
        if memo.get("behind") != behind:
            memo["behind"] = behind
            memo["due"] = micros(event.occurred_at) + self.limits[behind]
        return _passed(memo, event)


class ShortPick(Rule):
    """Opens when a picker finds less than there should be, until somebody has seen it."""

    name = "short_pick"
    about = "order"
    meaning = "A picker found fewer units than the stock records say."
    remedy = "Count the stock of the SKU at this place, and correct the records."
    on = (e.PickShorted,)
    moves = ("backordered",)
    settled_by_acknowledgement = True

    def parts(self, event: Event) -> Subjects:
        missing = moved(event).backordered
        return ((event.body.order_id, missing),) if missing > 0 else ()

    def apply(self, memo: Memo, event: Event, part: int | None) -> Memo:
        return {"units": (memo["units"] if memo else 0) + part} if part else memo

    def firing(self, memo: Memo) -> bool:
        return True


class StockOut(Rule):
    """Opens when units of an order wait for stock, and resolves when none does any more."""

    name = "stock_out"
    about = "order"
    meaning = "Units of the order wait for stock that is not there."
    remedy = "Order more of the SKU, or offer the customer another one or another date."
    on = MOVING
    moves = ("backordered",)

    def parts(self, event: Event) -> Subjects:
        more = moved(event).backordered
        return ((event.body.order_id, more),) if more else ()

    def apply(self, memo: Memo, event: Event, part: int | None) -> Memo:
        units = (memo["units"] if memo else 0) + (part or 0)
        return {"units": units} if units > 0 else None

    def firing(self, memo: Memo) -> bool:
        return True


class NoTrackingNews(_Countdown):
    """Opens when units are under way and nothing was heard of them for `days`.

    Any news of the carrier starts the count again. Quiet where the shop reports no deliveries:
    such an order is remembered until it has shipped, as one to be `silent` about.
    """

    name = "no_tracking_news"
    meaning = "Units of the order are under way, and the carrier has said nothing for days."
    remedy = "Ask the carrier where the parcel is; tell of its loss if it does not know."
    on = (*MOVING, *NEWS)
    moves = ("shipped", "house")

    def __init__(self, days: float = 5) -> None:
        self.limit = timedelta(days=days) // MICROSECOND

    def parts(self, event: Event) -> Subjects:
        body = event.body
        cls = body.__class__
        if cls is e.OrderPlaced and "delivered" in body.reports:
            return ()
        if cls in NEWS:
            return ((body.order_id, NOTHING),) if counts(body) else ()
        units = moved(event)
        return ((body.order_id, units),) if units.shipped or units.house else ()

    def apply(self, memo: Memo, event: Event, part: Moved | None) -> Memo:
        if part is None:
            return memo and _passed(memo, event)
        if event.body.__class__ is e.OrderPlaced:
            return {"silent": part.house}
        if memo and "silent" in memo:
            memo["silent"] += part.house
            return memo if memo["silent"] > 0 else None
        units = (memo["units"] if memo else 0) + part.shipped
        if units <= 0:
            return None
        memo = memo or {}
        memo["units"] = units
        if part.shipped or not part.house:  # of what happens in the house the carrier knows nothing
            memo["due"] = max(memo.get("due", 0), micros(event.occurred_at) + self.limit)
        return memo
