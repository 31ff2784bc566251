"""Shape "lines": which steps the rows of an order tell of, when, and of which of its lines."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ordertrail.adapters.importing.cells import Reader, Readers, Row
from ordertrail.adapters.importing.kinds import actor
from ordertrail.adapters.importing.mapping import Mapping, StepTime
from ordertrail.adapters.importing.source import Source
from ordertrail.adapters.importing.steps import NAMES, NOTHING
from ordertrail.adapters.importing.words import Words

PARCEL = {"id": "parcel", "carrier": "carrier", "service": "service", "tracking": "tracking_number"}
"""The keys of [parcel], and the fields of commands that they fill."""

Times = dict[str, list[datetime | None]]


class Part(NamedTuple):
    """Rows that tell of one step at one time (and of one parcel), by their index.

    `whole` says that they are all rows of the order that stand together.
    """

    step: str
    at: datetime
    parcel: str | None
    rows: Sequence[int]
    whole: bool


class StepColumns:
    """Reads [steps], [status] and [parcel]."""

    def __init__(self, mapping: Mapping, readers: Readers, source: Source) -> None:
        self._times = {
            name: readers.time(f"[steps] {name}", mapping.steps[name], required=name == "placed")
            for name in NAMES
            if name in mapping.steps
        }
        self._details = {
            name: _details(name, cell, readers) for name, cell in mapping.steps.items()
        }
        self._parcel = {
            field: readers.text(f"[parcel] {key}", cell)
            for key, field in PARCEL.items()
            if (cell := getattr(mapping.parcel, key)) is not None
        }
        self.words: list[Words[str]] = [
            Words("[status]", one.column, one.words, source, "[status] column")
            for one in mapping.status
        ]
        self.time_readers = tuple(self._times.values())
        self.other_readers = (
            *(reader for details in self._details.values() for reader in details.values()),
            *self._parcel.values(),
        )
        self._told = mapping.told_steps()

    def columns(self, rows: Sequence[Row]) -> Times:
        """When each step happened, of each row, as far as a column of its own says so."""
        return {name: reader.all(rows) for name, reader in self._times.items()}

    def parts(self, rows: Sequence[Row], times: Times) -> Iterator[Part]:
        """The steps that the rows tell of, after placing, in the order of an order's life."""
        if self.words:
            times = self._with_words(rows, times)
        parcels = self._parcel["parcel"].all(rows) if "parcel" in self._parcel else None
        every = range(len(rows))
        for step in self._told:
            known = times.get(step)
            if known is None or step == "placed":
                continue
            first = known[0]
            if parcels is None and known.count(first) == len(known):
                if first is not None:
                    yield Part(step, first, None, every, True)
                continue
            found: dict[tuple[datetime, str | None], list[int]] = {}
            for index, at in enumerate(known):
                if at is not None:
                    parcel = None if parcels is None else parcels[index]
                    found.setdefault((at, parcel), []).append(index)
            for (at, parcel), indexes in found.items():
                yield Part(step, at, parcel, indexes, len(indexes) == len(rows))

    def details(self, step: str, row: Row) -> dict[str, Any]:
        """What else the row tells of a step: amount, actor, location, reason."""
        return {name: r.one(row) for name, r in self._details.get(step, {}).items()}

    def carriage(self, row: Row) -> dict[str, Any]:
        """What the row tells of how its parcel travels."""
        return {name: r.one(row) for name, r in self._parcel.items() if name != "parcel"}

    def _with_words(self, rows: Sequence[Row], times: Times) -> Times:
        """Add the steps that only a word tells of, at the latest time of the row."""
        dated = list(times.values())
        times = {step: list(column) for step, column in times.items()}
        for words in self.words:
            for index, step in enumerate(words.all(rows)):
                if step is None or step == NOTHING:
                    continue
                column = times.setdefault(step, [None] * len(rows))
                if column[index] is None:
                    column[index] = max(t for one in dated if (t := one[index]) is not None)
        return times


def _details(name: str, cell: StepTime, readers: Readers) -> dict[str, Reader]:
    where = f"[steps] {name}"
    found: dict[str, Reader] = {}
    if cell.amount is not None:
        found["amount"] = readers.money(f"{where}.amount", cell.amount)
    if cell.actor is not None:
        found["actor"] = readers.made(f"{where}.actor", cell.actor, actor)
    if cell.location is not None:
        found["location"] = readers.text(f"{where}.location", cell.location)
    if cell.reason is not None:
        found["reason"] = readers.text(f"{where}.reason", cell.reason)
    return found
