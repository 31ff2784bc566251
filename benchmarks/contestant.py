"""What a contestant offers, who works in one process or in several at the same time."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from benchmarks.business import Spec
from benchmarks.measure import Sample
from benchmarks.place import Place

Work_contra = TypeVar("Work_contra", contravariant=True)


class Contestant(Protocol[Work_contra]):
    """Stores durably, each time for a caller who waits for it; can be pickled until it is open.

    Attributes:
        name: how the table calls it.
    """

    name: str

    def open(self, place: Place) -> None:
        """Open the store in this place; make it where it is not there.

        Raises:
            Missing: it cannot take part.
        """

    def run(self, callers: range, seconds: float, work: Work_contra) -> Sample:
        """Let callers of these numbers work: by a workload, or in batches of so many events."""

    def close(self) -> None:
        """Release the store."""


class Executing(Contestant[Work_contra], Protocol[Work_contra]):
    """A contestant who executes commands."""

    def prepare(self, specs: Iterable[Spec]) -> None:
        """Execute these before the clock runs."""
