"""Whether a mapping makes sense as a whole, though each of its keys is all right."""

import zoneinfo
from typing import Any

from ordertrail.adapters.importing.mapping import Mapping
from ordertrail.adapters.importing.steps import NAMES, NOTHING
from ordertrail.adapters.importing.wording import place, suggestion

NEEDED = {"lines": ("order", "steps"), "events": ("event", "activities")}
FOREIGN = {
    "lines": ("event", "activities"),
    "events": ("steps", "status", "return", "fill_down"),
}


def misfit(mapping: Mapping, given: dict[str, Any]) -> str | None:
    """What is wrong with a mapping whose keys are all right, if anything is."""
    shape = mapping.shape
    for section in NEEDED[shape]:
        if section not in given:
            return f'[{section}] is missing: shape = "{shape}" needs it.'
    for section in FOREIGN[shape]:
        if section in given:
            other = "events" if shape == "lines" else "lines"
            return f'{place((section,))} belongs to shape = "{other}"; this is "{shape}".'
    return (
        _misfit_of_steps(mapping)
        or (_misfit_of_lines(mapping) if shape == "lines" else _misfit_of_events(mapping))
        or _misfit_of_surroundings(mapping)
    )


def _misfit_of_steps(mapping: Mapping) -> str | None:
    told = [("steps", step, step, list(NAMES)) for step in mapping.steps]
    words = [*NAMES, NOTHING]
    told += [("status", w, s, words) for one in mapping.status for w, s in one.words.items()]
    told += [("activities", w, a.step, words) for w, a in mapping.activities.items()]
    for section, key, step, known in told:
        if step not in known and section == "steps" and step in Mapping.model_fields:
            return f"{step!r} belongs to the whole mapping: write it above the first [section]."
        if step not in known:
            named = f"{step!r}" if section == "steps" else f"{key!r} = {step!r}"
            return (
                f"[{section}] {named}: there is no step {step!r}.{suggestion(step, known)}"
                f" The steps are: {', '.join(known)}."
            )
    return None


def _misfit_of_lines(mapping: Mapping) -> str | None:
    if mapping.order.id is None:
        return "[order] id is missing: which column says to which order a row belongs?"
    if "placed" not in mapping.steps:
        return "[steps] placed is missing: which column says when the order was placed?"
    if any(s == "placed" for one in mapping.status for s in one.words.values()):
        return '[status] a word cannot stand for "placed": every row is placed; say "nothing".'
    returned = mapping.returned
    if returned is not None:
        if returned.match == "latest purchase" and mapping.order.customer is None:
            return '[return] match = "latest purchase" needs [order] customer.'
        if returned.match == "order" and returned.order is None:
            return (
                '[return] order is missing: match = "order" needs the column that names the order '
                "whose goods came back."
            )
    return None


def _misfit_of_events(mapping: Mapping) -> str | None:
    if mapping.order.id is not None:
        return '[order] id: in shape = "events" this is [event] order.'
    if mapping.line.id is not None:
        return '[line] id: in shape = "events" this is [event] line.'
    if mapping.parcel.id is not None:
        return '[parcel] id: in shape = "events" this is [event] parcel.'
    for word, activity in mapping.activities.items():
        if activity.step in ("paid", "refunded", "payment_failed") and activity.amount is None:
            return (
                f"[activities] {word!r}: the step {activity.step!r} needs the amount: "
                f'{{ step = "{activity.step}", amount = "COLUMN" }}.'
            )
    return None


def _misfit_of_surroundings(mapping: Mapping) -> str | None:
    try:
        zoneinfo.ZoneInfo(mapping.timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        near = suggestion(mapping.timezone, sorted(zoneinfo.available_timezones()))
        if not near or "GMT" in mapping.timezone:
            near = " Name a city, such as Europe/Berlin."
        return f"timezone: there is no time zone {mapping.timezone!r}.{near}"
    try:
        "".encode(mapping.encoding)
    except LookupError:
        return f"encoding: there is no encoding {mapping.encoding!r}; try utf-8 or latin-1."
    if mapping.decimal == mapping.thousands:
        return "thousands: cannot be the same sign as decimal."
    return None
