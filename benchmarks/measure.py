"""Lets many callers work for a while, and says how fast it went."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from statistics import median, quantiles
from threading import Barrier, BrokenBarrierError, Thread
from typing import NamedTuple

Step = Callable[[], int]
"""Does the next piece of work of one caller; returns how often it had to try."""


class Sample(NamedTuple):
    """One contestant at work, once: pieces of work, seconds, seconds for each, and tries."""

    done: int
    seconds: float
    latencies: Sequence[float] = ()
    tries: int = 0
    note: str = ""

    @property
    def rate(self) -> float:
        """Pieces of work in a second."""
        return self.done / self.seconds


def together(samples: list[Sample]) -> Sample:
    """What several did at the same time, as one sample."""
    return Sample(
        sum(sample.done for sample in samples),
        max(sample.seconds for sample in samples),
        [latency for sample in samples for latency in sample.latencies],
        sum(sample.tries for sample in samples),
        samples[0].note,
    )


class Figures(NamedTuple):
    """What is reported of the samples of several rounds: medians of the rounds.

    p50, p95 and p99 are milliseconds, and `tries` is for each piece of work: None where none was
    timed by itself.
    """

    rate: float
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    tries: float | None = None
    note: str = ""


def figures(samples: list[Sample]) -> Figures:
    """The medians of what each sample says."""
    rate, note = median(sample.rate for sample in samples), samples[-1].note
    if not all(sample.latencies for sample in samples):
        return Figures(rate, note=note)
    cuts = [_percentiles(sample.latencies) for sample in samples]
    p50, p95, p99 = (median(cut[i] for cut in cuts) for i in range(3))
    return Figures(
        rate,
        p50,
        p95,
        p99,
        median(sample.tries / max(1, sample.done) for sample in samples),
        note,
    )


def _percentiles(latencies: Sequence[float]) -> tuple[float, float, float]:
    if len(latencies) < 2:
        only = latencies[0] * 1000
        return only, only, only
    cut = quantiles(latencies, n=100, method="inclusive")
    return cut[49] * 1000, cut[94] * 1000, cut[98] * 1000


def in_threads(
    callers: range, seconds: float, caller: Callable[[int], Step], each: int = 1
) -> Sample:
    """Let a thread for each caller, with a step of its own, work until the time is over.

    The first step of each is not measured: it may open a connection.

    Args:
        each: how many pieces of work one step does.

    Raises:
        BaseException: what a step raised.
    """
    steps = [caller(number) for number in callers]
    latencies: list[list[float]] = [[] for _ in steps]
    tries = [0] * len(steps)
    ends = [0.0] * len(steps)
    faults: list[BaseException] = []
    ready = Barrier(len(steps) + 1)
    clock = time.perf_counter

    def work(number: int, step: Step) -> None:
        mine, tried = latencies[number], 0
        try:
            step()
            ready.wait()
            deadline = clock() + seconds
            while (before := clock()) < deadline and not faults:
                tried += step()
                mine.append(clock() - before)
        except BaseException as fault:
            faults.append(fault)
            ready.abort()
        ends[number], tries[number] = clock(), tried

    threads = [Thread(target=work, args=numbered) for numbered in enumerate(steps)]
    for thread in threads:
        thread.start()
    with suppress(BrokenBarrierError):
        ready.wait()
    start = clock()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    every = [latency for mine in latencies for latency in mine]
    return Sample(len(every) * each, max(ends) - start, every, sum(tries) * each)


async def in_tasks(
    callers: range, seconds: float, caller: Callable[[int], Callable[[], Awaitable[object]]]
) -> Sample:
    """Let a task of one event loop for each caller work until the time is over."""
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
        for number in callers:
            group.create_task(work(number))
    return Sample(len(latencies), clock() - start, latencies, len(latencies))
