"""The connections to one SQLite database: one that writes, a few that read, each lent to one."""

import os
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, RLock

from ordertrail.adapters.sqlite.errors import BUSY, explained, primary_code
from ordertrail.domain.errors import StoreError

WRITER_CACHE_KIB = 65_536  # with SQLite's 2 MiB, the rows of a bulk load would be read again
IDLE_READERS = 8  # more are opened when more threads read at once, and closed when they are done


class Connections:
    """Lends connections to a database file, or the only one to a database in memory.

    Threads queue for the writer at a lock, so that they never wait busily for each other; other
    processes are waited for by asking again and again, for up to `patience` seconds.
    """

    def __init__(self, path: str | None, patience: float = 60.0) -> None:
        self.name = "the store in memory" if path is None else os.path.abspath(path)
        self._in_memory = path is None
        self._patience = patience
        self._pid = os.getpid()
        self._file: tuple[int, int] | None = None  # which one it is, once we know it is ours
        self._closed = False
        self._turn = RLock()
        self._idle: list[sqlite3.Connection] = []
        self._idle_lock = Lock()
        with explained(self.name):
            self._writer = self._connect(timeout=0)
            # These read the file, which may be locked by whoever makes it at this moment.
            self._when_free(f"PRAGMA cache_size = -{WRITER_CACHE_KIB}")
            # From the first write on, so that what a read model deletes leaves no trace in a page.
            self._when_free("PRAGMA secure_delete = ON")

    def write_ahead(self) -> None:
        """Let readers read while the writer writes, and put every commit on disk.

        Raises:
            StoreError: the file lies where SQLite cannot share memory, as on a network drive.
        """
        if self._in_memory:
            return
        with self._my_turn(), explained(self.name):
            (mode,) = self._when_free("PRAGMA journal_mode = WAL").fetchone()
            self._writer.execute("PRAGMA synchronous = FULL")
        if mode != "wal":
            raise StoreError(
                f"{self.name} cannot have a write-ahead log: keep it on a local disk, not on a "
                "network drive."
            )
        self._file = self._file_there()

    @contextmanager
    def transaction(self, *, synced: bool = True) -> Iterator[sqlite3.Connection]:
        """Lend the writer, in a transaction that the end of the block commits or undoes.

        Without `synced` the commit may be lost when the power fails, and only then; it is on disk
        with the next one that is synced.

        Raises:
            StoreError: the store is closed, read-only, full, locked for too long, or lent already
                to this thread.
        """
        with self._my_turn(), explained(self.name):
            if self._writer.in_transaction:
                raise StoreError("This thread is writing already: end that unit of work first.")
            if not synced:
                self._when_free("PRAGMA synchronous = NORMAL")
            try:
                self._when_free("BEGIN IMMEDIATE")
                self._must_be_in_place()
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                # SQLite undid it already when the disk was full, or it never began.
                with suppress(sqlite3.Error):
                    self._writer.execute("ROLLBACK")
                raise
            finally:
                if not synced:
                    self._writer.execute("PRAGMA synchronous = FULL")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection that sees one state of the database until the end of the block.

        In memory it is the writer's connection: within a unit of work, its own thread reads what
        is not yet committed.

        Raises:
            StoreError: the store is closed, or the file cannot be read.
        """
        if self._in_memory:
            with self._my_turn(), explained(self.name):
                yield self._writer
            return
        self._check()
        self._must_be_in_place()
        with explained(self.name):
            connection = self._borrow()
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                self._give_back(connection)

    def close(self) -> None:
        """Close all connections, once the unit of work under way is done; never in a fork."""
        if self._pid != os.getpid():
            return  # They belong to the parent.
        with self._turn, self._idle_lock:
            self._closed = True
            for connection in self._idle:
                connection.close()
            self._idle.clear()
            self._writer.close()

    def _check(self) -> None:
        if self._closed:
            raise StoreError(f"{self.name} is closed: open it again.")
        if self._pid != os.getpid():
            raise StoreError(f"{self.name} was opened before a fork: open it anew in the child.")

    def _must_be_in_place(self) -> None:
        """Notice that somebody deleted the file, or put another one in its place: on Unix, what is
        written to it then goes nowhere.

        Raises:
            StoreError: somebody did.
        """
        if self._file is not None and self._file_there() != self._file:
            raise StoreError(
                f"{self.name} was deleted or replaced while it was open: open it again."
            )

    def _file_there(self) -> tuple[int, int] | None:
        try:
            there = os.stat(self.name)
        except OSError:
            return None
        return there.st_dev, there.st_ino

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        self._check()  # Before the lock: in a fork, it may be held by a thread that is not there.
        nested = self._turn._is_owned()  # type: ignore[attr-defined]
        try:
            if not self._turn.acquire(timeout=self._patience):
                raise StoreError(f"{self.name} is locked: a thread has been writing for too long.")
            self._check()
            yield
        finally:
            # Who is interrupted on the way out of `acquire` has the lock, and does not know it.
            if nested or self._turn._is_owned():  # type: ignore[attr-defined]
                self._turn.release()

    def _when_free(self, statement: str) -> sqlite3.Cursor:
        """Run a statement as soon as no other process writes.

        SQLite's own waiting sleeps ever longer, up to 100 ms, and then loses against those who
        came later; short sleeps of random length give everyone a turn.
        """
        deadline = time.monotonic() + self._patience
        while True:
            try:
                return self._writer.execute(statement)
            except sqlite3.OperationalError as error:
                if primary_code(error) not in BUSY or time.monotonic() > deadline:
                    raise
            time.sleep(random.uniform(0.0002, 0.002))

    def _borrow(self) -> sqlite3.Connection:
        with self._idle_lock:
            if self._idle:
                return self._idle.pop()
        reader = self._connect(timeout=self._patience)
        reader.execute("PRAGMA query_only = ON")
        return reader

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with suppress(sqlite3.Error):
            connection.execute("COMMIT")  # Nothing was written; this lets the state go.
        with self._idle_lock:
            if self._closed or connection.in_transaction or len(self._idle) >= IDLE_READERS:
                connection.close()
            else:
                self._idle.append(connection)

    def _connect(self, timeout: float) -> sqlite3.Connection:
        return sqlite3.connect(
            ":memory:" if self._in_memory else self.name,
            isolation_level=None,
            check_same_thread=False,
            timeout=timeout,
        )
