"""What a text may be: an identifier, a quantity, an amount, a country ..., or else a ValueError."""

import ast
import json
import re
from collections.abc import Callable
from decimal import Decimal

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?", re.ASCII)
CONTROL = re.compile(r"[\x00-\x1f\x7f]")

Split = Callable[[str], list[str]]
"""Parts the cells that hold lists."""


def splitter(sign: str) -> Split:
    """A function that parts a cell at a sign; lists as JSON or Python write them are known, too."""

    def split(text: str) -> list[str]:
        if text[0] in "[(" and text[-1] in "])":
            try:
                found = json.loads(text)
            except ValueError:
                try:
                    found = ast.literal_eval(text)
                except (ValueError, SyntaxError, MemoryError, RecursionError):
                    found = text
            if isinstance(found, (list, tuple)):
                return [str(part) for part in found if part not in (None, "")]
        if sign in ("json", "python"):
            return [text]
        return [part.strip() for part in text.split(sign) if part.strip()]

    return split


def identifier(text: str) -> str:
    """The text, if it can be the id of something.

    Raises:
        ValueError: it is too long, or holds signs that cannot be printed.
    """
    if len(text) > 200:
        raise ValueError("is longer than 200 characters")
    if CONTROL.search(text):
        raise ValueError("holds a line break or another sign that cannot be printed")
    return text


def title(text: str) -> str:
    """The text in one line, cut where it is too long."""
    return CONTROL.sub(" ", text)[:200].strip() or "?"


def whole(number: Decimal) -> int:
    """The number, if it is whole.

    Raises:
        ValueError: it is not, or is too large.
    """
    if number != number.to_integral_value():
        raise ValueError("is not a whole number")
    if abs(number) > 10**12:
        raise ValueError("is too large")
    return int(number)


def quantity(number: Decimal) -> int:
    """The number, if so many units can be ordered.

    Raises:
        ValueError: it is not whole, or not above zero.
    """
    if number <= 0:
        raise ValueError("is not above zero")
    return whole(number)


def money(number: Decimal) -> Decimal:
    """The number, with as many decimal places as an amount may have.

    Raises:
        ValueError: it is too large.
    """
    if abs(number) >= 10**15:
        raise ValueError("is too large")
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    if exponent < -8:  # such as 2.5500000000000003, of a float
        number = round(number, 8).normalize()
        exponent = 0 if not number else number.as_tuple().exponent
    return number if exponent <= 0 else number.quantize(Decimal(1))  # type: ignore[operator]


def days_of(number: Decimal) -> float:
    """The number of days, if it is one that promises are made of.

    Raises:
        ValueError: it is more than ten years.
    """
    if abs(number) > 3660:
        raise ValueError("is more than ten years")
    return float(number)


def code(text: str) -> str:
    """The text, if it is a code such as that of a unit.

    Raises:
        ValueError: it is not.
    """
    if len(text) > 80 or not text.isascii() or not text[0].isalnum():
        raise ValueError("is no code (letters, digits and _ . : -)")
    if not all(sign.isalnum() or sign in "_.:-" for sign in text):
        raise ValueError("is no code (letters, digits and _ . : -)")
    return text


def currency(text: str) -> str:
    """The text, if it can be a currency.

    Raises:
        ValueError: it cannot.
    """
    if len(text) != 3 or not text.isascii() or not text.isalpha():
        raise ValueError("is no code of a currency, such as EUR")
    return text.upper()


def country(text: str) -> str:
    """The text, if it can be a country.

    Raises:
        ValueError: it cannot.
    """
    if len(text) != 2 or not text.isascii() or not text.isalpha():
        raise ValueError('is no code of a country, such as DE; name codes with words = { "..." }')
    return text.upper()


def actor(text: str) -> str:
    """The text as an actor: "person:..." where it does not say what kind it is.

    Raises:
        ValueError: it is longer than the id of an actor may be.
    """
    kind, colon, rest = text.partition(":")
    known = colon and rest and kind in ("person", "customer", "service", "policy", "carrier")
    if not known:
        kind, rest = "person", text
    rest = "".join(sign if "!" <= sign <= "~" else "_" for sign in rest)
    if len(rest) > 100:
        raise ValueError("is longer than 100 characters")
    return f"{kind}:{rest}"
