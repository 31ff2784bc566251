"""The customer: who orders, how to reach them, what they ask for and what they agreed to."""

from typing import get_args

from ordertrail.domain.aggregate import Aggregate
from ordertrail.domain.customer.commands import (
    AddAddress,
    AnyCommand,
    ChangeContact,
    DescribeCustomer,
    EraseCustomer,
    GiveConsent,
    MergeCustomers,
    NotePreference,
    RegisterCustomer,
    RemoveAddress,
    RemoveContact,
    SetHandlingRequirement,
    WithdrawConsent,
    WithdrawHandlingRequirement,
    WithdrawPreference,
)
from ordertrail.domain.customer.decide import decide
from ordertrail.domain.customer.events import (
    AddressAdded,
    AddressRemoved,
    ConsentGiven,
    ConsentWithdrawn,
    Contact,
    ContactChanged,
    CustomerDescribed,
    CustomerErased,
    CustomerEvent,
    CustomerRegistered,
    CustomersMerged,
    HandlingRequirementSet,
    PreferenceNoted,
)
from ordertrail.domain.customer.state import Customer, evolve

CUSTOMER = Aggregate(
    name="customer",
    initial=Customer(),
    evolve=evolve,
    decide=decide,
    events=get_args(CustomerEvent),
    commands=get_args(AnyCommand),
)

__all__ = [
    "CUSTOMER",
    "AddAddress",
    "AddressAdded",
    "AddressRemoved",
    "ChangeContact",
    "ConsentGiven",
    "ConsentWithdrawn",
    "Contact",
    "ContactChanged",
    "Customer",
    "CustomerDescribed",
    "CustomerErased",
    "CustomerEvent",
    "CustomerRegistered",
    "CustomersMerged",
    "DescribeCustomer",
    "EraseCustomer",
    "GiveConsent",
    "HandlingRequirementSet",
    "MergeCustomers",
    "NotePreference",
    "PreferenceNoted",
    "RegisterCustomer",
    "RemoveAddress",
    "RemoveContact",
    "SetHandlingRequirement",
    "WithdrawConsent",
    "WithdrawHandlingRequirement",
    "WithdrawPreference",
]
