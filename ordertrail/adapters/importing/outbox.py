"""From rows to the log: commands go in batches, and every row is accounted for."""

import csv
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple, Protocol, Self

from ordertrail.adapters.importing.cells import LINE, Row
from ordertrail.adapters.importing.known import CHANGED, Known, Refused
from ordertrail.adapters.receipt import Receipt
from ordertrail.domain.aggregate import Command
from ordertrail.domain.errors import (
    BadInput,
    CommandReused,
    OrdertrailError,
    StoreError,
)
from ordertrail.domain.event import Event

BATCH = 1000
"""How many commands are gathered before they are decided; the engine commits as many at once."""


class Trail(Protocol):
    """What an import needs of an engine."""

    def execute_many(self, commands: Sequence[Command]) -> list[Receipt | OrdertrailError]:
        """Decide commands in their order; a receipt or an error for each."""

    def events(self, *, stream: str | None = None) -> Iterator[Event]:
        """The events of a stream, or all of them."""


class Correction(NamedTuple):
    """What rows of an order come to that was imported before with other rows.

    `commands` are those that are still to be decided; what was told before in other words stays.
    """

    rows: Sequence[Row]
    commands: Sequence[Command]
    rejected: Refused


Again = Callable[[Known], Correction]
"""Compares rows with what is known of their order."""


@dataclass(frozen=True)
class ImportSummary:
    """What became of a file.

    Attributes:
        rows: how many rows it has, the header not counted.
        imported_rows: how many are in the log now, or were before.
        rejected_rows: how many are in the rejects file; together they are all rows.
        orders: how many orders the imported rows place.
        events: how many events were stored by this import; none if all was imported before.
        rejects_file: where the rejected rows are; None if there are none.
        reasons: how many rows were rejected for each reason.
    """

    rows: int
    imported_rows: int
    rejected_rows: int
    orders: int
    events: int
    rejects_file: Path | None
    reasons: dict[str, int] = field(default_factory=dict)


class Outbox(Protocol):
    """Takes what rows have become."""

    def send(
        self, rows: Sequence[Row], commands: Sequence[Command], again: Again | None = None
    ) -> None:
        """Rows became these commands, all of them together.

        `again` is asked where the first command was decided before, with other content.
        """

    def reject(self, row: Row, reason: str) -> None:
        """A row leads to nothing."""


class Sender:
    """An outbox that stores: commands in the log, rejected rows in a file. A context manager."""

    def __init__(self, trail: Trail, rejects: "RejectsFile") -> None:
        self._trail = trail
        self._rejects = rejects
        self._waiting: list[_Waiting] = []
        self._count = 0
        # In an empty log no order is known; asking for each would take time.
        self._fresh = next(iter(trail.events()), None) is None
        self._known: dict[str, Known] = {}
        self.imported_rows = 0
        self.events = 0

    def send(
        self, rows: Sequence[Row], commands: Sequence[Command], again: Again | None = None
    ) -> None:
        """Rows became these commands; if one of them is refused, the rows are rejected."""
        if self._count + len(commands) > BATCH:
            self.flush()
        self._waiting.append(_Waiting(rows, commands, again))
        self._count += len(commands)

    def reject(self, row: Row, reason: str) -> None:
        """A row leads to nothing."""
        self._rejects.add(row, reason)

    def flush(self) -> None:
        """Have the gathered commands decided.

        Raises:
            StoreError: the store cannot take them.
        """
        waiting = self._waiting if self._fresh else self._corrected(self._waiting)
        commands = [command for one in waiting for command in one.commands]
        outcomes = self._trail.execute_many(commands) if commands else []
        first = 0
        for one in waiting:
            refusal = None
            for outcome in outcomes[first : first + len(one.commands)]:
                if isinstance(outcome, Receipt):
                    self.events += 0 if outcome.repeated else len(outcome.events)
                elif isinstance(outcome, StoreError):
                    raise outcome
                elif not (one.corrects and isinstance(outcome, CommandReused)):
                    refusal = refusal or outcome
            first += len(one.commands)
            if refusal is None:
                self.imported_rows += len(one.rows)
            else:
                reason = CHANGED if isinstance(refusal, CommandReused) else str(refusal)
                for row in one.rows:
                    self._rejects.add(row, reason)
        self._waiting, self._count = [], 0
        self._rejects.write()

    def _corrected(self, waiting: "list[_Waiting]") -> "list[_Waiting]":
        """What is left to do, where orders were imported before with other rows.

        The commands that place known orders are sent before all others: they lead to no event,
        and it is seen which of them say something else now.
        """
        asked = {index: one for index, one in enumerate(waiting) if one.again is not None}
        ends = [*asked.values()][:: max(1, len(asked) - 1)]
        # Asking for each takes time: those between two that were told of before were told of, too.
        # If one was not, it only comes somewhat earlier.
        if not all(map(self._was_told, ends)):
            asked = {index: one for index, one in asked.items() if self._was_told(one)}
        if not asked:
            return waiting
        outcomes = self._trail.execute_many([one.commands[0] for one in asked.values()])
        left = list(waiting)
        for (index, one), outcome in zip(asked.items(), outcomes, strict=True):
            if isinstance(outcome, Receipt) and not outcome.repeated:
                self.events += len(outcome.events)
            if isinstance(outcome, CommandReused) and one.again is not None:
                stream = one.commands[0].streams[0]
                known = self._known.get(stream)
                if known is None:
                    known = self._known[stream] = Known(self._trail.events(stream=stream))
                rows, commands, rejected = one.again(known)
                for row, reason in rejected:
                    self._rejects.add(row, reason)
                left[index] = _Waiting(rows, commands, None, corrects=True)
        return left

    def _was_told(self, one: "_Waiting") -> bool:
        """Whether the first command, which always leads to an event, was decided before."""
        id, stream = one.commands[0].command_id, one.commands[0].streams[0]
        return any(event.command_id == id for event in self._trail.events(stream=stream))


class _Waiting(NamedTuple):
    """Rows that wait for their commands to be decided."""

    rows: Sequence[Row]
    commands: Sequence[Command]
    again: Again | None
    corrects: bool = False


class RejectsFile:
    """The rejected rows, as CSV: line, reason, and the row as it was. Made when there is one.

    It is written under another name and takes its own at the end, so that what an interrupted
    import left is not taken for all.
    """

    def __init__(
        self, path: Path, header: Sequence[str], original: Callable[[Row], list[str]]
    ) -> None:
        self.path = path
        self.reasons: Counter[str] = Counter()
        self._part = path.with_name(f"{path.name}.part")
        self._header = ["line", "reason", *header]
        self._original = original
        self._waiting: list[tuple[Row, str]] = []
        self._file: IO[str] | None = None
        self._writer: Any = None

    @property
    def rows(self) -> int:
        """How many rows were rejected."""
        return self.reasons.total()

    def add(self, row: Row, reason: str) -> None:
        """Reject a row."""
        self.reasons[reason] += 1
        self._waiting.append((row, reason))

    def write(self) -> None:
        """Write the rows that wait, by line.

        Raises:
            BadInput: the file cannot be written.
        """
        if not self._waiting:
            return
        if self._file is None:
            try:
                self._file = self._part.open("w", encoding="utf-8", newline="")
            except OSError as error:
                raise BadInput(
                    f"The rejects file {self.path} cannot be written: {error.strerror}. Name "
                    "another place for it."
                ) from error
            self._writer = csv.writer(self._file, lineterminator="\n")
            self._writer.writerow(self._header)
        self._waiting.sort(key=lambda each: each[0][LINE])
        self._writer.writerows(
            [row[LINE], reason, *self._original(row)] for row, reason in self._waiting
        )
        self._waiting = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()
            if kind is None:
                os.replace(self._part, self.path)
        elif kind is None and self._is_of_an_earlier_import():
            self.path.unlink()

    def _is_of_an_earlier_import(self) -> bool:
        try:
            with self.path.open(encoding="utf-8", newline="") as file:
                return next(csv.reader(file), None) == self._header
        except (OSError, UnicodeDecodeError, csv.Error):
            return False
