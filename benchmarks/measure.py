"""Lets many callers work for a while, and says how fast it went."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from statistics import median, quantiles
from threading import Barrier, Thread
from typing import NamedTuple

Step = Callable[[], int]
"""Does the next piece of work of one caller; returns how often it had to try."""


class Sample(NamedTuple):
    """One contestant at work, once: pieces of work, seconds, seconds for each, and tries."""

    done: int
    seconds: float
    latencies: list[float]
    tries: int
    note: str = ""

    @property
    def rate(self) -> float:
        """Pieces of work in a second."""
        return self.done / self.seconds


class Figures(NamedTuple):
    """What is reported of the samples of several rounds: medians of the rounds.

    p50, p95 and p99 are milliseconds; `tries` is for each piece of work.
    """

    rate: float
    p50: float
    p95: float
    p99: float
    tries: float
    note: str = ""


def figures(samples: list[Sample]) -> Figures:
    """The medians of what each sample says."""
    cuts = [_percentiles(sample.latencies) for sample in samples]
    p50, p95, p99 = (median(cut[i] for cut in cuts) for i in range(3))
    return Figures(
        median(sample.rate for sample in samples),
        p50,
        p95,
        p99,
        median(sample.tries / max(1, sample.done) for sample in samples),
        samples[-1].note,
    )


def _percentiles(latencies: list[float]) -> tuple[float, float, float]:
    if len(latencies) < 2:
        only = latencies[0] * 1000 if latencies else 0.0
        return only, only, only
    cut = quantiles(latencies, n=100, method="inclusive")
    return cut[49] * 1000, cut[94] * 1000, cut[98] * 1000


def in_threads(callers: int, seconds: float, caller: Callable[[int], Step]) -> Sample:
    """Let so many threads, each with a step of its own, work until the time is over.

    Raises:
        BaseException: what a step raised.
    """
    steps = [caller(number) for number in range(callers)]
    latencies: list[list[float]] = [[] for _ in steps]
    tries = [0] * callers
    ends = [0.0] * callers
    faults: list[BaseException] = []
    ready = Barrier(callers + 1)
    clock = time.perf_counter

    def work(number: int, step: Step) -> None:
        mine, tried = latencies[number], 0
        ready.wait()
        deadline = clock() + seconds
        try:
            while (before := clock()) < deadline and not faults:
                tried += step()
                mine.append(clock() - before)
        except BaseException as fault:
            faults.append(fault)
        ends[number], tries[number] = clock(), tried

    threads = [Thread(target=work, args=each) for each in enumerate(steps)]
    for thread in threads:
        thread.start()
    ready.wait()
    start = clock()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    every = [latency for mine in latencies for latency in mine]
    return Sample(len(every), max(ends) - start, every, sum(tries))


async def in_tasks(
    callers: int, seconds: float, caller: Callable[[int], Callable[[], Awaitable[object]]]
) -> Sample:
    """Let so many tasks of one event loop work until the time is over."""
    latencies: list[float] = []
    clock = time.perf_counter
    start = clock()
    deadline = start + seconds

    async def work(number: int) -> None:
        step = caller(number)
        while (before := clock()) < deadline:
            await step()
            latencies.append(clock() - before)

    async with asyncio.TaskGroup() as group:
        for number in range(callers):
            group.create_task(work(number))
    return Sample(len(latencies), clock() - start, latencies, len(latencies))
