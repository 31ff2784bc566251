"""What a unit of work appends to a log in PostgreSQL, and how it gets there."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from struct import error as StructError
from typing import Any

import psycopg
from eventsourcing.persistence import Tracking

from ordertrail.adapters.log_queries import COLUMNS, LogQueries
from ordertrail.adapters.postgres.arrays import Bigints, Bytes, Integers, Texts
from ordertrail.adapters.postgres.session import Session
from ordertrail.adapters.store import DecidedCommand, Placed, Record
from ordertrail.domain.errors import StoreError

COPIED_FROM = 200
"""From how many events on COPY is faster than one statement."""

ARRAYS = (
    Bigints, Texts, Bigints, Texts, Integers, Bytes, Bigints, Integers, Bigints,
    *[Texts] * 9, Integers,
)  # fmt: skip
"""What holds each column of records."""

TYPES = [array.element for array in ARRAYS]

RECORDED_AT = Record._fields.index("recorded_at")

ARGUMENTS = ", ".join("?" * (len(ARRAYS) - 1 + 8))


@dataclass(frozen=True)
class Staged:
    """What is to be appended. Positions count from `head`, which may have moved on meanwhile.

    `unchanged` are the streams that nobody else may have written to, with the last version seen.
    """

    head: int
    records: Sequence[Record]
    commands: Sequence[DecidedCommand]
    tracking: Tracking | None
    unchanged: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_one_statement(self) -> bool:
        """Whether it is small enough, and all of it recorded at one time."""
        return len(self.records) < COPIED_FROM and (
            not self.records or self.records[0].recorded_at == self.records[-1].recorded_at
        )


def must_fit(staged: Staged, recorded_at: int) -> None:
    """Make sure that the records follow the head, the last of which was recorded at a time.

    Raises:
        StoreError: they do not.
    """
    for position, record in enumerate(staged.records, staged.head + 1):
        if record.position != position:
            raise unfit("positions follow the head of the log without a gap")
        if record.recorded_at < recorded_at:
            raise unfit("recorded_at never goes back")
        recorded_at = record.recorded_at


def append(session: Session, log: str, staged: Staged) -> Placed:
    """Append it in one statement.

    Raises:
        psycopg.errors.UniqueViolation: somebody else was first.
        StoreError: a field has the wrong type.
    """
    with fitting():
        row = session.execute(
            f"SELECT * FROM {log}.append({ARGUMENTS})", _arguments(staged)
        ).fetchone()
    assert row is not None
    return Placed(*row)


def copy(session: Session, log: str, staged: Staged) -> Placed:
    """Append it with COPY, in the transaction under way, which has locked the log.

    Raises: as `append` does.
    """
    first = Staged(staged.head, (), staged.commands, staged.tracking, staged.unchanged)
    position, recorded_at = append(session, log, first)
    moved = position - 1 - staged.head
    with session.cursor() as cursor:
        statement = f"COPY {log}.events ({COLUMNS}) FROM STDIN (FORMAT binary)"
        with fitting(), cursor.copy(statement) as stream:
            stream.set_types(TYPES)
            for record in staged.records:
                recorded_at = max(recorded_at, record.recorded_at)
                stream.write_row(
                    record._replace(position=record.position + moved, recorded_at=recorded_at)
                )
    session.execute(f"SELECT {log}.tell(?, ?)", (position - 1 + len(staged.records), recorded_at))
    return Placed(position, recorded_at)


def is_stored(session: Session, log: str, staged: Staged) -> Placed | None:
    """Where all of it stands in the log already; None if it does not."""
    where = _place_of_the_first(session, log, staged)
    if where is None:
        return None
    position, recorded_at = where
    moved = position - 1 - staged.head
    found = session.execute(
        f"SELECT {COLUMNS} FROM {log}.events WHERE position >= ? ORDER BY position LIMIT ?",
        (position, len(staged.records)),
    ).fetchall()
    expected = [
        record._replace(position=record.position + moved, recorded_at=stored[RECORDED_AT])
        for record, stored in zip(staged.records, found, strict=False)
    ]
    if found != expected or len(found) < len(staged.records):
        return None
    decided = session.execute(
        f"SELECT command_id, fingerprint, first_position - ?, last_position - ?"
        f" FROM {log}.commands WHERE command_id = ANY (?)",
        (moved, moved, Texts([command.command_id for command in staged.commands])),
    ).fetchall()
    if not set(staged.commands) <= set(decided):
        return None
    return Placed(position, found[-1][RECORDED_AT] if found else recorded_at)


def _place_of_the_first(session: Session, log: str, staged: Staged) -> tuple[int, int] | None:
    """Where the event or command stands that should be the first of it, and a time for it."""
    if staged.records:
        first = staged.records[0]
        row = session.execute(
            f"SELECT position, recorded_at FROM {log}.events WHERE stream = ? AND version = ?",
            (first.stream, first.version),
        ).fetchone()
        return row and (row[0], row[1])
    head, recorded_at = LogQueries(session, log).head()
    if staged.commands:
        command = staged.commands[0]
        row = session.execute(
            f"SELECT first_position FROM {log}.commands WHERE command_id = ?",
            (command.command_id,),
        ).fetchone()
        return row and (row[0] - command.first_position + staged.head + 1, recorded_at)
    tracking = staged.tracking
    reached = tracking and LogQueries(session, log).tracked(tracking.application_name)
    return (head + 1, recorded_at) if tracking and reached == tracking.notification_id else None


def _arguments(staged: Staged) -> tuple[Any, ...]:
    columns = list(zip(*staged.records, strict=True)) or [()] * len(Record._fields)
    arguments: list[Any] = [array(column) for array, column in zip(ARRAYS, columns, strict=True)]
    arguments[RECORDED_AT] = columns[RECORDED_AT][0] if staged.records else 0
    ids, prints, firsts, lasts = zip(*staged.commands, strict=True) if staged.commands else [()] * 4
    head = staged.head
    return (
        *arguments[1:],
        Texts(ids),
        Bytes(prints),
        Bigints([first - head for first in firsts]),
        Bigints([last - head for last in lasts]),
        Texts(list(staged.unchanged)),
        Bigints(list(staged.unchanged.values())),
        staged.tracking and staged.tracking.application_name,
        staged.tracking and staged.tracking.notification_id,
    )


@contextmanager
def fitting() -> Iterator[None]:
    """Explain that a value does not fit its column.

    Raises:
        StoreError: it does not.
    """
    try:
        yield
    except (TypeError, ValueError, StructError, psycopg.DataError) as error:
        raise unfit(str(error).partition("\n")[0]) from error


def unfit(reason: str) -> StoreError:
    """The error that says why events cannot be stored."""
    return StoreError(f"These events cannot be stored: {reason}.")
