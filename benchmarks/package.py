"""Plain `eventsourcing` as a contestant: as it comes, with its cache, and with a queue in front."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from threading import Lock

from eventsourcing.persistence import IntegrityError, OperationalError
from eventsourcing.sqlite import SQLiteFactory

from benchmarks.business import Spec, Workload
from benchmarks.measure import Sample, Step, in_threads
from benchmarks.package_orders import Orders
from ordertrail.domain.order.commands import OrderCommand, PlaceOrder

LOST = (IntegrityError, OperationalError)
"""What a caller gets who was overtaken, found the file locked, or no connection free."""


class Package:
    """Application, Aggregate and SQLite recorder of the package; who loses tries again.

    `cached` keeps aggregates in the cache of its repository, brought up to date by what is new;
    `queued` lets the callers do so one after the other, so that none loses.
    """

    def __init__(self, *, cached: bool = False, queued: bool = False) -> None:
        self.name = "eventsourcing" + ", cached" * cached + ", one lock" * queued
        self._cached = cached
        self._turn: AbstractContextManager[object] = Lock() if queued else nullcontext()

    def open(self, folder: Path) -> None:
        environment = {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": str(folder / "package.db"),
        }
        if self._cached:
            environment["AGGREGATE_CACHE_MAXSIZE"] = "2048"
        self.app = Orders(environment)
        _same_pragmas(self.app)

    def prepare(self, specs: Iterable[Spec]) -> None:
        for spec in specs:
            self.app.handle(spec.command())

    def run(self, callers: int, seconds: float, workload: Workload) -> Sample:
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
            except LOST:
                if isinstance(command, PlaceOrder):
                    raise  # nobody else places it


def _same_pragmas(app: Orders) -> None:
    """Make sure that a commit is as durable as ours."""
    factory = app.factory
    assert isinstance(factory, SQLiteFactory)
    with factory.datastore.transaction(commit=False) as cursor:
        for pragma, wanted in (("journal_mode", "wal"), ("synchronous", 2)):
            cursor.execute(f"PRAGMA {pragma}")
            assert cursor.fetchone()[0] == wanted, f"{pragma} is not {wanted}"
