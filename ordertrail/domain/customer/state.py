"""What is known of a customer, folded from its events."""

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, TypeVar

from ordertrail.domain.customer.events import (
    AddressAdded,
    AddressRemoved,
    Birthday,
    ConsentGiven,
    ConsentWithdrawn,
    ContactChanged,
    CustomerDescribed,
    CustomerErased,
    CustomerKind,
    CustomerRegistered,
    CustomersMerged,
    HandlingRequirementSet,
    PreferenceNoted,
)
from ordertrail.domain.event import Event, value
from ordertrail.domain.values import HandlingRequirement, Identifier, Personal, Reference

K = TypeVar("K")
V = TypeVar("V")


@value
class Customer:
    """A customer as of one event.

    One without a registration is known by report: others spoke of it before anyone registered
    it. In the mappings, None stands for what was there once and was taken back, so that taking
    it back again is a repetition and not a mistake.
    """

    known: bool = False
    registration: CustomerRegistered | None = None
    kind: CustomerKind | None = None
    name: Personal[Identifier] | None = None
    birthday: Personal[Birthday] | None = None
    language: str | None = None
    group: str | None = None
    references: tuple[Reference, ...] = ()
    contacts: Mapping[str, ContactChanged | None] = field(default_factory=dict)
    addresses: Mapping[str, AddressAdded | None] = field(default_factory=dict)
    requirements: Mapping[tuple[str, str], HandlingRequirement | None] = field(default_factory=dict)
    preferences: Mapping[str, PreferenceNoted | None] = field(default_factory=dict)
    consents: Mapping[tuple[str, str], str | None] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    absorbed_into: str | None = None
    erased: bool = False

    @property
    def requirements_in_force(self) -> tuple[HandlingRequirement, ...]:
        """What an order placed now would have to heed, in the order in which it was first set."""
        return tuple(asked for asked in self.requirements.values() if asked is not None)


def evolve(customer: Customer, event: Event) -> Customer:
    """The customer after the event; never raises, on no subsequence of a stream."""
    return apply(customer, event.body)


def apply(customer: Customer, body: Any) -> Customer:
    """The customer after an event with this body."""
    changes: dict[str, Any] = {}
    match body:
        case CustomerRegistered():
            changes = _given(customer, body) | {"registration": body}
        case CustomerDescribed():
            changes = _given(customer, body)
        case ContactChanged(contact_id=id):
            changes["contacts"] = _with(customer.contacts, id, None if body.removed else body)
        case AddressAdded(address_id=id):
            changes["addresses"] = _with(customer.addresses, id, body)
        case AddressRemoved(address_id=id):
            changes["addresses"] = _with(customer.addresses, id, None)
        case HandlingRequirementSet(requirement=asked):
            changes["requirements"] = _with(
                customer.requirements, (asked.kind, asked.code), None if body.withdrawn else asked
            )
        case PreferenceNoted(preference=code):
            changes["preferences"] = _with(
                customer.preferences, code, None if body.withdrawn else body
            )
        case ConsentGiven(purpose=purpose, medium=medium):
            changes["consents"] = _with(customer.consents, (purpose, medium), body.text_version)
        case ConsentWithdrawn(purpose=purpose, medium=medium):
            changes["consents"] = _with(customer.consents, (purpose, medium), None)
        case CustomersMerged():
            changes = _merged(customer, body)
        case CustomerErased():
            customer = Customer(aliases=customer.aliases, absorbed_into=customer.absorbed_into)
            changes["erased"] = True
    return replace(customer, known=True, **changes)


def _given(customer: Customer, body: CustomerRegistered | CustomerDescribed) -> dict[str, Any]:
    fields = ("kind", "name", "birthday", "language", "group")
    changes = {name: getattr(body, name, None) for name in fields}
    changes = {name: given for name, given in changes.items() if given is not None}
    added = tuple(one for one in body.references if one not in customer.references)
    return changes | {"references": customer.references + added}


def _merged(customer: Customer, body: CustomersMerged) -> dict[str, Any]:
    if body.customer_id == body.absorbed_id:
        return {"absorbed_into": body.survivor_id}
    added = tuple(id for id in body.aliases if id not in customer.aliases)
    return {"aliases": customer.aliases + added}


def _with(mapping: Mapping[K, V], key: K, entry: V) -> Mapping[K, V]:
    return {**mapping, key: entry}
