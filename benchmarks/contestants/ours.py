"""Ordertrail as a contestant: bare appends, and commands from threads and from tasks."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from eventsourcing.persistence import StoredEvent

from benchmarks.business import Spec, Workload, append_after_append
from benchmarks.measure import Sample, Step, in_tasks, in_threads
from benchmarks.place import Database, Place
from ordertrail.adapters.urls import open_store
from ordertrail.aio import AsyncOrdertrail
from ordertrail.domain.errors import OrdertrailError
from ordertrail.engine import Ordertrail


class Appends:
    """`insert_events` of the recorder interface, called from threads."""

    def __init__(self, database: Database) -> None:
        self.name = f"Ordertrail, {database}"
        self._database = database

    def open(self, place: Place) -> None:
        self._store = open_store(place.log_url(self._database))

    def run(self, callers: range, seconds: float, batch: int) -> Sample:
        def caller(number: int) -> Step:
            appends, insert = append_after_append(batch), self._store.insert_events

            def step() -> int:
                told = next(appends)
                insert([StoredEvent(*event) for event in told])
                return 1

            return step

        return in_threads(callers, seconds, caller, batch)

    def close(self) -> None:
        self._store.close()


class Threads:
    """`Ordertrail.execute`, called from threads; with `follow`, all views are kept up to date."""

    def __init__(self, database: Database, *, follow: bool = False) -> None:
        self.name = f"Ordertrail, {database}" + ", views following" * follow
        self._database = database
        self._follow = follow

    def open(self, place: Place) -> None:
        self.trail = Ordertrail.open(place.log_url(self._database), follow=self._follow)

    def prepare(self, specs: Iterable[Spec]) -> None:
        for outcome in self.trail.execute_many([spec.command() for spec in specs]):
            if isinstance(outcome, OrdertrailError):
                raise outcome

    def run(self, callers: range, seconds: float, workload: Workload) -> Sample:
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

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.name += ", asyncio"

    def run(self, callers: range, seconds: float, workload: Workload) -> Sample:
        trail = AsyncOrdertrail(self.trail)

        def caller(number: int) -> Callable[[], Awaitable[Any]]:
            specs = workload(number)
            return lambda: trail.execute(next(specs).command())

        async def work() -> Sample:
            try:
                return await in_tasks(callers, seconds, caller)
            finally:
                await trail.close()

        return asyncio.run(work())
