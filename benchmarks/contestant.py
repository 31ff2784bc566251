"""What a contestant of the first table offers."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from benchmarks.business import Spec, Workload
from benchmarks.measure import Sample


class Contestant(Protocol):
    """Executes commands durably, each for a caller who waits for it.

    Attributes:
        name: how the table calls it.
    """

    name: str

    def open(self, folder: Path) -> None:
        """Make an empty store in the folder."""

    def prepare(self, specs: Iterable[Spec]) -> None:
        """Execute these before the clock runs."""

    def run(self, callers: int, seconds: float, workload: Workload) -> Sample:
        """Let so many callers work."""

    def close(self) -> None:
        """Release the store."""
