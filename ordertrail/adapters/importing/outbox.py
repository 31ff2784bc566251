"""From rows to the log: commands go in batches, and every row is accounted for."""

import csv
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, Self

from ordertrail.adapters.importing.cells import LINE, Row
from ordertrail.adapters.receipt import Receipt
from ordertrail.domain.aggregate import Command
from ordertrail.domain.errors import (
    BadInput,
    CommandReused,
    OrdertrailError,
    StoreError,
)

BATCH = 1000
"""How many commands are gathered before they are decided; the engine commits as many at once."""

REUSED = "was imported before, with other content"


class Trail(Protocol):
    """What an import needs of an engine."""

    def execute_many(self, commands: Sequence[Command]) -> list[Receipt | OrdertrailError]:
        """Decide commands in their order; a receipt or an error for each."""


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

    def send(self, rows: Sequence[Row], commands: Sequence[Command]) -> None:
        """Rows became these commands, all of them together."""

    def reject(self, row: Row, reason: str) -> None:
        """A row leads to nothing."""


class Sender:
    """An outbox that stores: commands in the log, rejected rows in a file. A context manager."""

    def __init__(self, trail: Trail, rejects: "RejectsFile") -> None:
        self._trail = trail
        self._rejects = rejects
        self._waiting: list[tuple[Sequence[Row], int]] = []
        self._commands: list[Command] = []
        self.imported_rows = 0
        self.events = 0

    def send(self, rows: Sequence[Row], commands: Sequence[Command]) -> None:
        """Rows became these commands; if one of them is refused, the rows are rejected."""
        if len(self._commands) + len(commands) > BATCH:
            self.flush()
        self._waiting.append((rows, len(commands)))
        self._commands += commands

    def reject(self, row: Row, reason: str) -> None:
        """A row leads to nothing."""
        self._rejects.add(row, reason)

    def flush(self) -> None:
        """Have the gathered commands decided.

        Raises:
            StoreError: the store cannot take them.
        """
        outcomes = self._trail.execute_many(self._commands) if self._commands else []
        first = 0
        for rows, count in self._waiting:
            refusal = None
            for outcome in outcomes[first : first + count]:
                if isinstance(outcome, Receipt):
                    self.events += 0 if outcome.repeated else len(outcome.events)
                elif isinstance(outcome, StoreError):
                    raise outcome
                else:
                    refusal = refusal or outcome
            first += count
            if refusal is None:
                self.imported_rows += len(rows)
            else:
                reason = REUSED if isinstance(refusal, CommandReused) else str(refusal)
                for row in rows:
                    self._rejects.add(row, reason)
        self._waiting, self._commands = [], []
        self._rejects.write()


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
