"""A row of the table, and the settings of a run."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from benchmarks.place import Database, Place, fresh_place


class Row(NamedTuple):
    """What was measured of one contestant.

    Attributes:
        part: the part of the table it stands in, such as "commands".
        case: what was done, such as "hot streams, 64 callers".
        contestant: who did it.
        rate, unit: how much of it in a second; or another figure, as the unit says.
        p50, p95, p99: milliseconds for each, where each was timed.
        sqlite, postgres: the rate of Ordertrail on that database in the same case, divided by
            this rate; round by round, and of these the median.
        tries: how often each was tried.
        note: what else there is to say.
    """

    part: str
    case: str
    contestant: str
    rate: float
    unit: str
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    sqlite: float | None = None
    postgres: float | None = None
    tries: float | None = None
    note: str = ""


class Run(NamedTuple):
    """What a run measured, and on what: `where` names versions and cores."""

    where: dict[str, str | int | None]
    quick: bool
    rows: list[Row]


class Settings(NamedTuple):
    """How long to measure, and where.

    Attributes:
        folder: where the files lie (on a real disk: a commit must cost).
        server: the URL of a server of PostgreSQL.
        quick: a trial that takes seconds and means little.
        long: ten million events, where few are used otherwise.
        tell: says what is done now.
    """

    folder: Path
    server: str | None
    quick: bool = False
    long: bool = False
    tell: Callable[[str], None] = lambda _: None

    @property
    def seconds(self) -> float:
        """How long each contestant works in each round."""
        return 0.1 if self.quick else 0.6

    @property
    def turns(self) -> int:
        """How often they take short turns: a disk is fast for a while, and slow for a while."""
        return 1 if self.quick else 5

    @property
    def rounds(self) -> int:
        """How often they take turns where a turn is long."""
        return 1 if self.quick else 3

    @property
    def databases(self) -> tuple[Database, ...]:
        """Those that Ordertrail is measured on."""
        return ("SQLite", "PostgreSQL") if self.server else ("SQLite",)

    def place(self) -> AbstractContextManager[Place]:
        """A fresh place for one contestant, gone at the end."""
        return fresh_place(self.folder, self.server)


Part = Callable[[Settings], Iterator[Row]]
"""Measures a part of the table."""
