"""What one can ask of a customer: the commands, each with an example that can be sent as it is."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from ordertrail.domain.aggregate import Command, example
from ordertrail.domain.customer.events import Birthday, Contact, CustomerKind
from ordertrail.domain.values import (
    Address,
    Code,
    HandlingRequirement,
    Identifier,
    Personal,
    Recipient,
    Reference,
    RequirementKind,
    Text,
)


def _fits_its_kind(requirement: HandlingRequirement) -> HandlingRequirement:
    timed = requirement.not_before is not None or requirement.not_after is not None
    if timed != (requirement.kind == "delivery_window"):
        raise ValueError("a delivery_window says not_before or not_after, and nothing else does")
    return requirement


Requirement = Annotated[HandlingRequirement, AfterValidator(_fits_its_kind)]
Purposes = Annotated[
    tuple[Code, ...], Field(description="What it is for: orders, billing, warehouse, ...")
]
Reported = Annotated[
    bool, Field(description="It happened elsewhere: a fact, stored and never refused.")
]


class CustomerCommand(Command):
    """Ask something of one customer."""

    customer_id: Identifier

    @property
    def streams(self) -> tuple[str, ...]:
        """The customer's stream."""
        return (f"customer-{self.customer_id}",)


class RegisterCustomer(CustomerCommand):
    """Enter a customer in the books."""

    model_config = example(
        customer_id="C-1001",
        kind="company",
        name="Lindgren Trading AB",
        language="sv",
        group="wholesale",
        references=[{"system": "crm", "kind": "account", "id": "0015e00002"}],
    )

    kind: CustomerKind = "person"
    name: Personal[Identifier] | None = None
    language: Code | None = Field(None, description="A language tag, such as de or pt-BR.")
    group: Code | None = Field(None, description="Your own grouping, such as wholesale.")
    references: tuple[Reference, ...] = Field((), description="Its names in other systems.")
    reported: Reported = False


class DescribeCustomer(CustomerCommand):
    """Tell more about a customer; what is given replaces what was known, references are added."""

    model_config = example(
        customer_id="C-1001", name="Astrid Lindgren", birthday="11-14", language="sv"
    )

    kind: CustomerKind | None = None
    name: Personal[Identifier] | None = None
    birthday: Personal[Birthday] | None = Field(None, description="Month and day, as MM-DD.")
    language: Code | None = Field(None, description="A language tag, such as de or pt-BR.")
    group: Code | None = Field(None, description="Your own grouping, such as wholesale.")
    references: tuple[Reference, ...] = Field((), description="More names in other systems.")
    reported: Reported = False


class ChangeContact(CustomerCommand):
    """Set a phone or fax number, an e-mail address or another way to reach a customer."""

    model_config = example(
        customer_id="C-1001",
        contact={"kind": "email", "value": "orders@example.com"},
        purposes=["orders"],
    )

    contact_id: Identifier | None = Field(
        None, description="Which contact it replaces; left out, the one called like its kind."
    )
    contact: Personal[Contact]
    purposes: Purposes = ()
    reported: Reported = False


class RemoveContact(CustomerCommand):
    """Remove a way to reach a customer."""

    model_config = example(customer_id="C-1001", contact_id="email")

    contact_id: Identifier
    reported: Reported = False


class AddAddress(CustomerCommand):
    """Add an address that the customer can be sent goods or bills at."""

    model_config = example(
        customer_id="C-1001",
        address_id="warehouse-south",
        address={"country": "SE", "postcode": "211 34", "city": "Malmö"},
        recipient={"company": "Lindgren Trading AB", "lines": ["Hamngatan 4"]},
        purposes=["shipping"],
    )

    address_id: Identifier
    address: Address
    recipient: Personal[Recipient] | None = None
    purposes: Purposes = ()
    reported: Reported = False


class RemoveAddress(CustomerCommand):
    """Remove an address of a customer; orders placed with it keep it."""

    model_config = example(customer_id="C-1001", address_id="warehouse-south")

    address_id: Identifier
    reported: Reported = False


class SetHandlingRequirement(CustomerCommand):
    """Ask for packaging, labels or a delivery window on the orders placed from now on."""

    model_config = example(
        customer_id="C-1001",
        requirement={"kind": "delivery_window", "code": "mornings", "not_after": "09:00"},
    )

    requirement: Requirement
    reported: Reported = False


class WithdrawHandlingRequirement(CustomerCommand):
    """Ask for packaging, labels or a delivery window no longer; placed orders keep it."""

    model_config = example(customer_id="C-1001", kind="delivery_window", code="mornings")

    kind: RequirementKind
    code: Code
    reported: Reported = False


class NotePreference(CustomerCommand):
    """Note what a customer likes, by a code, in words or both."""

    model_config = example(customer_id="C-1001", preference="invoice", value="by-post")

    preference: Code = Field(description="What it is about, such as invoice.")
    value: Code | None = Field(None, description="The choice, as a code.")
    text: Personal[Text] | None = Field(None, description="The wish, in words.")
    reported: Reported = False

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.value is None and self.text is None:
            raise ValueError("say what is preferred, by value, by text or both")
        return self


class WithdrawPreference(CustomerCommand):
    """Take back what was noted of a customer's liking."""

    model_config = example(customer_id="C-1001", preference="invoice")

    preference: Code
    reported: Reported = False


class GiveConsent(CustomerCommand):
    """Record that a customer agreed to one purpose over one medium."""

    model_config = example(
        customer_id="C-1001", purpose="newsletter", medium="email", text_version="2024-05"
    )

    purpose: Code = Field(description="What the customer agrees to, such as newsletter.")
    medium: Code = Field(description="By which way it may be done: email, phone, post, ...")
    text_version: Identifier = Field(description="Which version of the text was agreed to.")
    reported: Reported = False


class WithdrawConsent(CustomerCommand):
    """Record that a customer no longer agrees to a purpose over a medium."""

    model_config = example(customer_id="C-1001", purpose="newsletter", medium="email")

    purpose: Code
    medium: Code
    reported: Reported = False


class MergeCustomers(CustomerCommand):
    """Let one customer, who survives, absorb another that turned out to be the same."""

    model_config = example(customer_id="C-1001", absorbed_id="C-2002")

    customer_id: Identifier = Field(description="The one who survives.")
    absorbed_id: Identifier = Field(description="The one who is absorbed, and refuses from then.")

    @property
    def streams(self) -> tuple[str, ...]:
        """The survivor's stream first; merged into itself, a customer has only one."""
        both = (f"customer-{self.customer_id}", f"customer-{self.absorbed_id}")
        return tuple(dict.fromkeys(both))


class EraseCustomer(CustomerCommand):
    """Have the personal data of a customer forgotten, for good."""

    model_config = example(customer_id="C-1001", reason="asked-by-customer")


Telling = (
    RegisterCustomer
    | DescribeCustomer
    | ChangeContact
    | AddAddress
    | SetHandlingRequirement
    | NotePreference
    | GiveConsent
)
"""The commands that tell something new of a customer."""

TakingBack = (
    RemoveContact
    | RemoveAddress
    | WithdrawHandlingRequirement
    | WithdrawPreference
    | WithdrawConsent
)
"""The commands that take something back."""

AnyCommand = Telling | TakingBack | MergeCustomers | EraseCustomer
