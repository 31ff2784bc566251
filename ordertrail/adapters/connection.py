"""A connection to any database that holds read models: SQL with `?` marks in, tuples out."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol


class Cursor(Protocol):
    """What a statement found."""

    @property
    def description(self) -> Any:
        """A tuple for each column, of which the first item is its name."""

    @property
    def rowcount(self) -> int:
        """How many rows the statement changed."""

    def fetchone(self) -> Any:
        """The next row, None behind the last one."""

    def fetchall(self) -> list[Any]:
        """All rows that were not fetched yet."""

    def __iter__(self) -> Iterator[Any]:
        """The rows, one by one."""

    def close(self) -> None:
        """Let the rows go that were not fetched."""


class Connection(Protocol):
    """Runs statements within a transaction that somebody else ends."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Cursor:
        """Run a statement; each `?` in it stands for a parameter."""

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any:
        """Run a statement once for each of many."""
