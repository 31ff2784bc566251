"""Folds batches of events into the rows of a projection, and finds the events that it fails on."""

from collections.abc import Collection, Iterable
from copy import deepcopy
from typing import Any, NamedTuple

from ordertrail.adapters.connection import Connection
from ordertrail.adapters.tables import Changes, Tables
from ordertrail.domain.errors import StoreError
from ordertrail.domain.event import Event
from ordertrail.projections.projection import Key, Projection


class Folded(NamedTuple):
    """What a batch did to the table of a projection, and the streams it parked: position, error."""

    changes: Changes
    parked: dict[str, tuple[int, str]]


class Fold:
    """A projection at work; it reads the rows that its table has, and writes none."""

    def __init__(self, projection: Projection[Any], tables: Tables) -> None:
        self.projection = projection
        self.table = tables.of(projection.row)
        # What has nothing to do with the event at hand, and parks nothing.
        self._ours = (StoreError, MemoryError, tables.outage)
        self._on = None if projection.on is None else frozenset(projection.on)
        self._begins = frozenset(projection.begins)

    def batch(
        self,
        connection: Connection,
        events: Iterable[Event],
        *,
        parked: Collection[str] = (),
        empty: bool = False,
    ) -> Folded:
        """Fold the events but those of streams that are parked; `empty`: the table has no row."""
        events = self._concerned(events, parked)
        projection, new = self.projection, self.table.new
        apply, finish = projection.apply, projection.finish
        try:
            told = [(key, event, part) for event in events for key, part in projection.parts(event)]
            begins = self._begins
            rows: dict[Key, Any] = {
                k: None for k, event, _ in told if event.body.__class__ in begins
            }
            sought = () if empty else {key for key, _, _ in told if key not in rows}
            known = self.table.load(connection, sought)
            rows.update(known)
            for key, event, part in told:
                row = rows.get(key)
                if row is None:
                    rows[key] = apply(new(key), event, part)
                elif (after := apply(row, event, part)) is not row:
                    rows[key] = after
            for row in rows.values():
                if row is not None:
                    finish(row)
            return Folded(self.table.changes(rows, known), {})
        except self._ours:
            raise
        except Exception:
            return self._one_by_one(connection, events)

    def carefully(
        self, connection: Connection, events: Iterable[Event], parked: Collection[str] = ()
    ) -> Folded:
        """Fold event by event, each wholly or not at all, to find the ones that fail.

        In this order it does not matter where the batch begins or ends: the same streams are
        parked at the same events. Every row is tried beside the table, to see whether it fits.
        """
        return self._one_by_one(connection, self._concerned(events, parked))

    def _concerned(self, events: Iterable[Event], parked: Collection[str]) -> list[Event]:
        on = self._on
        return [
            event
            for event in events
            if (on is None or event.body.__class__ in on)
            and (not parked or event.stream not in parked)
        ]

    def _one_by_one(self, connection: Connection, events: Iterable[Event]) -> Folded:
        rows: dict[Key, Any] = {}
        parked: dict[str, tuple[int, str]] = {}
        with self.table.trial(connection) as fits:
            for event in events:
                if event.stream in parked:
                    continue
                try:
                    folded = self._one(connection, rows, event)
                    fits(self.table.changes(folded))
                except self._ours:
                    raise
                except Exception as error:
                    parked[event.stream] = (event.position, f"{type(error).__name__}: {error}")
                else:
                    rows.update(folded)
        return Folded(self.table.changes(rows), parked)

    def _one(self, connection: Connection, rows: dict[Key, Any], event: Event) -> dict[Key, Any]:
        """The rows that the event touches, as they are after it; those in `rows` stay as before."""
        projection = self.projection
        parts = list(projection.parts(event))
        rows.update(self.table.load(connection, {key for key, _ in parts if key not in rows}))
        folded = {key: deepcopy(rows.get(key)) for key, _ in parts}
        for key, part in parts:
            row = folded[key]
            folded[key] = projection.apply(self.table.new(key) if row is None else row, event, part)
        for row in folded.values():
            if row is not None:
                projection.finish(row)
        return folded
