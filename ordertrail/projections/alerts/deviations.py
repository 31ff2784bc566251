"""Deviations: facts that do not fit, a rule for each kind; most are over once somebody has seen
them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from ordertrail.domain.alert import DeadlinePassed
from ordertrail.domain.event import Event
from ordertrail.domain.order import events as e
from ordertrail.domain.order.state import STEP_OF
from ordertrail.projections.alerts.rule import MICROSECOND, Memo, Rule, Severity, micros, moment

KINDS: dict[e.DeviationKind, tuple[Severity, str, str]] = {
    "excess": (
        "warning",
        "More units were reported than the order has at that step.",
        "Count the goods, and amend the order or correct the report.",
    ),
    "repeated": (
        "info",
        "The same fact was reported more than once.",
        "Make sure that the source sends every fact once, with an id of its own.",
    ),
    "wrong_sku": (
        "critical",
        "A report names another SKU than the line of the order has.",
        "Check what is in the parcel before it reaches the customer.",
    ),
    "dates_contradict": (
        "info",
        "A step is dated before one that must come first.",
        "Check the clocks and the time zones of the systems that report.",
    ),
    "on_hold": (
        "critical",
        "Goods were picked, packed or shipped although the order was on hold.",
        "Stop the parcel if the reason of the hold still stands.",
    ),
    "cancelled_after_shipping": (
        "critical",
        "The order was called off when units of it had already left the house.",
        "Call the parcel back, or agree on a return with the customer.",
    ),
    "requirement_missed": (
        "warning",
        "What the customer asked for in handling the goods was not heeded.",
        "Pack or deliver again as asked, or tell the customer.",
    ),
    "return_unauthorised": (
        "warning",
        "Goods came back that nobody had authorised to be returned.",
        "Decide on the return, and tell the customer.",
    ),
    "refund_without_cause": (
        "critical",
        "Money went back that the customer still owes.",
        "Check why the refund was issued; cancel or return what it was for.",
    ),
    "over_refunded": (
        "critical",
        "More money went back than had come in.",
        "Claim back what was paid too much.",
    ),
    "inspected_beyond_received": (
        "warning",
        "More returned units were inspected than had been received.",
        "Count the returned goods, and report what was received.",
    ),
}


class DeviationRule(Rule):
    """Opens with every deviation of one kind in an order, until somebody has seen it."""

    about = "order"
    on = e.EVENTS
    needs = ("body.deviations",)
    settled_by_acknowledgement = True

    def __init__(
        self, kind: e.DeviationKind, severity: Severity, meaning: str, remedy: str
    ) -> None:
        self.name = self.kind = kind
        self.severity, self.meaning, self.remedy = severity, meaning, remedy

    def parts(self, event: Event) -> Iterable[tuple[str, Any]]:
        kind, body = self.kind, event.body
        found = sum([1 for told in body.deviations if told.kind == kind])
        return ((body.order_id, found),) if found else ()

    def apply(self, memo: Memo, event: Event, part: int | None) -> Memo:
        return {"deviations": (memo["deviations"] if memo else 0) + part} if part else memo

    def firing(self, memo: Memo) -> bool:
        return True


class SkippedStep(Rule):
    """Opens when units pass a step that was not reported, and resolves when a report explains it.

    The memo: the units that are unexplained, by "step:line".
    """

    name = "skipped_step"
    about = "order"
    severity = "info"
    meaning = "Units of the order passed a step that this shop reports, and nobody reported it."
    remedy = "Report the missing step; if it never took place, look why."
    on = tuple(cls for cls in e.EVENTS if issubclass(cls, e.StepEvent))
    needs = ("body.deviations", "body.explains")
    settled_by_acknowledgement = True

    def parts(self, event: Event) -> Iterable[tuple[str, Any]]:
        body = event.body
        changes: dict[str, int] = {}
        for told in body.deviations:
            if told.kind == "skipped_step":
                key = f"{told.detail}:{told.line}"
                changes[key] = changes.get(key, 0) + told.quantity
        for explained in body.explains:
            key = f"{STEP_OF[body.__class__]}:{explained.line}"
            changes[key] = changes.get(key, 0) - explained.quantity
        return ((body.order_id, changes),) if changes else ()

    def apply(self, memo: Memo, event: Event, part: dict[str, int] | None) -> Memo:
        memo = memo or {}
        for key, more in (part or {}).items():
            memo[key] = memo.get(key, 0) + more
            if memo[key] <= 0:
                del memo[key]
        return memo or None

    def firing(self, memo: Memo) -> bool:
        return True


class Unresolved(Rule):
    """Opens when a report has named something unknown for `days`; resolves when it is settled.

    A report is settled by an event of the order that cites it as its cause. The memo: the reports
    that `wait`, each with the time when it waited for too long, and the latest such time `passed`.
    """

    name = "unresolved"
    about = "order"
    meaning = "A report names an order, line, parcel, return, claim or hold that is not known."
    remedy = "Look for the right id, and tell what is missing, or report the fact again."
    on = e.EVENTS
    needs = ("body.deviations", "causation_id")

    def __init__(self, days: float = 2) -> None:
        self.limit = timedelta(days=days) // MICROSECOND

    def parts(self, event: Event) -> Iterable[tuple[str, Any]]:
        body = event.body
        waits = any(told.kind == "unresolved" for told in body.deviations)
        if not waits and event.causation_id is None:
            return ()
        return ((body.order_id, waits),)

    def apply(self, memo: Memo, event: Event, part: bool | None) -> Memo:
        if part is None:
            if memo and event.body.__class__ is DeadlinePassed:
                memo["passed"] = max(memo.get("passed", 0), micros(event.body.deadline))
            return memo
        memo = memo or {"wait": {}}
        waiting = memo["wait"]
        waiting.pop(event.causation_id, None)
        if part:
            waiting[event.id] = micros(event.occurred_at) + self.limit
        return memo if waiting else None

    def firing(self, memo: Memo) -> bool:
        return bool(min(memo["wait"].values()) <= memo.get("passed", 0))

    def deadline(self, memo: Memo) -> datetime | None:
        passed = memo.get("passed", 0)
        ahead = [due for due in memo["wait"].values() if due > passed]
        return moment(min(ahead)) if ahead else None


DEVIATION_RULES: tuple[Rule, ...] = (
    Unresolved(),
    SkippedStep(),
    *(DeviationRule(kind, *said) for kind, said in KINDS.items()),
)
