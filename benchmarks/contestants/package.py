"""Plain `eventsourcing` as a contestant: as it comes, with its cache, and with a queue in front."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from typing import Literal

import psycopg.conninfo
from eventsourcing.persistence import (
    InfrastructureFactory,
    IntegrityError,
    OperationalError,
    StoredEvent,
)
from eventsourcing.sqlite import SQLiteFactory
from eventsourcing.utils import Environment

from benchmarks.business import Spec, Workload, append_after_append
from benchmarks.contestants.package_orders import Orders
from benchmarks.measure import Sample, Step, in_threads
from benchmarks.place import Place
from ordertrail.domain.order.commands import OrderCommand, PlaceOrder

Recorder = Literal["SQLite", "PostgreSQL", "UmaDB"]

LOST = (IntegrityError, OperationalError)
"""What a caller gets who was overtaken, found the file locked, or no connection free."""

AT_MOST = 1000
"""Events in one append on PostgreSQL: with 1,600 its recorder waits for ever in a pipeline."""


class PackageAppends:
    """`insert_events` of the package's own recorder, called from threads."""

    def __init__(self, recorder: Recorder) -> None:
        self.name = f"eventsourcing, {recorder}"
        self._recorder: Recorder = recorder

    def open(self, place: Place) -> None:
        self._factory: InfrastructureFactory = InfrastructureFactory.construct(
            Environment("", environment(place, self._recorder))
        )
        self._events = self._factory.application_recorder()
        _same_pragmas(self._factory)

    def run(self, callers: range, seconds: float, batch: int) -> Sample:
        if self._recorder == "PostgreSQL" and batch > AT_MOST:
            sample = self.run(callers, seconds, AT_MOST)
            return sample._replace(note=f"{AT_MOST:,} at once: it hangs with {batch:,}")

        def caller(number: int) -> Step:
            appends, insert = append_after_append(batch), self._events.insert_events

            def step() -> int:
                told, tries = next(appends), 1
                events = [StoredEvent(*event) for event in told]
                while True:
                    try:
                        insert(events)
                        return tries
                    except OperationalError:
                        tries += 1

            return step

        return in_threads(callers, seconds, caller, batch)

    def close(self) -> None:
        self._factory.close()


class Package:
    """Application, Aggregate and a recorder of the package; who loses tries again.

    `cached` keeps aggregates in the cache of its repository, brought up to date by what is new;
    `queued` lets the callers do so one after the other, so that none loses.
    """

    def __init__(self, recorder: Recorder, *, cached: bool = False, queued: bool = False) -> None:
        self.name = f"eventsourcing, {recorder}" + ", cached" * cached + ", one lock" * queued
        self._recorder: Recorder = recorder
        self._cached = cached
        self._queued = queued

    def open(self, place: Place) -> None:
        self._turn: AbstractContextManager[object] = Lock() if self._queued else nullcontext()
        size = {"AGGREGATE_CACHE_MAXSIZE": "2048"} if self._cached else {}
        self.app = Orders(environment(place, self._recorder) | size)
        _same_pragmas(self.app.factory)

    def prepare(self, specs: Iterable[Spec]) -> None:
        for spec in specs:
            self.app.handle(spec.command())

    def run(self, callers: range, seconds: float, workload: Workload) -> Sample:
        def caller(number: int) -> Step:
            specs = workload(number)
            return lambda: self._execute(next(specs).command())

        return in_threads(callers, seconds, caller)

    def close(self) -> None:
        self.app.close()

    def _execute(self, command: OrderCommand) -> int:
        tries = 0
        while True:
            tries += 1
            try:
                with self._turn:
                    self.app.handle(command)
                return tries
            except LOST as error:
                if isinstance(command, PlaceOrder) and isinstance(error, IntegrityError):
                    raise  # nobody else places it


def environment(place: Place, recorder: Recorder) -> dict[str, str]:
    """How the package is told to keep its events in this place.

    Raises:
        Missing: there is no server for them.
    """
    if recorder == "SQLite":
        return {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": str(place.folder / "package.db"),
        }
    if recorder == "PostgreSQL":
        parts = psycopg.conninfo.conninfo_to_dict(place.postgres())
        return {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": str(parts["dbname"]),
            "POSTGRES_HOST": str(parts.get("host", "localhost")),
            "POSTGRES_PORT": str(parts.get("port", 5432)),
            "POSTGRES_USER": str(parts.get("user", "postgres")),
            "POSTGRES_PASSWORD": str(parts.get("password") or "none"),
            "POSTGRES_CONNECT_TIMEOUT": "60",
        }
    return {
        "PERSISTENCE_MODULE": "benchmarks.contestants.uma_recorder:UmaFactory",
        "UMADB_FOLDER": str(place.folder),
    }


def _same_pragmas(factory: object) -> None:
    """Make sure that a commit is as durable as ours."""
    if isinstance(factory, SQLiteFactory):
        with factory.datastore.transaction(commit=False) as cursor:
            for pragma, wanted in (("journal_mode", "wal"), ("synchronous", 2)):
                cursor.execute(f"PRAGMA {pragma}")
                assert cursor.fetchone()[0] == wanted, f"{pragma} is not {wanted}"
