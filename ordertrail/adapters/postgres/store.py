"""A log in PostgreSQL: what it promises, and how the parts that keep the promise meet."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from threading import Condition
from typing import Any, TypeVar

from ordertrail.adapters.log_queries import LogQueries
from ordertrail.adapters.postgres import schema
from ordertrail.adapters.postgres.address import Address
from ordertrail.adapters.postgres.appender import Appender
from ordertrail.adapters.postgres.connections import Connections
from ordertrail.adapters.postgres.errors import Lost
from ordertrail.adapters.postgres.listener import Listener
from ordertrail.adapters.postgres.session import Session
from ordertrail.adapters.postgres.tables import PostgresTables
from ordertrail.adapters.postgres.writing import PostgresWriting
from ordertrail.adapters.recorder import RecorderStore
from ordertrail.adapters.store import Record
from ordertrail.adapters.view_store import ViewStore

T = TypeVar("T")

POLL_AT_MOST = 0.25  # seconds between two looks, where no notification comes


class PostgresStore(RecorderStore, ViewStore):
    """See `Store`."""

    def __init__(self, address: Address, patience: float = 60.0) -> None:
        """Open the log; its schema is made when it is missing or empty.

        Args:
            patience: how many seconds to wait for a server that does not answer, and how long to
                try to learn what became of an append whose answer was lost.

        Raises:
            StoreError: there is no way to the server, it does not let this user in, or the schema
                holds something else, or a log of another version; the sentence says what to do.
        """
        super().__init__()
        self._log = address.schema
        self._tables = PostgresTables(address.schema)
        self._connections = Connections(address, patience)
        self._appender = Appender(self._connections)
        self._appended = Condition()
        self._known_head = (0, 0)  # others may be further
        self._listener = Listener(self._connections, self._heard)
        try:
            self._log_id = self._find_or_create()
            with self.asking() as log:
                self._known_head = log.head()
        except BaseException:
            self._connections.close()
            raise

    @property
    def log_id(self) -> str:
        return self._log_id

    @property
    def log_schema(self) -> str:
        return self._log

    @property
    def tables(self) -> PostgresTables:
        return self._tables

    def transaction(self, *, synced: bool = True) -> AbstractContextManager[Session]:
        return self._connections.transaction(synced=synced)

    def reading(self) -> AbstractContextManager[Session]:
        return self._connections.reading()

    @contextmanager
    def asking(self) -> Iterator[LogQueries]:
        with self._connections.lent() as session:
            yield LogQueries(session, self._log)

    def head(self) -> int:
        return self._asked(super().head)

    def read(self, *given: Any, **filters: Any) -> list[Record]:
        return self._asked(partial(super().read, *given, **filters))

    @contextmanager
    def writing(self, *, exclusive: bool = False) -> Iterator[PostgresWriting]:
        self._connections.check()
        with self._connections.one_at_a_time():
            if exclusive:
                with self._appender.alone() as work:
                    yield work
            else:
                work = PostgresWriting(self._connections.lent, self._log, self._known_head)
                yield work
                if work.staged is not None:
                    work.placed = self._appender.append(work.staged)
        if work.placed is not None and work.staged is not None:
            first, recorded_at = work.placed
            self._heard(first - 1 + len(work.staged.records), recorded_at)

    def examined(self) -> tuple[str, list[str]]:
        with self._connections.lent() as session:
            row = session.execute(
                "SELECT checksum_failures, checksum_last_failure::text FROM pg_stat_database"
                " WHERE datname = current_database()"
            ).fetchone()
        failures, last = row or (None, None)
        if failures is None:
            return "its pages have no checksums", []
        if failures:
            return "damaged", [f"{failures} pages failed their checksum, the last one at {last}."]
        return "no page failed its checksum", []

    def wait_for_events(self, after: int, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        if timeout:
            self._listener.start()
        while self._known_head[0] <= after and self.head() <= after:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return False
            with self._appended:
                if self._known_head[0] <= after:
                    self._appended.wait(min(POLL_AT_MOST, remaining))
        return True

    def _asked(self, ask: Callable[[], T]) -> T:
        """Ask; and where the connection is lost, once more: asking changes nothing."""
        try:
            return ask()
        except Lost:
            return ask()

    def close(self) -> None:
        self._connections.close()
        self._listener.stop()
        with self._appended:
            self._appended.notify_all()

    def _heard(self, position: int, recorded_at: int) -> None:
        """Remember where the log ends, and wake whoever waits for it."""
        with self._appended:
            self._known_head = max(self._known_head, (position, recorded_at))
            self._appended.notify_all()

    def _find_or_create(self) -> str:
        name = self._connections.name
        with self._connections.lent() as session:
            found = schema.log_id(session, self._log, name)
        if found is not None:
            return found
        with self._connections.transaction() as session:  # Another process may have been first.
            schema.migrate(session, self._log, name)
        with self._connections.lent() as session:
            created = schema.log_id(session, self._log, name)
        assert created is not None
        return created
