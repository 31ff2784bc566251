"""The rules of a customer."""

import json
from datetime import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ordertrail.domain.aggregate import Command
from ordertrail.domain.customer import (
    CUSTOMER,
    AddAddress,
    AddressAdded,
    AddressRemoved,
    ChangeContact,
    ConsentGiven,
    ConsentWithdrawn,
    Contact,
    ContactChanged,
    Customer,
    CustomerDescribed,
    CustomerErased,
    CustomerRegistered,
    CustomersMerged,
    DescribeCustomer,
    EraseCustomer,
    GiveConsent,
    HandlingRequirementSet,
    MergeCustomers,
    NotePreference,
    PreferenceNoted,
    RegisterCustomer,
    RemoveAddress,
    RemoveContact,
    SetHandlingRequirement,
    WithdrawConsent,
    WithdrawHandlingRequirement,
    WithdrawPreference,
)
from ordertrail.domain.errors import NotFound, Refused
from ordertrail.domain.event import Event
from ordertrail.domain.values import Address, HandlingRequirement, Personal, Recipient, Reference
from tests.scenario import NOON, Scenario

ID = "C-1"
NAME = Personal("Astrid Lindgren")
EMAIL = Personal(Contact("email", "astrid@example.com"))
MALMO = Address("SE", "21134", city="Malmö")
DOOR = Personal(Recipient(name="Astrid Lindgren", lines=("Hamngatan 4",)))
MORNINGS = HandlingRequirement("delivery_window", "mornings", not_after=time(9))

REGISTERED = CustomerRegistered(customer_id=ID, name=NAME)
CONTACT = ContactChanged(customer_id=ID, contact_id="email", kind="email", contact=EMAIL)
ADDRESS = AddressAdded(customer_id=ID, address_id="home", address=MALMO, recipient=DOOR)
CONSENT = ConsentGiven(customer_id=ID, purpose="newsletter", medium="email", text_version="1")
MERGED = CustomersMerged(customer_id=ID, survivor_id="C-2", absorbed_id=ID, aliases=(ID,))
ERASED = CustomerErased(customer_id=ID)


def customer(*bodies: Any) -> Scenario:
    """The customer C-1 to whom this happened."""
    return Scenario(CUSTOMER).given(*bodies)


def registered(*bodies: Any) -> Scenario:
    """The registered customer C-1 to whom this happened."""
    return customer(REGISTERED, *bodies)


# Registration


def test_a_customer_is_registered_with_what_is_known():
    reference = Reference("crm", "17", "account")
    command = RegisterCustomer(
        customer_id=ID, name=NAME, language="sv", group="retail", references=(reference,)
    )
    scenario = customer().when(command)
    scenario.then(
        CustomerRegistered(
            customer_id=ID, name=NAME, language="sv", group="retail", references=(reference,)
        )
    )
    state = scenario.state("customer-C-1")
    assert (state.name, state.language, state.group) == (NAME, "sv", "retail")
    assert state.references == (reference,)


def test_registering_again_in_the_same_words_is_quiet_even_after_a_change():
    changed = CustomerDescribed(customer_id=ID, group="wholesale")
    registered(changed).when(RegisterCustomer(customer_id=ID, name=NAME)).then_nothing()


def test_registering_again_in_other_words_is_refused():
    command = RegisterCustomer(customer_id=ID, name=Personal("Pippi"))
    registered().when(command).then_refused("customer_registered", customer=ID)


def test_a_registration_that_is_reported_again_in_other_words_is_stored():
    other = Personal("Pippi")
    command = RegisterCustomer(customer_id=ID, name=other, reported=True)
    registered().when(command).then(CustomerRegistered(customer_id=ID, name=other))


def test_a_customer_known_by_report_can_be_registered():
    command = RegisterCustomer(customer_id=ID, name=NAME)
    customer(CONTACT).when(command).then(REGISTERED)


def test_a_fact_reported_of_nobody_known_is_stored_and_the_customer_exists_by_it():
    fact = ChangeContact(customer_id=ID, contact=EMAIL, reported=True)
    scenario = customer().when(fact).then(CONTACT)
    assert scenario.state("customer-C-1").registration is None
    scenario.when(DescribeCustomer(customer_id=ID, group="retail"))
    scenario.then(CustomerDescribed(customer_id=ID, group="retail"))


GUARDED = [
    command.model_validate(command.model_json_schema()["examples"][0])
    for command in CUSTOMER.commands
]


@pytest.mark.parametrize(
    "command",
    [one for one in GUARDED if not isinstance(one, RegisterCustomer)],
    ids=lambda command: command.type_name(),
)
def test_nothing_is_told_of_an_unknown_customer(command):
    scenario = customer().when(command)
    scenario.then_refused("not_found", kind="customer", id=command.customer_id)
    assert isinstance(scenario.refusal, NotFound)


# Description, contacts, addresses


def test_a_description_replaces_only_what_it_gives():
    old, new = Reference("crm", "17", "account"), Reference("erp", "4", "debtor")
    first = CustomerDescribed(customer_id=ID, group="retail", language="sv", references=(old,))
    scenario = registered(first).when(
        DescribeCustomer(
            customer_id=ID, group="wholesale", birthday=Personal("11-14"), references=(new,)
        )
    )
    state = scenario.state("customer-C-1")
    assert (state.name, state.group, state.language) == (NAME, "wholesale", "sv")
    assert state.birthday == Personal("11-14")
    assert state.references == (old, new)


@pytest.mark.parametrize("reported", [False, True])
def test_a_description_of_nothing_or_of_what_is_known_is_quiet(reported):
    known = CustomerDescribed(customer_id=ID, group="retail")
    scenario = registered(known)
    scenario.when(DescribeCustomer(customer_id=ID, reported=reported)).then_nothing()
    scenario.when(DescribeCustomer(customer_id=ID, group="retail", reported=reported))
    scenario.then_nothing()


@pytest.mark.parametrize("day", ["01-31", "02-29", "04-30", "12-31"])
def test_a_birthday_is_a_month_and_a_day(day):
    command = DescribeCustomer.model_validate({"customer_id": ID, "birthday": day})
    assert command.birthday == Personal(day)


@pytest.mark.parametrize("day", ["02-30", "04-31", "13-01", "00-10", "1-1", "1980-01-31", ""])
def test_a_birthday_that_no_calendar_has_is_refused(day):
    with pytest.raises(ValidationError):
        DescribeCustomer.model_validate({"customer_id": ID, "birthday": day})


def test_a_contact_without_an_id_is_the_one_of_its_kind():
    command = ChangeContact(customer_id=ID, contact=EMAIL)
    registered().when(command).then(CONTACT).when(command).then_nothing()


def test_a_contact_is_removed_once():
    removed = ContactChanged(customer_id=ID, contact_id="email", kind="email", removed=True)
    command = RemoveContact(customer_id=ID, contact_id="email")
    registered(CONTACT).when(command).then(removed).when(command).then_nothing()


def test_removing_an_unknown_contact_is_refused():
    command = RemoveContact(customer_id=ID, contact_id="fax")
    registered().when(command).then_refused("not_found", kind="contact", id="fax")


def test_an_address_is_added_and_removed_once():
    add = AddAddress(customer_id=ID, address_id="home", address=MALMO, recipient=DOOR)
    remove = RemoveAddress(customer_id=ID, address_id="home")
    scenario = registered().when(add).then(ADDRESS).when(add).then_nothing()
    scenario.when(remove).then(AddressRemoved(customer_id=ID, address_id="home"))
    scenario.when(remove).then_nothing()
    scenario.when(add).then(ADDRESS)


def test_another_address_under_a_name_in_use_is_refused_unless_reported():
    command = AddAddress(customer_id=ID, address_id="home", address=Address("NO"))
    scenario = registered(ADDRESS).when(command)
    scenario.then_refused("address_exists", customer=ID, address="home")
    scenario.when(command.model_copy(update={"reported": True}))
    scenario.then(AddressAdded(customer_id=ID, address_id="home", address=Address("NO")))


def test_removing_an_unknown_address_is_refused_unless_reported():
    command = RemoveAddress(customer_id=ID, address_id="home")
    scenario = registered().when(command).then_refused("not_found", kind="address", id="home")
    scenario.when(command.model_copy(update={"reported": True}))
    scenario.then(AddressRemoved(customer_id=ID, address_id="home"))


# Requirements, preferences, consents


def test_a_requirement_is_in_force_until_it_is_withdrawn():
    ask = SetHandlingRequirement(customer_id=ID, requirement=MORNINGS)
    withdraw = WithdrawHandlingRequirement(customer_id=ID, kind="delivery_window", code="mornings")
    scenario = registered().when(ask)
    scenario.then(HandlingRequirementSet(customer_id=ID, requirement=MORNINGS))
    assert scenario.state("customer-C-1").requirements_in_force == (MORNINGS,)
    scenario.when(ask).then_nothing()
    scenario.when(withdraw)
    scenario.then(HandlingRequirementSet(customer_id=ID, requirement=MORNINGS, withdrawn=True))
    assert scenario.state("customer-C-1").requirements_in_force == ()
    scenario.when(withdraw).then_nothing()


def test_withdrawing_a_requirement_never_set_is_refused():
    command = WithdrawHandlingRequirement(customer_id=ID, kind="label", code="fragile")
    registered().when(command).then_refused("not_found", kind="requirement", id="fragile")


@pytest.mark.parametrize(
    "requirement",
    [
        {"kind": "delivery_window", "code": "mornings"},
        {"kind": "packaging", "code": "shock-proof", "not_after": "09:00"},
    ],
)
def test_a_delivery_window_has_times_and_nothing_else_does(requirement):
    with pytest.raises(ValidationError, match="delivery_window"):
        SetHandlingRequirement(customer_id=ID, requirement=requirement)


def test_a_preference_is_noted_by_code_or_in_words_and_taken_back():
    note = NotePreference(customer_id=ID, preference="invoice", text=Personal("By post, please"))
    noted = PreferenceNoted(customer_id=ID, preference="invoice", text=note.text)
    withdraw = WithdrawPreference(customer_id=ID, preference="invoice")
    scenario = registered().when(note).then(noted).when(note).then_nothing()
    scenario.when(withdraw)
    scenario.then(PreferenceNoted(customer_id=ID, preference="invoice", withdrawn=True))
    scenario.when(withdraw).then_nothing()
    unknown = WithdrawPreference(customer_id=ID, preference="colour")
    scenario.when(unknown).then_refused("not_found", kind="preference", id="colour")


def test_a_preference_says_something():
    with pytest.raises(ValidationError, match="say what is preferred"):
        NotePreference(customer_id=ID, preference="invoice")


def test_consent_is_given_to_each_version_of_the_text_and_withdrawn_once():
    give = GiveConsent(customer_id=ID, purpose="newsletter", medium="email", text_version="1")
    again = give.model_copy(update={"text_version": "2"})
    withdraw = WithdrawConsent(customer_id=ID, purpose="newsletter", medium="email")
    scenario = registered().when(give).then(CONSENT).when(give).then_nothing()
    scenario.when(again).then(
        ConsentGiven(customer_id=ID, purpose="newsletter", medium="email", text_version="2")
    )
    scenario.when(withdraw)
    scenario.then(ConsentWithdrawn(customer_id=ID, purpose="newsletter", medium="email"))
    scenario.when(withdraw).then_nothing()
    scenario.when(give).then(CONSENT)


def test_withdrawing_a_consent_never_given_is_refused():
    command = WithdrawConsent(customer_id=ID, purpose="newsletter", medium="phone")
    registered(CONSENT).when(command).then_refused("consent_never_given", medium="phone")


# Merging


def test_a_merge_is_told_on_both_streams_and_only_once():
    two = CustomerRegistered(customer_id="C-2")
    command = MergeCustomers(customer_id="C-2", absorbed_id=ID)
    assert command.streams == ("customer-C-2", "customer-C-1")
    scenario = Scenario(CUSTOMER).given(two).given(REGISTERED, stream="customer-C-1")
    on_survivor = CustomersMerged(
        customer_id="C-2", survivor_id="C-2", absorbed_id=ID, aliases=(ID,)
    )
    scenario.when(command).then(on_survivor, MERGED).when(command).then_nothing()
    assert scenario.state("customer-C-2").aliases == (ID,)


def test_the_survivor_gains_the_aliases_of_the_absorbed():
    earlier = CustomersMerged(customer_id=ID, survivor_id=ID, absorbed_id="C-0", aliases=("C-0",))
    scenario = Scenario(CUSTOMER).given(CustomerRegistered(customer_id="C-2"))
    scenario.given(REGISTERED, earlier, stream="customer-C-1")
    scenario.when(MergeCustomers(customer_id="C-2", absorbed_id=ID))
    assert scenario.state("customer-C-2").aliases == (ID, "C-0")


def test_a_customer_is_not_merged_into_itself():
    command = MergeCustomers(customer_id=ID, absorbed_id=ID)
    registered().when(command).then_refused("merge_into_itself", customer=ID)


@pytest.mark.parametrize(("survivor", "absorbed"), [(ID, "C-3"), ("C-3", ID), (ID, "C-2")])
def test_an_absorbed_customer_neither_absorbs_nor_is_absorbed_again(survivor, absorbed):
    scenario = Scenario(CUSTOMER).given(REGISTERED, MERGED, stream="customer-C-1")
    for id in ("C-2", "C-3"):
        scenario.given(CustomerRegistered(customer_id=id), stream=f"customer-{id}")
    scenario.when(MergeCustomers(customer_id=survivor, absorbed_id=absorbed))
    scenario.then_refused("customer_absorbed", customer=ID, survivor="C-2")


@pytest.mark.parametrize(
    "command",
    [one for one in GUARDED if not isinstance(one, EraseCustomer | MergeCustomers)],
    ids=lambda command: command.type_name(),
)
def test_an_absorbed_customer_names_its_survivor(command):
    command = command.model_copy(update={"customer_id": ID})
    scenario = registered(MERGED).when(command)
    scenario.then_refused("customer_absorbed", customer=ID, survivor="C-2")


def test_a_fact_reported_of_an_absorbed_customer_is_stored_on_it():
    fact = ChangeContact(customer_id=ID, contact=EMAIL, reported=True)
    registered(MERGED).when(fact).then(CONTACT)


# Erasure


def test_an_erased_customer_keeps_nothing_personal_and_names_its_aliases():
    absorbed = CustomersMerged(customer_id=ID, survivor_id=ID, absorbed_id="C-0", aliases=("C-0",))
    scenario = registered(CONTACT, ADDRESS, CONSENT, absorbed)
    command = EraseCustomer(customer_id=ID)
    scenario.when(command).then(CustomerErased(customer_id=ID, aliases=("C-0",)))
    assert scenario.state("customer-C-1") == Customer(known=True, erased=True, aliases=("C-0",))
    scenario.when(command).then_nothing()


def test_an_absorbed_customer_can_be_erased():
    registered(MERGED).when(EraseCustomer(customer_id=ID)).then(ERASED)


@pytest.mark.parametrize(
    "command",
    [
        RegisterCustomer(customer_id=ID),
        DescribeCustomer(customer_id=ID, group="retail"),
        ChangeContact(customer_id=ID, contact=EMAIL),
        AddAddress(customer_id=ID, address_id="home", address=MALMO),
        GiveConsent(customer_id=ID, purpose="newsletter", medium="email", text_version="1"),
        MergeCustomers(customer_id=ID, absorbed_id="C-2"),
        pytest.param(MergeCustomers(customer_id="C-2", absorbed_id=ID), id="be-absorbed"),
    ],
    ids=lambda command: command.type_name(),
)
def test_nothing_new_is_told_of_an_erased_customer(command):
    scenario = Scenario(CUSTOMER).given(REGISTERED, ERASED, stream="customer-C-1")
    scenario.given(CustomerRegistered(customer_id="C-2"), stream="customer-C-2")
    scenario.when(command).then_refused("customer_erased", customer=ID)


@pytest.mark.parametrize(
    "command",
    [
        RemoveContact(customer_id=ID, contact_id="email"),
        RemoveAddress(customer_id=ID, address_id="home"),
        WithdrawConsent(customer_id=ID, purpose="newsletter", medium="email"),
        ChangeContact(customer_id=ID, contact=EMAIL, reported=True),
        RegisterCustomer(customer_id=ID, name=NAME, reported=True),
    ],
    ids=lambda command: command.type_name(),
)
def test_what_was_forgotten_stays_forgotten(command):
    registered(CONTACT, ADDRESS, CONSENT, ERASED).when(command).then_nothing()


# Of every command, on every history

SECRET = "Kalle Blomkvist"
ids = st.sampled_from(["C-1", "C-2", "C-3"])
names = st.sampled_from(["a", "b"])
codes = st.none() | names
languages = st.sampled_from([None, "sv", "de"])
secrets = st.sampled_from([SECRET, f"{SECRET} jr"])
reported = st.booleans()
references = st.lists(st.builds(Reference, names, names, names), max_size=2).map(tuple)
contacts = st.builds(Contact, st.sampled_from(["phone", "email", "fax", "other"]), secrets)
recipients = st.builds(Recipient, secrets, secrets, st.tuples(secrets), secrets, secrets)
requirements = st.builds(
    HandlingRequirement, st.sampled_from(["packaging", "label"]), names
) | st.just(MORNINGS)


def whole(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values.map(Personal)


_OF_ALL: dict[str, st.SearchStrategy[Any]] = {"customer_id": ids, "reported": reported}
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(
        RegisterCustomer,
        **_OF_ALL,
        name=st.none() | whole(secrets),
        language=languages,
        group=codes,
        references=references,
    ),
    st.builds(
        DescribeCustomer,
        **_OF_ALL,
        name=st.none() | whole(secrets),
        birthday=st.none() | st.just(Personal("11-14")),
        group=codes,
        references=references,
    ),
    st.builds(ChangeContact, **_OF_ALL, contact_id=codes, contact=whole(contacts)),
    st.builds(RemoveContact, **_OF_ALL, contact_id=names | st.just("email")),
    st.builds(
        AddAddress,
        **_OF_ALL,
        address_id=names,
        address=st.builds(Address, st.sampled_from(["SE", "NO"])),
        recipient=st.none() | whole(recipients),
    ),
    st.builds(RemoveAddress, **_OF_ALL, address_id=names),
    st.builds(SetHandlingRequirement, **_OF_ALL, requirement=requirements),
    st.builds(
        WithdrawHandlingRequirement,
        **_OF_ALL,
        kind=st.sampled_from(["packaging", "delivery_window"]),
        code=names,
    ),
    st.builds(NotePreference, **_OF_ALL, preference=names, value=names, text=whole(secrets)),
    st.builds(WithdrawPreference, **_OF_ALL, preference=names),
    st.builds(GiveConsent, **_OF_ALL, purpose=names, medium=names, text_version=names),
    st.builds(WithdrawConsent, **_OF_ALL, purpose=names, medium=names),
    st.builds(MergeCustomers, customer_id=ids, absorbed_id=ids),
    st.builds(EraseCustomer, customer_id=ids),
)
histories = st.lists(commands, max_size=30)


def run(history: list[Command]) -> Scenario:
    scenario = Scenario(CUSTOMER)
    for command in history:
        scenario.when(command)
    return scenario


@given(histories, commands)
def test_a_command_that_is_repeated_is_quiet(history, command):
    scenario = run(history).when(command)
    if scenario.refusal is None:
        scenario.when(command).then_nothing()


@given(histories, commands)
def test_a_reported_fact_is_never_refused(history, command):
    scenario = run(history).when(command)
    assert scenario.refusal is None or not getattr(command, "reported", False)


@given(histories, st.data())
def test_evolve_raises_on_no_subsequence(history, data):
    for events in run(history).history.values():
        kept = data.draw(st.lists(st.booleans(), min_size=len(events), max_size=len(events)))
        state = CUSTOMER.initial
        for event, keep in zip(events, kept, strict=True):
            if keep:
                state = CUSTOMER.evolve(state, event)
        assert events == [] or state.known == any(kept)


@given(histories)
def test_merges_make_no_circles(history):
    scenario = run(history)
    for start in ("C-1", "C-2", "C-3"):
        met: list[str] = []
        id: str | None = start
        while id is not None:
            assert id not in met
            met.append(id)
            id = scenario.state(f"customer-{id}").absorbed_into


@settings(max_examples=30)
@given(histories, commands)
def test_nothing_personal_is_ever_shown(history, command):
    scenario = run(history).when(command)
    states = [scenario.state(stream) for stream in tuple(scenario.history)]
    for shown in (command, states, scenario.history, scenario.bodies, scenario.refusal):
        assert SECRET not in f"{shown} {shown!r}"
    if scenario.refusal is not None:
        assert SECRET not in repr(scenario.refusal.arguments)


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        (RegisterCustomer, {"name": SECRET * 100}),
        (RegisterCustomer, {"name": {"first": SECRET}}),
        (DescribeCustomer, {"birthday": SECRET}),
        (ChangeContact, {"contact": {"kind": SECRET, "value": SECRET}}),
        (ChangeContact, {"contact": SECRET}),
        (AddAddress, {"recipient": {"name": SECRET, "phone": f"{SECRET}\0"}}),
        (AddAddress, {"recipient": [SECRET]}),
        (NotePreference, {"preference": "invoice", "text": SECRET * 1000}),
        (NotePreference, {"preference": "invoice", "text": SECRET, "unknown": 1}),
    ],
)
def test_an_error_of_form_does_not_show_what_it_is_about(command, fields):
    for validate, payload in (
        (command.model_validate, {"customer_id": ID, **fields}),
        (command.model_validate_json, json.dumps({"customer_id": ID, **fields})),
    ):
        with pytest.raises(ValidationError) as error:
            validate(payload)
        assert SECRET not in f"{error.value} {error.value!r}"


# What the command line and the documents tell of the commands


@pytest.mark.parametrize("command", CUSTOMER.commands, ids=lambda command: command.type_name())
def test_a_command_tells_what_it_does_and_gives_an_example_that_can_be_sent(command):
    assert command.__doc__
    assert "\n" not in command.__doc__
    schema = command.model_json_schema()
    for example in schema["examples"]:
        assert command.model_validate_json(json.dumps(example)).customer_id == "C-1001"
    assert schema["additionalProperties"] is False


def test_every_event_names_its_customer():
    assert all("customer_id" in event.__dataclass_fields__ for event in CUSTOMER.events)


def test_every_refusal_has_a_sentence():
    codes = ["customer_registered", "customer_absorbed", "customer_erased", "address_exists"]
    for code in [*codes, "consent_never_given", "merge_into_itself", "contact_invalid"]:
        assert not str(Refused(code)).startswith(code)


def test_an_event_of_another_kind_changes_nothing_that_is_known():
    event = Event(object(), NOON)
    assert CUSTOMER.evolve(Customer(known=True), event) == Customer(known=True)
