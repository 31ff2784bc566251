"""Handling requirements: which apply to the step at hand, and which were not heeded."""

from collections.abc import Iterator
from datetime import datetime, time

from ordertrail.domain.order.events import Deviation, StepEvent
from ordertrail.domain.order.state import Order
from ordertrail.domain.values import HandlingRequirement, Reminder

REMINDED_AT = {
    "packaging": ("picked", "packed"),
    "label": ("packed", "shipped"),
    "delivery_window": ("shipped",),
}


def reminders(order: Order, step: str) -> tuple[Reminder, ...]:
    """What whoever does the step has to know."""
    return tuple(
        Reminder(f"heed_{requirement.kind}", requirement)
        for requirement in order.requirements
        if step in REMINDED_AT[requirement.kind]
    )


def missed(order: Order, fact: StepEvent, step: str, at: datetime) -> Iterator[Deviation]:
    """The requirements that the step should have heeded and did not.

    Packaging is checked when goods are packed, labels when they are shipped (where the one is not
    reported, at the other), what was heeded at packing included; a delivery window when they are
    delivered, by the wall clock of `at`.
    """
    for requirement in order.requirements:
        if step != _checked_at(requirement, order):
            continue
        if requirement.kind == "delivery_window":
            heeded = _within(requirement, at)
        else:
            heeded = requirement.code in fact.heeded or (
                step == "shipped" and requirement.code in _heeded_before(order, fact)
            )
        if not heeded:
            yield Deviation("requirement_missed", detail=requirement.code)


def _checked_at(requirement: HandlingRequirement, order: Order) -> str:
    if requirement.kind == "delivery_window":
        return "delivered"
    if requirement.kind == "packaging":
        return "packed" if "packed" in order.reports else "shipped"
    return "shipped" if "shipped" in order.reports else "packed"


def _heeded_before(order: Order, fact: StepEvent) -> tuple[str, ...]:
    parcel = order.parcels.get(fact.parcel) if fact.parcel is not None else None
    return (*order.heeded, *parcel.heeded) if parcel else order.heeded


def _within(window: HandlingRequirement, at: datetime) -> bool:
    clock = at.time()
    opens = (window.not_before or time.min).replace(tzinfo=None)
    closes = (window.not_after or time.max).replace(tzinfo=None)
    if opens <= closes:
        return opens <= clock <= closes
    return clock >= opens or clock <= closes  # over midnight
