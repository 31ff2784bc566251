"""One body of every event of a customer, with every field said; all people in them are invented."""

from datetime import time
from typing import Any

from ordertrail.domain.customer import (
    AddressAdded,
    AddressRemoved,
    ConsentGiven,
    ConsentWithdrawn,
    Contact,
    ContactChanged,
    CustomerDescribed,
    CustomerErased,
    CustomerRegistered,
    CustomersMerged,
    HandlingRequirementSet,
    PreferenceNoted,
)
from ordertrail.domain.values import Address, HandlingRequirement, Personal, Recipient, Reference

ID = "C-1001"
NAMES = (Reference("crm", "0015e00002", "account"),)
WINDOW = HandlingRequirement("delivery_window", "mornings", time(7, 0), time(9, 30))

SAMPLES: tuple[Any, ...] = (
    CustomerRegistered(
        customer_id=ID, kind="company", name=Personal("Example Trading AB"), language="sv",
        group="wholesale", references=NAMES,
    ),
    CustomerDescribed(
        customer_id=ID, kind="person", name=Personal("R. Example"), birthday=Personal("02-29"),
        language="pt-BR", group="retail", references=NAMES,
    ),
    ContactChanged(
        customer_id=ID, contact_id="desk", kind="email",
        contact=Personal(Contact("email", "orders@example.com")), purposes=("orders", "billing"),
        removed=True,
    ),
    AddressAdded(
        customer_id=ID, address_id="south", purposes=("shipping",),
        address=Address("SE", "211 34", "Skåne", "Malmö", "Centrum"),
        recipient=Personal(
            Recipient("R. Example", "Example AB", ("Hamngatan 4",), "+46400000", "r@example.com")
        ),
    ),
    AddressRemoved(customer_id=ID, address_id="south"),
    HandlingRequirementSet(customer_id=ID, requirement=WINDOW, withdrawn=True),
    PreferenceNoted(
        customer_id=ID, preference="invoice", value="by-post", text=Personal("On paper, please."),
        withdrawn=True,
    ),
    ConsentGiven(customer_id=ID, purpose="newsletter", medium="email", text_version="2024-05"),
    ConsentWithdrawn(customer_id=ID, purpose="newsletter", medium="email"),
    CustomersMerged(
        customer_id=ID, survivor_id=ID, absorbed_id="C-2002", aliases=("C-2002", "C-3003")
    ),
    CustomerErased(customer_id=ID, aliases=("C-2002",)),
)  # fmt: skip
