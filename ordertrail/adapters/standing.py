"""How far each partition of each projection is, and which of them is whose."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple
from zlib import crc32

from ordertrail.adapters.books import ParkedStream
from ordertrail.adapters.connection import Connection
from ordertrail.adapters.tables import LIVE, NEXT, Place, Tables, rows
from ordertrail.domain.errors import StoreError
from ordertrail.projections.projection import Projection


class Parked(NamedTuple):
    """A stream that a projection leaves out since the event at `position`, and why."""

    projection: str
    stream: str
    position: int
    error: str
    parked_at: datetime | None


class Status(NamedTuple):
    """Where a projection stands, how many events behind, and how many streams it has parked.

    Attributes:
        rate: how many events a second its last batch took in; None: it had none yet.
        owners: the processes that are at work on it.
        building: how far the table is that is built beside this one; None: there is none.
    """

    projection: str
    position: int
    lag: int
    parked: int
    rate: float | None = None
    owners: tuple[str, ...] = ()
    building: int | None = None


class Unit(NamedTuple):
    """What one process at a time works on: a partition of a projection, in one place.

    `held` says whether another process is at work on it, or will be.
    """

    projection: str
    place: Place
    partition: int
    version: int
    made_of: str
    form: str
    position: int
    rate: float | None
    epoch: int
    owner: str | None
    held: bool


class Known(NamedTuple):
    """A projection as this code knows it: what has to be the same for two to share a table."""

    version: int
    made_of: str
    form: str

    def fits(self, unit: Unit) -> bool:
        """Whether the unit is one of this code."""
        return (unit.version, unit.made_of, unit.form) == self

    def is_behind(self, unit: Unit) -> bool:
        """Whether newer code made the unit, or such as knows more."""
        return unit.version > self.version or bool(
            set(unit.made_of.split()) - set(self.made_of.split())
        )

    def named(self, projection: str) -> str:
        """The projection in this version, in a word."""
        made_of = crc32(self.made_of.encode())
        return f"{projection}/{self.version}/{self.form}/{made_of:08x}"


def known(tables: Tables, projections: Iterable[Projection[Any]]) -> dict[str, Known]:
    """The projections of this process, by name."""
    return {
        one.name: Known(one.version, " ".join(sorted(one.made_of)), tables.of(one.row).form)
        for one in projections
    }


class Standing:
    """All units of a database at one time, seen by a process that knows some projections."""

    def __init__(self, knows: Mapping[str, Known], units: Iterable[Unit]) -> None:
        self._knows = knows
        self._units: dict[tuple[str, str], list[Unit]] = {}
        for unit in units:
            self._units.setdefault((unit.projection, unit.place), []).append(unit)

    def __iter__(self) -> Iterator[Unit]:
        return chain.from_iterable(self._units.values())

    def units(self, projection: str, place: Place) -> list[Unit]:
        """All units of the projection there, whoever made them."""
        return self._units.get((projection, place), [])

    def ours(self, projection: str, place: Place) -> list[Unit]:
        """The units of the projection there, if this code may work on them."""
        units = self.units(projection, place)
        return units if units and self._knows[projection].fits(units[0]) else []

    def answering(self) -> list[Unit]:
        """The units that the questions of this process are answered from.

        While a table of this code is still being built beside an older one, it is that.

        Raises:
            StoreError: newer code has built a table, or is about to.
        """
        return [unit for name in self._knows for unit in self._answering(name)]

    def unanswered(self) -> list[str]:
        """The projections of which this code has no live table yet."""
        return [name for name in self._knows if self.units(name, LIVE) and self._waits(name)]

    def beside(self, names: Collection[str] | None = None) -> list[Unit]:
        """The units of this code that are built beside live ones."""
        wanted = self._knows if names is None else names
        return [unit for name in wanted for unit in self.ours(name, NEXT)]

    def _waits(self, name: str) -> bool:
        return not self.ours(name, LIVE) and bool(self.ours(name, NEXT))

    def _answering(self, name: str) -> list[Unit]:
        live, code = self.ours(name, LIVE), self._knows[name]
        if live or self._waits(name):
            return live or self.ours(name, NEXT)
        there, coming = self.units(name, LIVE), self.units(name, NEXT)
        if not there or (there[0].version == code.version and code.is_behind(there[0])):
            return []  # it is kept by processes that know more
        newer = next((one for one in coming if one.version > code.version), there[0])
        other = " with other columns" if newer.version == code.version else ""
        raise StoreError(
            f"The table of {name!r} was built by version {newer.version} of the projection{other}, "
            f"and this code has version {code.version}: upgrade it, or rebuild the table with it."
        )


def parked(tables: Tables, connection: Connection) -> list[Parked]:
    """The streams that live tables leave out; the first event is told where several failed."""
    first: dict[tuple[str, str], Parked] = {}
    for one in rows(tables, connection, ParkedStream, "place = ?", [LIVE], order="position"):
        told = Parked(one.projection, one.stream, one.position, one.error, one.parked_at)
        first.setdefault((one.projection, one.stream), told)
    return sorted(first.values(), key=lambda one: (one.projection, one.position))


def statuses(
    standing: Standing, knows: Iterable[str], left_out: Iterable[Parked], head: int
) -> list[Status]:
    """How each projection stands."""
    streams = [one.projection for one in left_out]
    told = []
    for name in knows:
        live = standing.units(name, LIVE) or standing.units(name, NEXT)
        beside = standing.units(name, NEXT)
        position = min((unit.position for unit in live), default=0)
        rates = [unit.rate for unit in live if unit.rate is not None]
        told.append(
            Status(
                name,
                position,
                max(0, head - position),
                streams.count(name),
                min(rates, default=None),
                tuple(sorted({unit.owner for unit in (*live, *beside) if unit.owner})),
                min((unit.position for unit in beside), default=None),
            )
        )
    return told
