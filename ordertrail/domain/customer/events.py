"""What happens to a customer: the bodies of the events of a stream `customer-{id}`."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from ordertrail.domain.event import event, value
from ordertrail.domain.values import (
    Address,
    Code,
    HandlingRequirement,
    Identifier,
    Personal,
    Recipient,
    Reference,
    Text,
)

CustomerKind = Literal["person", "company"]
ContactKind = Literal["phone", "email", "fax", "other"]

_DAYS = r"(0[1-9]|1[0-2])-(0[1-9]|1\d|2\d)|(0[13-9]|1[0-2])-30|(0[13578]|1[02])-31"
Birthday = Annotated[str, StringConstraints(pattern=rf"^({_DAYS})$")]
"""A month and a day, "02-29"; the year is nobody's business here."""


@value
class Contact:
    """One way to reach a customer."""

    kind: ContactKind
    value: Identifier


@event("customer.registered")
class CustomerRegistered:
    """A customer was entered in the books; what was not given is not known."""

    customer_id: Identifier
    kind: CustomerKind = "person"
    name: Personal[Identifier] | None = None
    language: Code | None = None
    group: Code | None = None
    references: tuple[Reference, ...] = ()


@event("customer.described")
class CustomerDescribed:
    """What is given here replaces what was known; references are added."""

    customer_id: Identifier
    kind: CustomerKind | None = None
    name: Personal[Identifier] | None = None
    birthday: Personal[Birthday] | None = None
    language: Code | None = None
    group: Code | None = None
    references: tuple[Reference, ...] = ()


@event("customer.contact_changed")
class ContactChanged:
    """A way to reach the customer is now this one, or was removed.

    The kind is told twice, so that it can still be counted when the contact is forgotten.
    """

    customer_id: Identifier
    contact_id: Identifier
    kind: ContactKind | None = None
    contact: Personal[Contact] | None = None
    purposes: tuple[Code, ...] = ()
    removed: bool = False


@event("customer.address_added")
class AddressAdded:
    """The customer can be sent goods or bills at one more address."""

    customer_id: Identifier
    address_id: Identifier
    address: Address
    recipient: Personal[Recipient] | None = None
    purposes: tuple[Code, ...] = ()


@event("customer.address_removed")
class AddressRemoved:
    """An address is no longer in use."""

    customer_id: Identifier
    address_id: Identifier


@event("customer.handling_requirement_set")
class HandlingRequirementSet:
    """The customer asks this of whoever handles the goods, or asks it no longer."""

    customer_id: Identifier
    requirement: HandlingRequirement
    withdrawn: bool = False


@event("customer.preference_noted")
class PreferenceNoted:
    """The customer likes it this way: a code from a list, words, or both; or no longer."""

    customer_id: Identifier
    preference: Code
    value: Code | None = None
    text: Personal[Text] | None = None
    withdrawn: bool = False


@event("customer.consent_given")
class ConsentGiven:
    """The customer agreed to one purpose over one medium, having read one version of the text."""

    customer_id: Identifier
    purpose: Code
    medium: Code
    text_version: Identifier


@event("customer.consent_withdrawn")
class ConsentWithdrawn:
    """The customer no longer agrees to a purpose over a medium."""

    customer_id: Identifier
    purpose: Code
    medium: Code


@event("customer.merged")
class CustomersMerged:
    """Two customers turned out to be one; told on both streams, and nothing is rewritten.

    `aliases` are all ids that the survivor gains: the absorbed one's, and those it had absorbed.
    """

    customer_id: Identifier
    survivor_id: Identifier
    absorbed_id: Identifier
    aliases: tuple[Identifier, ...] = ()


@event("customer.erased")
class CustomerErased:
    """The personal data of the customer, and of its aliases, is to be forgotten."""

    customer_id: Identifier
    aliases: tuple[Identifier, ...] = ()


CustomerEvent = (
    CustomerRegistered
    | CustomerDescribed
    | ContactChanged
    | AddressAdded
    | AddressRemoved
    | HandlingRequirementSet
    | PreferenceNoted
    | ConsentGiven
    | ConsentWithdrawn
    | CustomersMerged
    | CustomerErased
)
