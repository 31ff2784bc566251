"""Telling how far a long piece of work is."""

from collections.abc import Callable

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
