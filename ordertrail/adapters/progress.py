"""Telling how far a long piece of work is."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

Progress = Callable[[int, int], None]
"""Told how much is done, and of how much."""

Step = Callable[[int], None]
"""Told how much more is done."""


def steps(total: int, of: int, progress: Progress | None) -> Step:
    """Tells the progress of work of several steps, `total` in all, as a part of `of` things."""
    done = 0

    def step(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None and total:
            progress(min(done, total) * of // total, of)

    return step


class Phase(Protocol):
    """Lends something to be told of one phase of the work: what it does, and with what unit."""

    def __call__(self, what: str, unit: str = "events") -> AbstractContextManager[Progress]:
        """For the length of a `with` block."""


@contextmanager
def unseen(what: str, unit: str = "events") -> Iterator[Progress]:
    """A phase that nobody watches."""
    yield lambda done, total: None
