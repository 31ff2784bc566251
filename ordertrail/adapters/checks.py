"""What a verification says: checks, each with what was found and what is wrong with it."""

from typing import NamedTuple

from ordertrail.adapters.log_digest import Digest

MOST = 10
"""How many faults of a kind are told."""


class Check(NamedTuple):
    """What was looked at, what was found, and the faults, of many the first; none: all is well."""

    name: str
    found: str
    faults: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


class Verification(NamedTuple):
    """The checks of a log up to a position, and its digest if it could be read up to there."""

    log_id: str
    position: int
    digest: Digest | None
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return all(check.passed for check in self.checks)


class Faults:
    """Counts the faults of a kind, and keeps the first ones."""

    def __init__(self) -> None:
        self._first: list[str] = []
        self._number = 0

    def add(self, sentence: str) -> None:
        """Another one."""
        self._number += 1
        if self._number <= MOST:
            self._first.append(sentence)

    def told(self) -> tuple[str, ...]:
        """The first ones, and how many more there are."""
        more = self._number - len(self._first)
        return (*self._first, *([f"There are {more:,} more."] if more else []))
