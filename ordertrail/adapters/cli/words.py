"""Numbers, times and money in words that fit a column."""

import difflib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ordertrail.domain.values import HandlingRequirement

SPANS = (
    (timedelta(days=730), timedelta(days=365.25), "year"),
    (timedelta(days=61), timedelta(days=30.44), "month"),
    (timedelta(days=1), timedelta(days=1), "day"),
    (timedelta(hours=1), timedelta(hours=1), "hour"),
    (timedelta(minutes=1), timedelta(minutes=1), "minute"),
)
HEIGHTS = "▁▂▃▄▅▆▇█"
MANY = 3


def moment(at: datetime | None) -> str:
    """A time by the clock it was told with: "2026-03-05 18:00Z", "2026-03-05 18:00+01"."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}{offset(at)}"


def offset(at: datetime) -> str:
    """The offset of a time from UTC, as short as it can be: "Z", "+01", "+05:30"."""
    written = at.isoformat()[-6:]
    if written[0] not in "+-":
        return ""
    return "Z" if written[1:] == "00:00" else written.removesuffix(":00")


def day(at: datetime | None) -> str:
    """The day of a time, in ISO 8601."""
    return "" if at is None else f"{at:%Y-%m-%d}"


def span(length: timedelta) -> str:
    """A length of time, roughly: "3 days"."""
    length = abs(length)
    for least, unit, name in SPANS:
        if length >= least:
            return plural(int(length / unit), name)
    return "moments"


def relative(at: datetime, now: datetime) -> str:
    """A time as seen from now: "3 days ago", "in 2 hours"."""
    return f"{span(now - at)} ago" if at <= now else f"in {span(at - now)}"


def late_by(promise: datetime | None, arrived: datetime | None, now: datetime) -> str:
    """How late: "3 days late"."""
    if promise is None:
        return "late"
    length = (arrived or now) - promise
    return f"{span(length)} late" if length > timedelta(0) else "late"


def plural(number: int, noun: str, many: str | None = None) -> str:
    """A number with its noun: "1 order", "2,000 orders"."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"


def money(amount: Decimal | None, currency: str | None = None) -> str:
    """An amount with at least two decimals: "1,234.50 GBP"."""
    if amount is None:
        return ""
    exponent = amount.as_tuple().exponent
    digits = max(2, -exponent) if isinstance(exponent, int) else 2
    return f"{amount:,.{digits}f}{' ' + currency if currency else ''}"


def spoken(code: str) -> str:
    """A code as words: "promise_lapsed" is "promise lapsed"."""
    return code.replace("_", " ")


def asked(requirement: HandlingRequirement) -> str:
    """What a handling requirement asks: "deliver before 09:00", "shock proof packaging"."""
    after, before = requirement.not_before, requirement.not_after
    if requirement.kind == "delivery_window":
        if after and before:
            return f"deliver between {after:%H:%M} and {before:%H:%M}"
        if not (after or before):
            return f"deliver as in {spoken(requirement.code)!r}"
        return f"deliver before {before:%H:%M}" if before else f"deliver after {after:%H:%M}"
    name = spoken(requirement.code)
    return f"{name} packaging" if requirement.kind == "packaging" else f"label {name!r}"


def listed(items: Sequence[str], most: int = MANY) -> str:
    """Some words in a row; beyond `most`, how many more there are."""
    if len(items) > most:
        return f"{', '.join(items[:most])} and {len(items) - most} more"
    return ", ".join(items)


def bar(share: float, width: int = 20) -> str:
    """A bar of which a share is filled."""
    filled = round(max(0.0, min(1.0, share)) * width)
    return "━" * filled + "╌" * (width - filled)


def sparkline(numbers: Sequence[int]) -> str:
    """A tiny chart, a character for each number; nothing stands as a dot."""
    top = max(numbers, default=0)
    return "".join(
        HEIGHTS[-(-number * len(HEIGHTS) // top) - 1] if number > 0 else "·" for number in numbers
    )


def months(first: datetime, last: datetime) -> list[str]:
    """The months from one time to another, as "2011-04"."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [
        f"{first.year + (first.month - 1 + n) // 12}-{(first.month - 1 + n) % 12 + 1:02}"
        for n in range(count)
    ]


def nearest(word: str, known: Iterable[str]) -> str:
    """A question for somebody who mistyped a name, with a space before it; or nothing."""
    *others, last = difflib.get_close_matches(word, list(known), 3) or [""]
    either = f"{', '.join(others)} or " if others else ""
    return f" Did you mean {either}{last}?" if last else ""


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)
