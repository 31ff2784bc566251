"""The event store in one SQLite file, or in SQLite's own memory: the same code for both."""

import sqlite3
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from threading import Condition
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from ordertrail.adapters.recorder import RecorderStore, recorder_errors, stored_event, stream_of
from ordertrail.adapters.sqlite import schema
from ordertrail.adapters.sqlite.connections import Connections
from ordertrail.adapters.sqlite.tables import SQLiteTables
from ordertrail.adapters.sqlite.writing import COLUMNS, SQLiteWriting, records
from ordertrail.adapters.store import Record
from ordertrail.adapters.view_store import ViewStore

POLL_AT_MOST = 0.05  # seconds between two looks for what other processes wrote


class SQLiteStore(RecorderStore, ViewStore):
    """See `Store`. `path` names the file, which is made when it is missing; None is in memory."""

    def __init__(self, path: str | None) -> None:
        """Open the log.

        Raises:
            StoreError: the path names no file that can be a log, or one that a newer version of
                Ordertrail wrote; the sentence says what to do.
        """
        self._connections = Connections(path)
        self._tables = SQLiteTables()
        self._appended = Condition()
        self._last_appended = 0  # by this store; other processes may be further
        try:
            self._log_id = self._find_or_create()
        except BaseException:
            self._connections.close()
            raise

    @property
    def log_id(self) -> str:
        return self._log_id

    @property
    def tables(self) -> SQLiteTables:
        return self._tables

    def transaction(self, *, synced: bool = True) -> AbstractContextManager[sqlite3.Connection]:
        """Write to tables of your own beside the log, all or nothing.

        Without `synced` it may be lost when the power fails; what can be built again from the log
        needs no disk to wait for.

        Raises:
            StoreError: as `writing` does.
        """
        return self._connections.transaction(synced=synced)

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Query the tables of the file, on one state of them; leave no cursor open behind you.

        Raises:
            StoreError: the store is closed or the file cannot be read.
        """
        return self._connections.reading()

    @contextmanager
    def writing(self) -> Iterator[SQLiteWriting]:
        with self._connections.transaction() as connection:
            work = SQLiteWriting(connection)
            yield work
        if work.appended:
            with self._appended:
                self._last_appended = max(self._last_appended, work.appended)
                self._appended.notify_all()

    def read(
        self,
        after: int = 0,
        limit: int = 1000,
        *,
        until: int | None = None,
        stream: str | None = None,
        types: Sequence[str] = (),
        recorded_from: int | None = None,
        recorded_until: int | None = None,
    ) -> list[Record]:
        with self._connections.reading() as connection:
            if recorded_from is not None or recorded_until is not None:
                first, last = _recorded_between(connection, recorded_from, recorded_until)
                after = max(after, first - 1)
                until = last if until is None else min(until, last)
            query = f"SELECT {COLUMNS} FROM events WHERE position > ?"
            arguments: list[int | str] = [after]
            if until is not None:
                query += " AND position <= ?"
                arguments.append(until)
            if stream is not None:
                query += " AND stream = ?"
                arguments.append(stream)
            if types:
                query += f" AND type IN ({', '.join('?' * len(types))})"
                arguments.extend(types)
            return records(
                connection.execute(f"{query} ORDER BY position LIMIT ?", (*arguments, limit))
            )

    def head(self) -> int:
        with self._connections.reading() as connection:
            return _head(connection)

    def wait_for_events(self, after: int, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        pause = 0.001
        # Appends of this store wake us; those of other processes are seen by looking.
        while self._last_appended <= after and self.head() <= after:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return False
            with self._appended:
                if self._last_appended <= after:
                    self._appended.wait(min(pause, remaining))
            pause = min(2 * pause, POLL_AT_MOST)
        return True

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> list[StoredEvent]:
        """The events of one stream, by version, above `gt` and up to `lte`.

        Raises:
            OperationalError: the store cannot be read.
        """
        query = f"SELECT {COLUMNS} FROM events WHERE stream = ?"
        arguments: list[int | str] = [stream_of(originator_id)]
        if gt is not None:
            query += " AND version > ?"
            arguments.append(gt)
        if lte is not None:
            query += " AND version <= ?"
            arguments.append(lte)
        query += f" ORDER BY version {'DESC' if desc else 'ASC'}"
        if limit is not None:
            query += " LIMIT ?"
            arguments.append(limit)
        with recorder_errors(), self._connections.reading() as connection:
            return [stored_event(row) for row in records(connection.execute(query, arguments))]

    def max_tracking_id(self, application_name: str) -> int | None:
        """How far the application came, None when nothing is known of it.

        Raises:
            OperationalError: the store cannot be read.
        """
        with recorder_errors(), self._connections.reading() as connection:
            row = connection.execute(
                "SELECT notification_id FROM tracking WHERE application_name = ?",
                (application_name,),
            ).fetchone()
        return None if row is None else row[0]

    def close(self) -> None:
        self._connections.close()

    def _find_or_create(self) -> str:
        name = self._connections.name
        with self._connections.reading() as connection:
            found = schema.log_id(connection, name)
        # Only now is it sure that the file is ours, and may be given a write-ahead log.
        self._connections.write_ahead()
        if found is not None:
            return found
        with self._connections.transaction() as connection:  # Another process may have been first.
            return schema.log_id(connection, name) or schema.create(connection)


def _head(connection: sqlite3.Connection) -> int:
    (head,) = connection.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
    return int(head)


def _recorded_between(
    connection: sqlite3.Connection, earliest: int | None, latest: int | None
) -> tuple[int, int]:
    """The first and the last position that was recorded between two times, both included.

    `recorded_at` never goes back along the log, and positions have no gaps: so a binary search
    finds the two with some twenty look-ups in a million.
    """

    def recorded_at(position: int) -> int:
        query = "SELECT recorded_at FROM events WHERE position = ?"
        return int(connection.execute(query, (position,)).fetchone()[0])

    positions = range(1, _head(connection) + 1)
    first, last = 1, len(positions)
    if earliest is not None:
        first = bisect_left(positions, earliest, key=recorded_at) + 1
    if latest is not None:
        last = bisect_right(positions, latest, key=recorded_at)
    return first, last
