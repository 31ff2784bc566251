"""The options that several commands share, and how the times in them are read."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Annotated

import typer

from ordertrail.adapters.cli.words import utc_now
from ordertrail.domain.errors import BadInput

Json = Annotated[
    bool, typer.Option("--json", metavar="", help="Print JSON for programs, and nothing else.")
]
Limit = Annotated[
    int | None, typer.Option("--limit", "-n", min=1, metavar="N", help="Show at most so many.")
]
Shown = Annotated[
    bool,
    typer.Option(
        "--personal", metavar="", help="Show names and other personal data; hidden otherwise."
    ),
]

WhileInput = Annotated[
    bool,
    typer.Option("--while-input", metavar="", help="End when standard input does."),
]
Every = Annotated[
    float,
    typer.Option(
        "--every",
        min=0.1,
        max=365 * 86_400,
        metavar="SECONDS",
        help="How long to wait between looks for deadlines.",
    ),
]

AGO = re.compile(r"(\d{1,5})([mhdw])")
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def since(text: str | None, option: str = "--since") -> datetime | None:
    """The time that an option names: ISO 8601, or 90m, 12h, 7d, 2w for so long ago.

    Without an offset it is UTC; a day alone is its beginning.

    Raises:
        BadInput: it is no time.
    """
    return None if text is None else _moment(text, option, time.min)


def until(text: str | None) -> int | datetime | None:
    """The position or the time that --until names; a day alone is its end.

    Raises:
        BadInput: it is neither.
    """
    if text is None:
        return None
    return int(text) if re.fullmatch(r"\d{1,18}", text) else _moment(text, "--until", time.max)


def _moment(text: str, option: str, of_day: time) -> datetime:
    if ago := AGO.fullmatch(text):
        return utc_now() - timedelta(**{UNITS[ago[2]]: int(ago[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"{option} {text!r} is no time: write a day (2026-03-05), a time "
            "(2026-03-05T18:00+01:00), or so long ago (90m, 12h, 7d, 2w)."
        ) from None
    if re.fullmatch(r"[\d-]{8,10}|\d{4}-?W.*", text):
        moment = datetime.combine(moment, of_day)
    return moment if moment.utcoffset() is not None else moment.replace(tzinfo=UTC)
