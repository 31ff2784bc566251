"""One batch: events read and decoded once, folded into several tables, saved with checkpoints."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import localcontext
from itertools import groupby
from time import monotonic
from typing import Any

from ordertrail.adapters.books import ParkedStream
from ordertrail.adapters.codec import Codec
from ordertrail.adapters.connection import Connection
from ordertrail.adapters.fold import Fold, Folded
from ordertrail.adapters.leases import Leases
from ordertrail.adapters.selecting import Selection
from ordertrail.adapters.standing import Unit
from ordertrail.adapters.tables import LIVE, NEXT, Place
from ordertrail.adapters.view_store import ViewStore
from ordertrail.domain.errors import StoreError
from ordertrail.domain.event import Event
from ordertrail.domain.values import ROUNDING
from ordertrail.projections.projection import Projection

CHUNK = 500  # events read at once
BYTES = 10_000_000  # of bodies in a batch; the rows they change take about as much again and more

Where = tuple[str, Place]


class Batches:
    """Takes units that stand at one position further, together."""

    def __init__(
        self,
        store: ViewStore,
        codec: Codec,
        projections: Mapping[str, Projection[Any]],
        leases: Leases,
        most: int,
    ) -> None:
        """`most` is how many events a batch has at most."""
        self._store = store
        self._codec = codec
        self._projections = projections
        self._leases = leases
        self._most = most
        self._folds = {
            (name, place): Fold(projection, store.tables, place)
            for name, projection in projections.items()
            for place in (LIVE, NEXT)
        }

    def advance(self, units: Sequence[Unit], until: int) -> int:
        """Fold the next events, up to the position `until`, and save the rows.

        The rows are folded before anything is locked to save them. If somebody else was first and
        moved one of the units, or took it, nothing is saved.

        Returns: how far they are then.
        """
        begun = monotonic()
        after = units[0].position
        by_where = groupby(sorted(units, key=_alike), lambda unit: (unit.projection, unit.place))
        partitions: dict[Where, frozenset[int]] = {
            where: frozenset(unit.partition for unit in some) for where, some in by_where
        }
        try:
            folded, last = self._fold(partitions, after, until)
            careful: set[Where] = set()
            while True:
                try:
                    rate = (last - after) / max(monotonic() - begun, 1e-6)
                    saved = self._save(units, folded, last, rate if last - after >= CHUNK else None)
                    return last if saved else after
                except _Misfit as misfit:
                    where = misfit.where
                    if where in careful:
                        raise
                    careful.add(where)
                    folded[where] = self._fold_carefully(where, partitions[where], after, last)
        except self._store.tables.errors:
            if self._stand(units):
                raise
            return after  # somebody swapped a table, or began it anew, while we read it

    def _stand(self, units: Sequence[Unit]) -> bool:
        """Whether all units are still where they were, in the same hands."""
        with self._store.reading() as connection:
            now = {_hands(unit) for unit in self._leases.standing(connection)}
        return now.issuperset(map(_hands, units))

    def _fold(
        self, partitions: Mapping[Where, frozenset[int]], after: int, until: int
    ) -> tuple[dict[Where, Folded], int]:
        last = after
        # The sums of money are ours, and not in the precision of whoever folds.
        with localcontext(ROUNDING), self._store.reading() as connection:
            parks = _parked(connection)
            batches = {
                where: self._folds[where].begin(
                    connection, some, parks=parks[where], empty=after == 0
                )
                for where, some in partitions.items()
            }
            for events, reached in self._read(after, until, partitions):
                for batch in batches.values():
                    batch.add(events)
                last = reached
            ended = {where: batch.end() for where, batch in batches.items()}
        return {
            where: folded or self._fold_carefully(where, partitions[where], after, last)
            for where, folded in ended.items()
        }, last

    def _fold_carefully(
        self, where: Where, partitions: frozenset[int], after: int, last: int
    ) -> Folded:
        read = self._read(after, last, {where: partitions})
        events = [event for some, _ in read for event in some]
        with localcontext(ROUNDING), self._store.reading() as connection:
            parks = _parked(connection)[where]
            return self._folds[where].carefully(connection, events, partitions, parks)

    def _read(
        self, after: int, until: int, partitions: Mapping[Where, frozenset[int]]
    ) -> Iterator[tuple[list[Event], int]]:
        """The events of one batch, some at a time, each time with the position of the last."""
        wanted = Selection(
            [(self._projections[name], some) for (name, _), some in partitions.items()]
        )
        last, size = after, 0
        while last < until and last - after < self._most and size < BYTES:
            records = self._store.read(last, min(CHUNK, self._most), until=until)
            if not records:
                raise StoreError(f"The log has no event {last + 1}, though it goes on to {until}.")
            events: list[Event] = []
            for record in records:
                if wanted.all or wanted.has(record):
                    try:
                        event = self._codec.decode(record)
                    except StoreError:
                        if last == after:
                            raise
                        yield events, last  # what is before it is kept; then it is the first
                        return
                    if event is not None:
                        events.append(event)
                last = record.position
                size += len(record.body)
            yield events, last

    def _save(
        self,
        units: Sequence[Unit],
        folded: Mapping[Where, Folded],
        last: int,
        rate: float | None,
    ) -> bool:
        """Save the batch, unless somebody else was first; says whether it did.

        A save that is lost when the power fails takes its checkpoint with it, and is made again.
        """
        tables = self._store.tables
        books = tables.of(ParkedStream)
        now = datetime.now(UTC)
        try:
            with self._leases.saving, self._store.transaction(synced=False) as connection:
                self._move(connection, units, last, rate, now)
                for where, (changes, parked) in folded.items():
                    try:
                        self._folds[where].table.write(connection, changes)
                    except tables.unfit as error:
                        raise _Misfit(where, error) from error
                    if parked:
                        new = [
                            ParkedStream(*where, partition, stream, position, error, now)
                            for (partition, stream), (position, error) in parked.items()
                        ]
                        books.write(connection, books.changes(dict(enumerate(new))))
        except _Overtaken:
            return False
        return True

    def _move(
        self,
        connection: Connection,
        units: Sequence[Unit],
        last: int,
        rate: float | None,
        now: datetime,
    ) -> None:
        """Move the checkpoints, if they are where this batch began, and in the same hands."""
        at = self._store.tables.value(now)
        for (name, place, epoch), some in groupby(
            sorted(units, key=_alike), lambda unit: (unit.projection, unit.place, unit.epoch)
        ):
            partitions = [unit.partition for unit in some]
            moved = connection.execute(
                "UPDATE checkpoints SET position = ?, updated_at = ?, rate = coalesce(?, rate) "
                "WHERE projection = ? AND place = ? AND epoch = ? AND position = ? "
                f"AND partition IN ({', '.join(map(str, partitions))})",
                (last, at, rate, name, place, epoch, units[0].position),
            ).rowcount
            if moved < len(partitions):
                raise _Overtaken


class _Misfit(StoreError):
    """A row of the projection does not fit its table."""

    def __init__(self, where: Where, error: Exception) -> None:
        super().__init__(f"A row of {where[0]!r} does not fit its table: {error}.")
        self.where = where


class _Overtaken(Exception):
    """Somebody else has saved the batch, or has taken the work over."""


def _hands(unit: Unit) -> tuple[str, str, int, int, int]:
    return unit.projection, unit.place, unit.partition, unit.epoch, unit.position


def _alike(unit: Unit) -> tuple[str, str, int, int]:
    return unit.projection, unit.place, unit.epoch, unit.partition


def _parked(connection: Connection) -> defaultdict[Where, dict[int, set[str]]]:
    """The streams that are parked in each partition, by projection and place."""
    streams: defaultdict[Where, dict[int, set[str]]] = defaultdict(dict)
    query = "SELECT projection, place, partition, stream FROM parked"
    for projection, place, partition, stream in connection.execute(query).fetchall():
        streams[projection, place].setdefault(partition, set()).add(stream)
    return streams
