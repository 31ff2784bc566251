"""Sends what is to be appended, again if need be, until it is known what became of it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress

import psycopg

from ordertrail.adapters.log_queries import LogQueries
from ordertrail.adapters.postgres.appending import Staged, append, copy, is_stored
from ordertrail.adapters.postgres.connections import WRITE, Connections
from ordertrail.adapters.postgres.errors import Lost
from ordertrail.adapters.postgres.session import Session
from ordertrail.adapters.postgres.writing import PostgresWriting
from ordertrail.adapters.store import WAS_FIRST, Placed
from ordertrail.domain.errors import Conflict, StoreError

# Whoever stops in the middle of a transaction that holds the log is thrown out of it.
LIMITS = (
    "SET LOCAL idle_in_transaction_session_timeout = '10s'; SET LOCAL statement_timeout = '30s'"
)

FIRST_PAUSE = 0.02  # seconds before an append is sent again; each pause is twice the last
LONGEST_PAUSE = 2.0


class Appender:
    """Appends to one log.

    When the connection is lost, nobody knows whether the append was stored, or still will be. The
    same append is then sent again. Only one of the two can succeed, as both write the same
    versions of streams, or the same commands; and if the second one fails, a look into the log
    tells whether it is the first one that stands there.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._log = connections.address.schema
        self._silence = connections.patience / 4

    def append(self, staged: Staged) -> Placed:
        """Append it, whatever others write meanwhile.

        Raises:
            Conflict: somebody else was first.
            StoreError: it cannot be stored, or nobody knows whether it was.
        """
        try:
            with self._connections.lent() as session:
                return self._send(session, staged)
        except Lost:
            return self._send_again(staged)

    @contextmanager
    def alone(self) -> Iterator[PostgresWriting]:
        """A unit of work during which nobody else appends.

        Raises: as `append` does.
        """
        staged = None
        try:
            with self._connections.lent() as session, self._transaction(session):
                session.execute(f"SELECT {self._log}.lock()")
                head = LogQueries(session, self._log).head()
                work = PostgresWriting(lambda: nullcontext(session), self._log, head)
                yield work
                staged = work.staged
                if staged is not None:
                    session.silence = self._silence
                    work.placed = self._put(session, staged)
        except Lost:
            if staged is None:
                raise
            work.placed = self._send_again(staged)

    def _send(self, session: Session, staged: Staged) -> Placed:
        session.silence = self._silence  # so that there is time to send it again
        if staged.is_one_statement:
            return self._put(session, staged)
        with self._transaction(session):
            return self._put(session, staged)

    def _put(self, session: Session, staged: Staged) -> Placed:
        put = append if staged.is_one_statement else copy
        try:
            return put(session, self._log, staged)
        except psycopg.errors.UniqueViolation as error:
            raise Conflict(_who_was_first(staged, error)) from error

    def _send_again(self, staged: Staged) -> Placed:
        deadline = time.monotonic() + self._connections.patience
        pause = FIRST_PAUSE
        while True:
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                with self._connections.lent() as session:
                    try:
                        return self._send(session, staged)
                    except Conflict:
                        placed = is_stored(session, self._log, staged)
                        if placed is None:
                            raise
                        return placed
            except Conflict:
                raise
            except StoreError as error:
                if time.monotonic() > deadline or self._connections.closed:
                    raise StoreError(
                        "It is not known whether this was stored: send the command again, with "
                        f"the same id. {error}"
                    ) from error

    @contextmanager
    def _transaction(self, session: Session) -> Iterator[None]:
        session.at_once(f"BEGIN {WRITE}; {LIMITS}")
        try:
            yield
            session.at_once("COMMIT")
        except BaseException:
            with suppress(psycopg.Error):
                session.at_once("ROLLBACK")
            raise


def _who_was_first(staged: Staged, error: psycopg.Error) -> str:
    tracking = staged.tracking
    if tracking is not None and error.diag.message_primary == "that far already":
        return f"{tracking.application_name} is at {tracking.notification_id} or further already."
    return WAS_FIRST
