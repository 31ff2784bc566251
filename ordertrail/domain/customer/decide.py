"""The rules of a customer: what a command leads to, and why it is refused."""

from typing import assert_never

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
    TakingBack,
    Telling,
    WithdrawConsent,
    WithdrawHandlingRequirement,
    WithdrawPreference,
)
from ordertrail.domain.customer.events import (
    AddressAdded,
    AddressRemoved,
    ConsentGiven,
    ConsentWithdrawn,
    ContactChanged,
    CustomerDescribed,
    CustomerErased,
    CustomerEvent,
    CustomerRegistered,
    CustomersMerged,
    HandlingRequirementSet,
    PreferenceNoted,
)
from ordertrail.domain.customer.state import Customer, apply
from ordertrail.domain.errors import not_found, refuse
from ordertrail.domain.values import HandlingRequirement

Bodies = list[CustomerEvent]


def decide(command: AnyCommand, *states: Customer) -> Bodies | tuple[Bodies, ...]:
    """What the command leads to; for a merge, first the survivor's events, then the absorbed's.

    Raises:
        Refused: a rule said no; never for a reported fact.
    """
    customer = states[0]
    match command:
        case MergeCustomers():
            return _merge(command, customer, states[-1])
        case EraseCustomer():
            return _erase(command, customer)
        case (
            RemoveContact()
            | RemoveAddress()
            | WithdrawHandlingRequirement()
            | WithdrawPreference()
            | WithdrawConsent()
        ):
            return _take_back(command, customer)
        case (
            RegisterCustomer()
            | DescribeCustomer()
            | ChangeContact()
            | AddAddress()
            | SetHandlingRequirement()
            | NotePreference()
            | GiveConsent()
        ):
            return _tell(command, customer)
        case _:
            assert_never(command)


def _tell(command: Telling, customer: Customer) -> Bodies:
    if not command.reported:
        _refuse_unless_addressable(command, customer)
        if customer.erased:
            refuse("customer_erased", customer=command.customer_id)
    if customer.erased:
        # What was forgotten stays forgotten, even when an old file is imported once more.
        return []
    body = _told(command)
    if body == customer.registration or apply(customer, body) == customer or _empty(body):
        return []
    if not command.reported:
        if isinstance(command, RegisterCustomer) and customer.registration is not None:
            refuse("customer_registered", customer=command.customer_id)
        if isinstance(command, AddAddress) and customer.addresses.get(command.address_id):
            refuse("address_exists", customer=command.customer_id, address=command.address_id)
    return [body]


def _told(command: Telling) -> CustomerEvent:
    id = command.customer_id
    body: CustomerEvent
    match command:
        case RegisterCustomer():
            body = CustomerRegistered(
                customer_id=id,
                kind=command.kind,
                name=command.name,
                language=command.language,
                group=command.group,
                references=command.references,
            )
        case DescribeCustomer():
            body = CustomerDescribed(
                customer_id=id,
                kind=command.kind,
                name=command.name,
                birthday=command.birthday,
                language=command.language,
                group=command.group,
                references=command.references,
            )
        case ChangeContact(contact=contact):
            body = ContactChanged(
                customer_id=id,
                contact_id=command.contact_id or contact.value.kind,
                kind=contact.value.kind,
                contact=contact,
                purposes=tuple(dict.fromkeys(command.purposes)),
            )
        case AddAddress():
            body = AddressAdded(
                customer_id=id,
                address_id=command.address_id,
                address=command.address,
                recipient=command.recipient,
                purposes=tuple(dict.fromkeys(command.purposes)),
            )
        case SetHandlingRequirement():
            body = HandlingRequirementSet(customer_id=id, requirement=command.requirement)
        case NotePreference():
            body = PreferenceNoted(
                customer_id=id,
                preference=command.preference,
                value=command.value,
                text=command.text,
            )
        case GiveConsent():
            body = ConsentGiven(
                customer_id=id,
                purpose=command.purpose,
                medium=command.medium,
                text_version=command.text_version,
            )
        case _:
            assert_never(command)
    return body


def _take_back(command: TakingBack, customer: Customer) -> Bodies:
    if not command.reported:
        _refuse_unless_addressable(command, customer)
    if customer.erased:
        return []  # it went with everything else
    id = command.customer_id
    body: CustomerEvent
    match command:
        case RemoveContact(contact_id=contact_id):
            unknown = contact_id not in customer.contacts
            was = customer.contacts.get(contact_id)
            kind = was.kind if was else None
            body = ContactChanged(customer_id=id, contact_id=contact_id, kind=kind, removed=True)
        case RemoveAddress(address_id=address_id):
            unknown = address_id not in customer.addresses
            body = AddressRemoved(customer_id=id, address_id=address_id)
        case WithdrawHandlingRequirement(kind=kind, code=code):
            unknown = (kind, code) not in customer.requirements
            asked = customer.requirements.get((kind, code)) or HandlingRequirement(kind, code)
            body = HandlingRequirementSet(customer_id=id, requirement=asked, withdrawn=True)
        case WithdrawPreference(preference=preference):
            unknown = preference not in customer.preferences
            body = PreferenceNoted(customer_id=id, preference=preference, withdrawn=True)
        case WithdrawConsent(purpose=purpose, medium=medium):
            unknown = (purpose, medium) not in customer.consents
            body = ConsentWithdrawn(customer_id=id, purpose=purpose, medium=medium)
        case _:
            assert_never(command)
    if unknown and not command.reported:
        _refuse_to_take_back(command)
    return [] if apply(customer, body) == customer else [body]


def _erase(command: EraseCustomer, customer: Customer) -> Bodies:
    # An absorbed customer is erased like any other: its stream holds what was told of it before.
    if not customer.known:
        not_found("customer", command.customer_id)
    if customer.erased:
        return []
    return [CustomerErased(customer_id=command.customer_id, aliases=customer.aliases)]


def _merge(command: MergeCustomers, survivor: Customer, absorbed: Customer) -> tuple[Bodies, ...]:
    survivor_id, absorbed_id = command.customer_id, command.absorbed_id
    if survivor_id == absorbed_id:
        refuse("merge_into_itself", customer=survivor_id)
    if absorbed.absorbed_into == survivor_id:
        return [], []
    for id, customer in ((survivor_id, survivor), (absorbed_id, absorbed)):
        if not customer.known:
            not_found("customer", id)
        # As an absorbed customer neither absorbs nor is absorbed again, merges make no circles.
        if customer.absorbed_into is not None:
            refuse("customer_absorbed", customer=id, survivor=customer.absorbed_into)
        if customer.erased:
            refuse("customer_erased", customer=id)
    aliases = (absorbed_id, *absorbed.aliases)
    on_survivor, on_absorbed = (
        CustomersMerged(
            customer_id=id, survivor_id=survivor_id, absorbed_id=absorbed_id, aliases=aliases
        )
        for id in (survivor_id, absorbed_id)
    )
    return [on_survivor], [on_absorbed]


def _refuse_unless_addressable(command: Telling | TakingBack, customer: Customer) -> None:
    if not customer.known and not isinstance(command, RegisterCustomer):
        not_found("customer", command.customer_id)
    if customer.absorbed_into is not None:
        survivor = customer.absorbed_into
        refuse("customer_absorbed", customer=command.customer_id, survivor=survivor)


def _refuse_to_take_back(command: TakingBack) -> None:
    match command:
        case RemoveContact():
            not_found("contact", command.contact_id)
        case RemoveAddress():
            not_found("address", command.address_id)
        case WithdrawHandlingRequirement():
            not_found("requirement", command.code)
        case WithdrawPreference():
            not_found("preference", command.preference)
        case WithdrawConsent(customer_id=id, purpose=purpose, medium=medium):
            refuse("consent_never_given", customer=id, purpose=purpose, medium=medium)
        case _:
            assert_never(command)


def _empty(body: CustomerEvent) -> bool:
    return body == CustomerDescribed(customer_id=body.customer_id)
