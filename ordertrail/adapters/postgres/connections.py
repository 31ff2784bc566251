"""The connections to one PostgreSQL database, each lent to one at a time."""

import os
import select
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import BoundedSemaphore, Lock

import psycopg

from ordertrail.adapters.postgres.address import Address
from ordertrail.adapters.postgres.arrays import ADAPTERS
from ordertrail.adapters.postgres.errors import Lost, explained, no_way
from ordertrail.adapters.postgres.session import Session
from ordertrail.domain.errors import StoreError

MOST = 20  # connections at once; who wants another one waits
OLDEST_SERVER = 140000

READ = "ISOLATION LEVEL REPEATABLE READ READ ONLY"
WRITE = "ISOLATION LEVEL READ COMMITTED"


class Connections:
    """Lends connections, and keeps those that nobody needs for the next one who does.

    A pool of psycopg's connects in threads of its own, and tells of a wrong password as a time-out;
    so this is a list. Whatever a server or a pooler before it (such as pgbouncer) may lend to
    somebody else after each transaction, is set within the transaction.
    """

    def __init__(self, address: Address, patience: float = 60.0) -> None:
        """
        Args:
            patience: how many seconds to wait for an answer, and for a connection to be lent.
        """
        self.address = address
        self.name = address.name
        self.patience = patience
        self.pooled = False  # whether a pooler hands each transaction to another server session
        self._pid = os.getpid()
        self.closed = False
        self._free = BoundedSemaphore(MOST)
        self._lock = Lock()
        self._idle: list[Session] = []
        self._writing = threading.local()
        self._look()

    def connect(self) -> Session:
        """A new connection, in autocommit, for the caller to close.

        Raises:
            StoreError: there is no way to the server, or it does not let this user in.
        """
        try:
            session = Session.connect(autocommit=True, context=ADAPTERS, **self.address.parameters)
        except psycopg.Error as error:
            raise StoreError(no_way(error, self.name)) from error
        session.silence = self.patience
        if self.pooled:
            session.prepare_threshold = None  # they stay behind in a session that is not ours
        return session

    @contextmanager
    def lent(self) -> Iterator[Session]:
        """Lend a connection for single statements, each a transaction of its own.

        Raises:
            StoreError: the store is closed, or the server cannot do it.
        """
        self.check()
        if not self._free.acquire(timeout=self.patience):
            raise StoreError(f"All {MOST} connections to {self.name} are in use for too long.")
        try:
            session = self._take() or self.connect()
            try:
                with explained(self.name):
                    yield session
            except Lost:
                self.forget()
                raise
            finally:
                self._give_back(session)
        finally:
            self._free.release()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Lend a connection that sees one state of the database until the end of the block.

        Raises:
            StoreError: the store is closed, or the server cannot do it.
        """
        with self.lent() as session:
            session.at_once(f"BEGIN {READ}; {self._settings}")
            try:
                yield session
            finally:
                with suppress(psycopg.Error):
                    session.at_once("COMMIT")  # Nothing was written; this lets the state go.

    @contextmanager
    def transaction(self, *, synced: bool = True) -> Iterator[Session]:
        """Lend a connection in a transaction that the end of the block commits or undoes.

        Raises:
            StoreError: the store is closed, the server cannot do it, or one was lent already to
                this thread.
        """
        settings = self._settings
        if not synced:
            settings += "; SET LOCAL synchronous_commit = off"
        with self.one_at_a_time(), self.lent() as session:
            session.at_once(f"BEGIN {WRITE}; {settings}")
            try:
                yield session
                session.at_once("COMMIT")
            except BaseException:
                with suppress(psycopg.Error):
                    session.at_once("ROLLBACK")
                raise

    @contextmanager
    def one_at_a_time(self) -> Iterator[None]:
        """Make sure that a thread has one unit of work at a time: two might wait for each other.

        Raises:
            StoreError: it has one already.
        """
        if getattr(self._writing, "now", False):
            raise StoreError("This thread is writing already: end that unit of work first.")
        self._writing.now = True
        try:
            yield
        finally:
            self._writing.now = False

    def forget(self) -> None:
        """Close the connections that nobody uses: one was lost, so they may be, too."""
        with self._lock:
            idle, self._idle = self._idle, []
        for session in idle:
            session.close()

    def close(self) -> None:
        """Close all connections that nobody uses, and each other once it is given back."""
        if self._pid != os.getpid():
            return  # They belong to the parent.
        self.closed = True
        self.forget()

    def check(self) -> None:
        """Make sure that the store may be used.

        Raises:
            StoreError: it is closed, or was opened before a fork.
        """
        if self.closed:
            raise StoreError(f"{self.name} is closed: open it again.")
        if self._pid != os.getpid():
            raise StoreError(f"{self.name} was opened before a fork: open it anew in the child.")

    @property
    def _settings(self) -> str:
        log = self.address.schema
        return f"SET LOCAL search_path = {log}_views, {log}; SET LOCAL TimeZone = 'UTC'"

    def _look(self) -> None:
        """Learn on a first connection what stands between us and the server, and which it is."""
        with ExitStack() as on_failure, explained(self.name):
            session = self.connect()
            on_failure.callback(session.close)
            if session.info.server_version < OLDEST_SERVER:
                raise StoreError(f"{self.name} needs PostgreSQL 14 or later: upgrade the server.")
            row = session.execute(
                "SELECT pg_backend_pid(), current_setting('server_encoding'),"
                " current_setting('default_transaction_isolation')"
            ).fetchone()
            assert row is not None
            pid, encoding, isolation = row
            if encoding != "UTF8":
                raise StoreError(f"{self.name} has the encoding {encoding}: create one with UTF8.")
            if isolation != "read committed":
                raise StoreError(
                    f"{self.name} begins transactions as {isolation!r}: set "
                    "default_transaction_isolation to 'read committed' for this user."
                )
            on_failure.pop_all()
        self.pooled = pid != session.info.backend_pid
        if self.pooled:
            session.prepare_threshold = None
        self._idle.append(session)

    def _take(self) -> Session | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                session = self._idle.pop()
            if not session.closed and not _was_told_something(session):
                return session
            session.close()

    def _give_back(self, session: Session) -> None:
        if not session.is_idle:
            session.close()
            return
        session.silence = self.patience
        with self._lock:
            if not self.closed:
                self._idle.append(session)
                return
        session.close()


def _was_told_something(session: Session) -> bool:
    """Whether the server said something though nothing was asked: it closes the connection."""
    poll = select.poll()
    poll.register(session.fileno(), select.POLLIN)
    return bool(poll.poll(0))
