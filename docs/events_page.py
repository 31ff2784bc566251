"""Writes docs/events.md from the code: every event, its fields, and what they mean.

Run `python docs/events_page.py` after a change; a test compares the page with the code.
"""

import dataclasses
import types
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from ordertrail import CORE
from ordertrail.domain.values import Personal

PAGE = Path(__file__).parent / "events.md"

MEANINGS = {
    "absorbed_id": "the customer that the survivor takes over",
    "added": "new lines, each with all its units open",
    "address": "country, postcode, province, city and district, in clear",
    "address_id": "the address among those of the customer",
    "adjustments": "amounts added to the price (or, negative, taken from it), with their kind",
    "alert_id": "the alert, `{rule}/{subject}`",
    "aliases": "all ids that the customer ever had",
    "amount": "money, in the currency of the order",
    "birthday": "month and day",
    "carrier": "who carries the goods",
    "cause": "a code for what made it late",
    "claim_id": "the claim among those of the order",
    "contact": "the phone number, e-mail address ... itself",
    "contact_id": "the contact among those of the customer",
    "currency": "ISO 4217; one for the whole order",
    "customer_id": "whose order it is; none for a guest",
    "deadline": "the time that passed",
    "deliver_by": "when the goods must be with the customer",
    "deviations": "the ways in which a reported fact does not fit: kind, line, quantity, detail",
    "due": "what the customer owes for the whole order from now on, where that changed",
    "estimated_at": "when the carrier expects to deliver",
    "exchange_id": "the exchange among those of the order",
    "expected_at": "when it is expected now",
    "explains": "units that had been inferred at this step and are now told",
    "group": "the group of customers it belongs to, as you name them",
    "heeded": "codes of the handling requirements that somebody says to have heeded",
    "hold_id": "the hold among those of the order",
    "kind": "a code for what sort of thing it is",
    "language": "BCP 47, such as en or pt-BR",
    "lines": "the lines of the order; of a later event: which units were named (none: every unit "
    "not yet there)",
    "location": "which warehouse or shop",
    "medium": "by which way the consent holds: e-mail, phone, post, ...",
    "method": "a code for how it was paid",
    "moves": "how units went: line, SKU, quantity, from where (origin) to where (target)",
    "name": "of the person or company",
    "next_attempt_at": "when the carrier will try again",
    "note": "what somebody wrote about it",
    "opening": "which opening of the alert was meant, counted from 1",
    "order_id": "the order",
    "outcome": "a code for how it ended",
    "outcomes": "for each line: units restocked, scrapped and repaired",
    "parcel": "our id of the parcel",
    "payment_id": "the payment among those of the order",
    "place": "where the parcel was seen",
    "preference": "a code for what the preference is about",
    "prices": "lines and their new unit prices",
    "priority": "higher goes first; 0 is usual",
    "promise": "the promise that it breaks; none where nothing was promised",
    "promised_at": "the instant that the customer was promised",
    "purpose": "a code for what the consent is for",
    "purposes": "codes for what it is used for: orders, billing, warehouse, ...",
    "quantities": "lines and the current quantity that was said of them",
    "raised": "units added to lines, at open",
    "recipient": "name, company, street lines, phone and e-mail of who receives",
    "references": "ids that it has in other systems: system, kind, id",
    "refund_id": "the refund among those of the order",
    "reminders": "handling requirements that were shown to whoever did the step",
    "removed": "the contact is not used any more",
    "repair_id": "the repair among those of the order",
    "reported": "it happened elsewhere and is told here, whether it fits or not",
    "reports": "the steps that this shop reports; others may be skipped",
    "requested_at": "when the customer would like to have it",
    "requirement": "what the customer asks of whoever handles the goods",
    "requirements": "what the customer asks of whoever handles the goods: part of the contract",
    "return_id": "the return among those of the order",
    "rule": "the alert rule",
    "service": "the service of the carrier",
    "service_level": "your name for how fast it has to go",
    "ship_by": "when the goods must leave the house",
    "ship_to": "country, postcode, province, city and district, in clear",
    "signed_by": "who signed for it",
    "sscc": "the GS1 serial shipping container code, 18 digits",
    "status": "the carrier's own code",
    "subject": "what the alert is about",
    "survivor_id": "the customer that goes on",
    "text": "what was written",
    "text_version": "which version of the text the customer agreed to",
    "total": "price of all units and all adjustments, when it was placed; none where a price is "
    "unknown",
    "tracking_number": "the carrier's number of the parcel",
    "value": "a code for what the customer prefers",
    "whole_line": "the line, where all that was left of it was called off",
    "withdrawn": "it does not hold any more",
}

FRONT = """# Events

Every event that Ordertrail stores, by aggregate. A stored event is an *envelope* and a *body*; the
tables below name the fields of the bodies. A field that is left out of the stored JSON has its
default. This page is written by `python docs/events_page.py`, and a test compares it with the code.

The envelope is the same for all: `position` in the log (from 1, without gaps), `stream` and
`version` in it, `type` and `schema`, `event_id`, `occurred_at` (when it happened, with the offset it
was given with), `recorded_at` (when it was stored, UTC, never going back), `actor` and
`on_behalf_of` ("kind:opaque-id"), `channel`, `source` and `source_id` (which system or file told
it, and the id of its own message), `reason` (a code), `correlation_id`, `causation_id`,
`command_id`.

**Personal** marks what is about a person: it stands in one object of its own, is never shown by
`repr`, logs and errors, and never reaches a view.

*Units* are counted where they stand: open, backordered, allocated, picked, packed, shipped,
delivered, returned, returned_to_sender, lost, cancelled. An event of the warehouse or the carrier
says how they `moves`.
"""


def page() -> str:
    """The whole page."""
    parts = [FRONT]
    for aggregate in CORE.aggregates:
        parts.append(f"## {aggregate.name}\n")
        for body in aggregate.events:
            parts.append(_event(body))
    parts.append("## Values\n\nWhat fields of events are made of.\n")
    bodies = [body for aggregate in CORE.aggregates for body in aggregate.events]
    for value in sorted(_values(bodies), key=lambda value: value.__name__):
        parts.append(_value(value))
    return "\n".join(parts)


def _values(classes: Iterable[Any]) -> set[Any]:
    """The value classes in the fields of these classes, and in theirs."""
    found: set[Any] = set()
    for cls in classes:
        for hint in get_type_hints(cls).values():
            found |= _inside(hint)
    return found | _values(found) if found else found


def _inside(hint: Any) -> set[Any]:
    if dataclasses.is_dataclass(hint):
        return {hint}
    return {value for argument in get_args(hint) for value in _inside(argument)}


def _value(value: Any) -> str:
    hints = get_type_hints(value)
    fields = (f"`{field.name}` ({_type(hints[field.name])})" for field in dataclasses.fields(value))
    meaning = " ".join(str(value.__doc__).split())
    return f"### {value.__name__}\n\n{meaning} Fields: {', '.join(fields)}.\n"


def _event(body: Any) -> str:
    meaning = " ".join(str(body.__doc__).split())
    lines = [f"### `{body.type}`\n", f"{meaning} (`{body.__name__}`, schema {body.schema})\n"]
    lines += ["| field | type | meaning |", "|---|---|---|"]
    hints = get_type_hints(body)
    for field in dataclasses.fields(body):
        required = field.default is dataclasses.MISSING
        required = required and field.default_factory is dataclasses.MISSING
        mark = "" if required else "?"
        lines.append(
            f"| `{field.name}`{mark} | {_type(hints[field.name])} | {MEANINGS[field.name]} |"
        )
    return "\n".join(lines) + "\n"


def _type(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _type(arguments[0])
    if origin in (Union, types.UnionType):
        return " or ".join(_type(argument) for argument in arguments if argument is not type(None))
    if origin is Literal:
        return "code"
    if origin is tuple:
        return f"list of {_type(arguments[0])}"
    if origin is Personal:
        return f"**Personal** {_type(arguments[0])}"
    names = {"str": "text", "int": "whole number", "bool": "yes/no", "Decimal": "decimal"}
    names |= {"datetime": "time", "dict": "mapping"}
    name = getattr(origin or hint, "__name__", str(hint))
    return names.get(name, name)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
