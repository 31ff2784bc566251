"""The event store in one SQLite file, or in SQLite's own memory: the same code for both."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Condition

from ordertrail.adapters.log_queries import LogQueries
from ordertrail.adapters.recorder import RecorderStore
from ordertrail.adapters.sqlite import schema
from ordertrail.adapters.sqlite.connections import Connections
from ordertrail.adapters.sqlite.tables import SQLiteTables
from ordertrail.adapters.sqlite.writing import LOG, SQLiteWriting
from ordertrail.adapters.view_store import ViewStore
from ordertrail.domain.errors import StoreError

POLL_AT_MOST = 0.05  # seconds between two looks for what other processes wrote


class SQLiteStore(RecorderStore, ViewStore):
    """See `Store`. `path` names the file, which is made when it is missing; None is in memory."""

    def __init__(self, path: str | None) -> None:
        """Open the log.

        Raises:
            StoreError: the path names no file that can be a log, or one that a newer version of
                Ordertrail wrote; the sentence says what to do.
        """
        super().__init__()
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

    @property
    def log_schema(self) -> str:
        return LOG

    def transaction(self, *, synced: bool = True) -> AbstractContextManager[sqlite3.Connection]:
        return self._connections.transaction(synced=synced)

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        return self._connections.reading()

    @contextmanager
    def asking(self) -> Iterator[LogQueries]:
        with self._connections.reading() as connection:
            yield LogQueries(connection, LOG)

    @contextmanager
    def writing(self, *, exclusive: bool = False) -> Iterator[SQLiteWriting]:
        with self._connections.transaction() as connection:  # always exclusive
            work = SQLiteWriting(connection)
            yield work
        if work.appended:
            with self._appended:
                self._last_appended = max(self._last_appended, work.appended)
                self._appended.notify_all()

    def examined(self) -> tuple[str, list[str]]:
        try:
            with self._connections.reading() as connection:
                found = [line for (line,) in connection.execute("PRAGMA integrity_check(10)")]
        except StoreError as error:
            return "damaged", [str(error)]
        return ("sound", []) if found == ["ok"] else ("damaged", found)

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
            schema.migrate(connection, name)
        with self._connections.reading() as connection:
            created = schema.log_id(connection, name)
        assert created is not None
        return created
