"""What may be asked of a log: text, numbers and times that it could hold."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from ordertrail.domain.errors import BadInput

INTEGERS = range(-(2**63), 2**63)


def must_be_askable(*asked: Any) -> None:
    """Refuse what no log can be asked for.

    Raises:
        BadInput: a text that is no valid Unicode, a number of more than 64 bits, a time without an
            offset, or one beyond the calendar.
    """
    for one in asked:
        match one:
            case str():
                _text(one)
            case int() if one not in INTEGERS:
                raise BadInput("A number that was asked for has more digits than a log can count.")
            case datetime():
                _time(one)
            case list() | tuple():
                must_be_askable(*one)


@contextmanager
def asked_in_sql(errors: type[Exception]) -> Iterator[None]:
    """Explain what is wrong with a condition in SQL that a caller wrote.

    Raises:
        BadInput: the database does not understand it, as one of its `errors` says.
    """
    try:
        yield
    except errors as error:
        said = str(error).partition("\n")[0]  # the lines below quote our statement
        raise BadInput(f"The rows cannot be asked for in this way: {said}.") from error


def _text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadInput(f"{text!a} is no text: it holds half a character.") from None


def _time(moment: datetime) -> None:
    if moment.utcoffset() is None:
        raise BadInput(f"{moment} needs its offset from UTC, as in 2026-03-05T18:00+01:00.")
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise BadInput(f"{moment} lies beyond the calendar.") from None
