"""Ordertrail as a contestant: with threads, with tasks, and with its views following."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from benchmarks.business import Spec, Workload
from benchmarks.measure import Sample, Step, in_tasks, in_threads
from ordertrail.aio import AsyncOrdertrail
from ordertrail.domain.errors import OrdertrailError
from ordertrail.engine import Ordertrail


class Threads:
    """`Ordertrail.execute`, called from threads; with `follow`, all views are kept up to date."""

    def __init__(self, *, follow: bool = False) -> None:
        self.name = "Ordertrail, threads" + (", views following" if follow else "")
        self._follow = follow

    def open(self, folder: Path) -> None:
        self.trail = Ordertrail.open(f"sqlite:///{folder / 'ours.db'}", follow=self._follow)

    def prepare(self, specs: Iterable[Spec]) -> None:
        for outcome in self.trail.execute_many([spec.command() for spec in specs]):
            if isinstance(outcome, OrdertrailError):
                raise outcome

    def run(self, callers: int, seconds: float, workload: Workload) -> Sample:
        def caller(number: int) -> Step:
            specs, execute = workload(number), self.trail.execute

            def step() -> int:
                execute(next(specs).command())
                return 1

            return step

        sample = in_threads(callers, seconds, caller)
        if not self._follow:
            return sample
        behind = max(status.lag for status in self.trail.status())
        return sample._replace(note=f"views {behind:,} events behind at the end")

    def close(self) -> None:
        self.trail.close()


class Tasks(Threads):
    """`AsyncOrdertrail.execute`, awaited by tasks of one event loop."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "Ordertrail, asyncio"

    def run(self, callers: int, seconds: float, workload: Workload) -> Sample:
        trail = AsyncOrdertrail(self.trail)

        def caller(number: int) -> Callable[[], Awaitable[object]]:
            specs = workload(number)
            return lambda: trail.execute(next(specs).command())

        async def work() -> Sample:
            try:
                return await in_tasks(callers, seconds, caller)
            finally:
                await trail.close()

        return asyncio.run(work())
