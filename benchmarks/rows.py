"""A row of the table, and the settings of a run."""

from pathlib import Path
from typing import NamedTuple


class Row(NamedTuple):
    """What was measured of one contestant.

    Attributes:
        part: the part of the table it stands in, such as "commands".
        case: what was done, such as "hot streams, 64 callers".
        contestant: who did it.
        rate, unit: how much of it in a second; or another figure, as the unit says.
        p50, p95, p99: milliseconds for each, where each was timed.
        ratio: the rate of Ordertrail in the same case, divided by this rate; round by round, and of
            these the median.
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
    ratio: float | None = None
    tries: float | None = None
    note: str = ""


class Settings(NamedTuple):
    """How long to measure, and where the files lie (on a real disk: a commit must cost)."""

    folder: Path
    quick: bool = False

    @property
    def seconds(self) -> float:
        """How long each contestant works in each round."""
        return 0.1 if self.quick else 0.6

    @property
    def turns(self) -> int:
        """How often they take short turns: a disk is fast for a while, and slow for a while."""
        return 1 if self.quick else 7

    @property
    def rounds(self) -> int:
        """How often they take turns where a turn is long."""
        return 1 if self.quick else 3
