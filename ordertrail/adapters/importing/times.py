"""Times as exports write them, made instants: the domain knows no zone database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

UNIX = {"unix": 1, "unix_ms": 1000}
"""Formats that count from 1970, and their units in a second."""

YEARS = range(1900, 2201)


class LocalTime:
    """Reads the times of one column: in the formats given, or else as ISO 8601 writes them.

    A time without an offset is one of the zone. Where clocks were put back it is the first of the
    two, where they were put forward it counts on as if they had not been.
    """

    def __init__(self, zone: str, formats: tuple[str, ...]) -> None:
        self._zone = ZoneInfo(zone)
        self._formats = formats
        self._parse: Callable[[str], datetime] = self._formatted if formats else _iso
        # Several columns often hold the same times.
        self._known = lru_cache(10_000)(self._read)

    def read(self, text: str) -> datetime:
        """The instant, with the offset that it was given with.

        Raises:
            ValueError: the text is no time, or of a year in which nobody kept such records.
        """
        return self._known(text)

    def _read(self, text: str) -> datetime:
        try:
            moment = self._parse(text)
        except (ValueError, OverflowError, OSError):
            if self._formats:
                asked = " or ".join(self._formats)
                raise ValueError(f"is no time of the format {asked}") from None
            raise ValueError("is no time that ISO 8601 knows; say how with time_format") from None
        if moment.year not in YEARS:
            raise ValueError(f"is of the year {moment.year}")
        return self._placed(moment)

    def later(self, moment: datetime, days: float) -> datetime:
        """So many days later by the clock on the wall."""
        naive = moment.replace(tzinfo=None) + timedelta(days=days)
        if moment.utcoffset() == self._zone.utcoffset(moment.astimezone(self._zone)):
            return self._placed(naive)
        return naive.replace(tzinfo=moment.tzinfo)

    def end_of_day(self, moment: datetime) -> datetime:
        """The last microsecond of that day in the zone."""
        day = moment.astimezone(self._zone)
        return self._placed(day.replace(hour=23, minute=59, second=59, microsecond=999_999, fold=1))

    def _placed(self, moment: datetime) -> datetime:
        zone: tzinfo = moment.tzinfo or self._zone
        offset = moment.replace(tzinfo=zone).utcoffset()
        assert offset is not None
        if not offset:
            return moment.replace(tzinfo=UTC)
        if offset % timedelta(minutes=1):  # before there were time zones; no clock shows it now
            return moment.replace(tzinfo=zone).astimezone(UTC)
        return moment.replace(tzinfo=timezone(offset))

    def _formatted(self, text: str) -> datetime:
        for one in self._formats:
            try:
                if one in UNIX:
                    return datetime.fromtimestamp(float(text) / UNIX[one], UTC)
                return datetime.strptime(text, one)
            except ValueError:
                continue
        raise ValueError(text)


def _iso(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        if text.endswith(" UTC"):  # as BigQuery writes it
            return datetime.fromisoformat(text.removesuffix(" UTC")).replace(tzinfo=UTC)
        raise
