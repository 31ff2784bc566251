"""Processes that open the same store and work on it at the same time."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from threading import BrokenBarrierError
from typing import Any

from benchmarks.contestant import Contestant
from benchmarks.measure import Sample, together
from benchmarks.place import Place

PATIENCE = 60.0
"""Seconds that the first one ready waits for the others, and the first one done."""

_turn: Any  # of the processes of a team, to open the store: not everybody's bears two at once
_start: Any  # the barrier where they wait for each other


class Team:
    """So many processes, which stay for all that is measured with them."""

    def __init__(self, size: int, workers: ProcessPoolExecutor) -> None:
        self.size = size
        self._workers = workers

    def run(
        self, contestant: Contestant[Any], place: Place, callers: int, seconds: float, work: Any
    ) -> Sample:
        """Let so many callers work in each process; latencies are those of all.

        The contestant must not be open: each process opens it in the place.

        Raises:
            Exception: what a process raised.
        """
        numbers = [
            range(first, first + callers) for first in range(0, self.size * callers, callers)
        ]
        works = [
            self._workers.submit(_work, contestant, place, mine, seconds, work) for mine in numbers
        ]
        faults = [fault for each in works if (fault := each.exception())]
        faults.sort(key=lambda fault: isinstance(fault, BrokenBarrierError))
        if faults:
            raise faults[0]
        return together([each.result() for each in works])


@contextmanager
def team(size: int) -> Iterator[Team]:
    """Processes for a while."""
    context = multiprocessing.get_context("spawn")
    meeting = context.Lock(), context.Barrier(size)
    with ProcessPoolExecutor(size, context, initializer=_join, initargs=meeting) as workers:
        yield Team(size, workers)


def _join(turn: Any, start: Any) -> None:
    global _turn, _start  # a process of a pool has no other place to keep them
    _turn, _start = turn, start


def _work(
    contestant: Contestant[Any], place: Place, callers: range, seconds: float, work: Any
) -> Sample:
    try:
        with _turn:
            contestant.open(place)
        try:
            _start.wait(PATIENCE)
            sample = contestant.run(callers, seconds, work)
            _start.wait(PATIENCE)  # nobody leaves, and stops a server, while others work
            return sample
        finally:
            contestant.close()
    except BaseException:
        _start.abort()
        raise
