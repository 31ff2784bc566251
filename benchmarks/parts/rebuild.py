"""Events a second from the log into all views, on one core."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import islice

from benchmarks.contestants import package_view
from benchmarks.filling import fill
from benchmarks.lives import lives
from benchmarks.measure import Sample
from benchmarks.place import Database, Place
from benchmarks.rows import Row, Settings
from benchmarks.turns import take_turns
from ordertrail.adapters.urls import open_store
from ordertrail.engine import Ordertrail

PATIENCE = 4000
"""Events that the runner of the package gets: it commits each, and would take minutes for all."""


def rebuild(settings: Settings) -> Iterator[Row]:
    """Build all views anew, beside the package's way to build one, and beside bare reading."""
    orders, events = 60 if settings.quick else 4000, 0
    ways: dict[str, Callable[[], Sample]] = {}
    with settings.place() as place, one_core():
        for database in settings.databases:
            settings.tell(f"rebuild: filling: {database}")
            events = fill(place.log_url(database), lives(settings.folder, orders))
            _tell_package(place, database, settings, orders)
            ways[f"Ordertrail, {database}"] = partial(_ours, place, database)
        for database in settings.databases:
            mapper, runner = partial(_mapper, place, database), partial(_runner, place, database)
            ways[f"eventsourcing, {database}, select and mapper, no view"] = mapper
            ways[f"eventsourcing, {database}, ProjectionRunner, one small view"] = runner
            ways[f"{database}, select of all rows"] = partial(_select, place, database)
        for view in _views(place):
            ways[f"Ordertrail, SQLite, {view} alone"] = partial(_ours, place, "SQLite", [view])
        case = f"rebuild of all views, {events:,} events, one core"
        yield from take_turns(
            settings, ways, settings.rounds, part="rebuild", case=case, unit="events/s"
        )


@contextmanager
def one_core() -> Iterator[None]:
    """For this process; a server of PostgreSQL has all of them."""
    if not hasattr(os, "sched_setaffinity"):
        yield  # not Linux: the threads of the package may use a second one
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _views(place: Place) -> list[str]:
    with Ordertrail.open(place.log_url("SQLite"), follow=False) as trail:
        return [status.projection for status in trail.status()]


def _ours(place: Place, database: Database, views: list[str] | None = None) -> Sample:
    with Ordertrail.open(place.log_url(database), follow=False) as trail:
        start = time.perf_counter()
        trail.rebuild(views)
        return Sample(trail.position, time.perf_counter() - start)


def _select(place: Place, database: Database) -> Sample:
    with closing(open_store(place.log_url(database))) as store, store.reading() as connection:
        start = time.perf_counter()
        rows = connection.execute("SELECT * FROM events ORDER BY position").fetchall()
        return Sample(len(rows), time.perf_counter() - start)


def _tell_package(place: Place, database: Database, settings: Settings, orders: int) -> None:
    records = lives(settings.folder, orders)
    with package_view.log(place, database) as log:
        while log.tell(islice(records, 500)):
            pass


def _mapper(place: Place, database: Database) -> Sample:
    with package_view.log(place, database) as log:
        last = 0
        start = time.perf_counter()
        while found := log.recorder.select_notifications(last + 1, 500):
            for notification in found:
                log.mapper.to_domain_event(notification)
            last = found[-1].id
        return Sample(last, time.perf_counter() - start)


def _runner(place: Place, database: Database) -> Sample:
    package_view.forget(place, database)
    start = time.perf_counter()
    with package_view.runner(place, database) as runner:
        goal = min(PATIENCE, runner.app.recorder.max_notification_id() or 0)
        while not runner.view.has_tracking_id(runner.app.name, goal):
            time.sleep(0.001)
        return Sample(goal, time.perf_counter() - start)
