"""Folds batches of events into the rows of a projection, and finds the events that it fails on."""

from collections.abc import Callable, Collection, Iterable, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

from ordertrail.adapters.connection import Connection
from ordertrail.adapters.partitions import EVERY, partition_of
from ordertrail.adapters.tables import LIVE, Changes, Place, Tables
from ordertrail.domain.errors import StoreError
from ordertrail.domain.event import Event
from ordertrail.projections.projection import Key, Projection

Parks = Mapping[int, Collection[str]]
"""The streams that are parked, by partition."""

Takes = Callable[[Key, Event], bool]
"""Whether what concerns a row in an event is folded."""


class Folded(NamedTuple):
    """What a batch did to the table of a projection, and what it parked.

    That is, by partition and stream: the position and the error.
    """

    changes: Changes
    parked: dict[tuple[int, str], tuple[int, str]]


class Fold:
    """A projection at work; it reads the rows that its table has, and writes none."""

    def __init__(self, projection: Projection[Any], tables: Tables, place: Place = LIVE) -> None:
        self.projection = projection
        self.table = tables.of(projection.row, place)
        # What has nothing to do with the event at hand, and parks nothing.
        self.ours: tuple[type[Exception], ...] = (
            StoreError,
            MemoryError,
            *tables.outage,
            *tables.gone,
        )
        self.on = None if projection.on is None else frozenset(projection.on)
        self.begins = frozenset(projection.begins)
        self.staying = frozenset(kind for kind in projection.on or () if projection.stays(kind))

    def begin(
        self,
        connection: Connection,
        partitions: frozenset[int] = EVERY,
        *,
        parks: Parks | None = None,
        empty: bool = False,
    ) -> "Batch":
        """Begin a batch of the partitions, without the streams that they have parked.

        `empty`: they have no row yet.
        """
        takes = None
        if parks or partitions != EVERY:
            takes = self._taking(partitions, parks or {})
        return Batch(self, connection, partitions, takes, empty)

    def carefully(
        self,
        connection: Connection,
        events: Iterable[Event],
        partitions: frozenset[int],
        parks: Parks,
    ) -> Folded:
        """Fold event by event, each wholly or not at all, to find the ones that fail.

        Each partition does so by itself. In this order it does not matter where the batch begins
        or ends, nor who folds which partitions: the same streams are parked at the same events.
        Every row is tried beside the table, to see whether it fits.
        """
        return self._one_by_one(connection, self.concerned(events), partitions, parks)

    def concerned(self, events: Iterable[Event]) -> list[Event]:
        """The events that the projection listens to."""
        on = self.on
        return [event for event in events if on is None or event.body.__class__ in on]

    def at_home(self, events: Iterable[Event], partitions: frozenset[int]) -> list[Event]:
        """Those from which something may follow for rows of these partitions."""
        staying = self.staying
        return [
            event
            for event in events
            if event.body.__class__ not in staying
            or partition_of(event.stream.partition("-")[2]) in partitions
        ]

    def _taking(self, partitions: frozenset[int], parks: Parks) -> Takes:
        """A function that says whether a part of an event is folded."""
        kept_by, staying = self.projection.kept_by, self.staying

        def takes(key: Key, event: Event) -> bool:
            if not parks and event.body.__class__ in staying:
                return True  # events of other partitions were passed by
            partition = partition_of(kept_by(key))
            return partition in partitions and event.stream not in parks.get(partition, ())

        return takes

    def _one_by_one(
        self,
        connection: Connection,
        events: Iterable[Event],
        partitions: frozenset[int],
        parks: Parks,
    ) -> Folded:
        rows: dict[Key, Any] = {}
        parked: dict[tuple[int, str], tuple[int, str]] = {}
        with self.table.trial(connection) as fits:
            for event in events:
                for partition in sorted(partitions):
                    if (partition, event.stream) in parked:
                        continue
                    if event.stream in parks.get(partition, ()):
                        continue
                    try:
                        folded = self._one(connection, rows, event, partition)
                        fits(self.table.changes(folded))
                    except self.ours:
                        raise
                    except Exception as error:
                        told = f"{type(error).__name__}: {error}"
                        parked[partition, event.stream] = (event.position, told)
                    else:
                        rows.update(folded)
        return Folded(self.table.changes(rows), parked)

    def _one(
        self, connection: Connection, rows: dict[Key, Any], event: Event, partition: int
    ) -> dict[Key, Any]:
        """The rows of the partition that the event touches, as they are after it; those in `rows`
        stay as before."""
        projection = self.projection
        parts = [
            (key, part)
            for key, part in projection.parts(event)
            if partition_of(projection.kept_by(key)) == partition
        ]
        rows.update(self.table.load(connection, {key for key, _ in parts if key not in rows}))
        folded = {key: deepcopy(rows.get(key)) for key, _ in parts}
        for key, part in parts:
            row = folded[key]
            folded[key] = projection.apply(self.table.new(key) if row is None else row, event, part)
        for row in folded.values():
            if row is not None:
                projection.finish(row)
        return folded


class Batch:
    """A batch of events on its way into the rows of a projection, some events at a time.

    So the projections fold the same few events one after the other, while these are in the cache
    of the processor, and no more of them have to be kept in memory.
    """

    def __init__(
        self,
        fold: Fold,
        connection: Connection,
        partitions: frozenset[int],
        takes: Takes | None,
        empty: bool,
    ) -> None:
        self._fold, self._connection, self._takes, self._empty = fold, connection, takes, empty
        self._partitions = partitions
        self._rows: dict[Key, Any] = {}
        self._known: set[Key] = set()
        self._failed = False

    def add(self, events: Iterable[Event]) -> None:
        """Fold those of the events that concern the projection."""
        if self._failed:
            return
        try:
            concerned = self._fold.concerned(events)
            if self._partitions != EVERY:
                concerned = self._fold.at_home(concerned, self._partitions)
            self._add(concerned)
        except self._fold.ours:
            raise
        except Exception:
            self._failed = True

    def end(self) -> Folded | None:
        """What the events did; None: one of them cannot be folded, or its row cannot be saved."""
        if self._failed:
            return None
        finish = self._fold.projection.finish
        try:
            for row in self._rows.values():
                if row is not None:
                    finish(row)
            return Folded(self._fold.table.changes(self._rows, self._known), {})
        except self._fold.ours:
            raise
        except Exception:
            return None

    def _add(self, events: list[Event]) -> None:
        projection, new, rows = self._fold.projection, self._fold.table.new, self._rows
        apply = projection.apply
        told = [(key, event, part) for event in events for key, part in projection.parts(event)]
        if self._takes is not None:
            takes = self._takes
            told = [one for one in told if takes(one[0], one[1])]
        if not self._empty:
            self._find(told)
        for key, event, part in told:
            row = rows.get(key)
            if row is None:
                rows[key] = apply(new(key), event, part)
            elif (after := apply(row, event, part)) is not row:
                rows[key] = after

    def _find(self, told: Iterable[tuple[Key, Event, Any]]) -> None:
        """Load the rows that are touched for the first time and may be in the table."""
        rows, begins = self._rows, self._fold.begins
        for key, event, _ in told:
            if key not in rows and event.body.__class__ in begins:
                rows[key] = None
        sought = {key for key, _, _ in told if key not in rows}
        found = self._fold.table.load(self._connection, sought)
        self._known.update(found)
        rows.update(found)
