"""Promises: those at risk, those that lapsed, and those that are revised again and again."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from ordertrail.domain.alert import DeadlinePassed
from ordertrail.domain.event import Event
from ordertrail.domain.order import events as e
from ordertrail.domain.order.commands import RecordDelay
from ordertrail.domain.order.fulfilment import PROMISE_LAPSED
from ordertrail.projections.alerts.rule import MICROSECOND, Memo, Rule, micros, moment
from ordertrail.projections.alerts.units import MOVING, Moved, moved
from ordertrail.projections.order_facts import counts

Subjects = Iterable[tuple[str, Any]]


class _PromiseClock(Rule):
    """What the two rules about time share: the units awaited, the promise, and what is due.

    The memo: `units` still awaited (where this shop reports no deliveries: not yet shipped),
    the `promise` in force, `due`, the time at which the promise is in danger or broken, `passed`,
    the latest of these times that has come, and `lapsed`, the latest promise told to have lapsed.
    Units that are added when everything had arrived fall under no promise until there is a new one;
    by then it is forgotten what the shop reports, and they are awaited until they arrive.
    """

    about = "order"
    on = (*MOVING, e.PromiseRevised, e.OrderDelayed)
    moves = ("awaited", "house")

    def parts(self, event: Event) -> Subjects:
        body = event.body
        if body.__class__ is e.PromiseRevised or body.__class__ is e.OrderDelayed:
            return ((body.order_id, None),) if counts(body) else ()
        units = moved(event)
        return ((body.order_id, units),) if units.awaited or units.house else ()

    def apply(self, memo: Memo, event: Event, part: Moved | None) -> Memo:
        body = event.body
        cls = body.__class__
        if cls is e.OrderPlaced and part is not None:
            memo = {"units": part.awaited}
            if "delivered" not in body.reports:
                memo["by_shipping"] = True
            return self._promised(memo, body.promised_at, event.occurred_at)
        if part is not None:
            memo = memo or {"units": 0}
            memo["units"] += part.house if "by_shipping" in memo else part.awaited
        if memo is None or memo["units"] <= 0:
            return None
        if cls is e.PromiseRevised:
            return self._promised(memo, body.promised_at, event.occurred_at)
        if cls is e.OrderDelayed:
            if body.cause == PROMISE_LAPSED and body.promise is not None:
                memo["lapsed"] = max(memo.get("lapsed", 0), micros(body.promise))
            return memo
        passed = micros(body.deadline if cls is DeadlinePassed else event.occurred_at)
        return _passed(memo, passed)

    def deadline(self, memo: Memo) -> datetime | None:
        due = memo.get("due")
        return moment(due) if due and due > memo.get("passed", 0) else None

    def _promised(self, memo: Memo, promise: datetime | None, at: datetime) -> Memo:
        if promise is None:
            return memo
        told = micros(at)
        memo["promise"] = micros(promise)
        memo["due"] = self._due(memo["promise"], told)
        return _passed(memo, told)

    def _due(self, promise: int, at: int) -> int:
        """When a promise made `at` a time is in the state that the rule warns of (in micros)."""
        raise NotImplementedError


def _passed(memo: Memo, at: int) -> Memo:
    """Note that what is due has come, if it has. A wrong date far ahead spoils nothing later."""
    due = memo.get("due")
    if due and due <= at:
        memo["passed"] = max(memo.get("passed", 0), due)
    return memo


class PromiseLapsed(_PromiseClock):
    """Opens when the current promise passes and units are still awaited.

    Where nobody watches the clock, it opens with the next event that shows it. When the promise
    passes, the delay becomes a fact on the stream of the order (`order.delayed`).
    """

    name = "promise_lapsed"
    severity = "critical"
    meaning = "The promised time has passed and the customer still waits for units of the order."
    remedy = "Find out where the units are, tell the customer, and promise another date."

    def firing(self, memo: Memo) -> bool:
        promise = memo.get("promise")
        return bool(promise) and max(memo.get("passed", 0), memo.get("lapsed", 0)) >= promise

    def deadline(self, memo: Memo) -> datetime | None:
        promise = memo.get("promise")
        return moment(memo["due"]) if promise and promise > memo.get("lapsed", 0) else None

    def at_deadline(self, subject: str, memo: Memo, deadline: datetime) -> RecordDelay:
        promise = moment(memo["promise"])
        return RecordDelay(order_id=subject, cause=PROMISE_LAPSED, promise=promise)

    def _due(self, promise: int, at: int) -> int:
        return promise + 1  # what arrives at the promised instant is on time


class PromiseAtRisk(_PromiseClock):
    """Opens `days` before the current promise if units are still awaited.

    A promise of less than twice that is at risk when half of its time is over. Resolves when the
    units arrive, when there is a later promise, and when the promise lapses: that is then another
    alert.
    """

    name = "promise_at_risk"
    meaning = "The promised time is near and the customer still waits for units of the order."
    remedy = "Hurry the order, or tell the customer in time that it will be late."

    def __init__(self, days: float = 3) -> None:
        self.before = timedelta(days=days) // MICROSECOND

    def firing(self, memo: Memo) -> bool:
        due = memo.get("due")
        if not due or memo["promise"] <= memo.get("lapsed", 0):
            return False
        return bool(memo.get("passed", 0) >= due)

    def _due(self, promise: int, at: int) -> int:
        return promise - min(self.before, max((promise - at) // 2, 0))


class PromiseRevisedOften(Rule):
    """Opens when the promise was revised `times` times and nothing arrived in between."""

    name = "promise_revised_often"
    about = "order"
    meaning = "The customer was promised one date after the other and has received nothing since."
    remedy = "Take care of the order in person before anybody promises another date."
    on = (*MOVING, e.PromiseRevised)
    moves = ("awaited",)

    def __init__(self, times: int = 3) -> None:
        self.times = times

    def parts(self, event: Event) -> Subjects:
        body = event.body
        if body.__class__ is e.PromiseRevised:
            return ((body.order_id, 1),) if counts(body) else ()
        return ((body.order_id, 0),) if moved(event).awaited < 0 else ()

    def apply(self, memo: Memo, event: Event, part: int | None) -> Memo:
        if part is None:
            return memo
        return {"revisions": (memo["revisions"] if memo else 0) + 1} if part else None

    def firing(self, memo: Memo) -> bool:
        return bool(memo["revisions"] >= self.times)
