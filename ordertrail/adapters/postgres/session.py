"""A connection to PostgreSQL that is asked as one to SQLite is, and never waits for ever."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import psycopg

SILENCE = 60.0
"""Seconds that a server may take for an answer."""


class Session(psycopg.Connection[tuple[Any, ...]]):
    """A connection whose `execute` takes `?` for a parameter, as that of SQLite does.

    `silence` is how many seconds it waits for an answer before it gives up the connection; None
    is as long as it takes.
    """

    silence: float | None = SILENCE

    def execute(  # type: ignore[override]  # its statements are written for both databases
        self, statement: str, parameters: Sequence[Any] = (), *, binary: bool = True
    ) -> psycopg.Cursor[tuple[Any, ...]]:
        """Run a statement; returns the cursor over its rows."""
        if not parameters:
            return super().execute(statement, binary=binary)
        return super().execute(_marked(statement), parameters, binary=binary)

    def executemany(
        self, statement: str, many: Iterable[Sequence[Any]]
    ) -> psycopg.Cursor[tuple[Any, ...]]:
        """Run a statement with each of many parameters."""
        cursor = self.cursor()
        cursor.executemany(_marked(statement), many)
        return cursor

    def at_once(self, statements: str) -> None:
        """Run several statements without parameters, in one message to the server."""
        with self.cursor() as cursor:
            cursor.execute(statements, prepare=False)

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        try:
            return super().wait(gen, interval, self.silence if timeout is None else timeout)
        except psycopg.errors._WaitTimeout:
            if timeout is None:
                self.close()  # what it is still doing, nobody knows
            raise

    @property
    def is_idle(self) -> bool:
        """Whether it is open, and in no transaction."""
        return (
            not self.closed and self.pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE
        )


@lru_cache(maxsize=1024)
def _marked(statement: str) -> str:
    """The statement with psycopg's marks for parameters in place of `?`; texts are left alone."""
    parts = statement.replace("%", "%%").split("'")
    parts[::2] = [part.replace("?", "%s") for part in parts[::2]]
    return "'".join(parts)
