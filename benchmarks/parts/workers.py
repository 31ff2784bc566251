"""Events a second from the log into all views, by one process on one core and by two processes."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from benchmarks.filling import fill, many
from benchmarks.measure import Sample
from benchmarks.parts.rebuild import one_core
from benchmarks.rows import Row, Settings
from benchmarks.turns import take_turns
from ordertrail.engine import Ordertrail

WORKERS = 2
PATIENCE = 30.0
"""Seconds that the workers have to share the partitions."""


def workers(settings: Settings) -> Iterator[Row]:
    """Rebuild all views of one log; workers are ready, and idle, before the clock runs."""
    size = 10_000 if settings.quick else 200_000
    with settings.place() as place:
        ways: dict[str, Callable[[], Sample]] = {}
        for database in settings.databases:
            settings.tell(f"workers: filling: {database}")
            url = place.log_url(database)
            fill(url, many(settings.folder, size))
            ways[f"Ordertrail, {database}"] = partial(_alone, url)
            ways[f"Ordertrail, {database}, {WORKERS} processes"] = partial(_shared, url)
        case = f"rebuild of all views, {size:,} events, processes"
        yield from take_turns(
            settings, ways, settings.rounds, part="workers", case=case, unit="events/s"
        )


def _alone(url: str) -> Sample:
    with one_core(), Ordertrail.open(url, follow=False) as trail:
        return _rebuilt(trail)


def _shared(url: str) -> Sample:
    with Ordertrail.open(url, follow=False) as trail, _following(url, trail):
        return _rebuilt(trail)


def _rebuilt(trail: Ordertrail) -> Sample:
    start = time.perf_counter()
    trail.rebuild()
    return Sample(trail.position, time.perf_counter() - start)


@contextmanager
def _following(url: str, trail: Ordertrail) -> Iterator[None]:
    """While the block runs, so many `ordertrail follow` share the partitions of all views."""
    command = [sys.executable, "-m", "ordertrail", "follow", "--db", url]
    processes = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(WORKERS)
    ]
    try:
        deadline = time.monotonic() + PATIENCE
        while len(trail.workers()) < WORKERS or any(status.lag for status in trail.status()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{WORKERS} workers did not begin within {PATIENCE:.0f} s")
            time.sleep(0.05)
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(PATIENCE)
