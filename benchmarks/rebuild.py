"""Events a second from the log into all views, on one core."""

import json
import os
import sqlite3
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from uuid import NAMESPACE_URL, uuid5

from eventsourcing.projection import ProjectionRunner

from benchmarks.lives import store_lives
from benchmarks.package_view import LastNews, Log, OrdersView, Told
from benchmarks.rows import Row, Settings
from ordertrail.engine import Ordertrail

PATIENCE = 4000
"""Events that the runner of the package gets: it commits each, and would take minutes for all."""


def rebuild(settings: Settings, tell: Callable[[str], None]) -> Iterator[Row]:
    """Build all views anew, beside the package's way to build one, and beside bare reading."""
    with tempfile.TemporaryDirectory(dir=settings.folder) as name, _one_core():
        folder = Path(name)
        tell("rebuild: letting orders live")
        with Ordertrail.open(_url(folder), follow=False) as trail:
            events = store_lives(trail, 60 if settings.quick else 4000)
            views = [status.projection for status in trail.status()]
        _copy(folder)
        ways: dict[str, Callable[[], float]] = {
            f"Ordertrail, all {len(views)} tables of the views": partial(_ours, folder, None),
            "eventsourcing, select and mapper, no view": partial(_mapper, folder),
            "sqlite3, select of all rows": partial(_raw, folder),
            **{f"Ordertrail, {view} alone": partial(_ours, folder, [view]) for view in views},
            "eventsourcing, ProjectionRunner, one small view": partial(_runner, folder),
        }
        rates: defaultdict[str, list[float]] = defaultdict(list)
        for _ in range(settings.rounds):
            for who, way in ways.items():
                tell(f"rebuild: {who}")
                rates[who].append(way())
        ours = next(iter(rates.values()))
        for who, measured in rates.items():
            rate = median(measured)
            ratio = median(o / other for o, other in zip(ours, measured, strict=True))
            case = f"rebuild of {events:,} events, one core"
            yield Row("rebuild", case, who, rate, "events/s", ratio=ratio)


@contextmanager
def _one_core() -> Iterator[None]:
    if not hasattr(os, "sched_setaffinity"):
        yield  # not Linux: the threads of the package may use a second one
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'ours.db'}"


def _ours(folder: Path, views: list[str] | None) -> float:
    with Ordertrail.open(_url(folder), follow=False) as trail:
        start = time.perf_counter()
        trail.rebuild(views)
        return trail.position / (time.perf_counter() - start)


def _raw(folder: Path) -> float:
    with closing(sqlite3.connect(folder / "ours.db")) as connection:
        start = time.perf_counter()
        rows = connection.execute("SELECT * FROM events ORDER BY position").fetchall()
        return len(rows) / (time.perf_counter() - start)


def _environment(folder: Path) -> dict[str, str]:
    return {"SQLITE_DBNAME": str(folder / "package.db")}


def _copy(folder: Path) -> None:
    """Store the same events with the package."""
    now = datetime.now(UTC)
    with (
        Log(_environment(folder)) as log,
        closing(sqlite3.connect(folder / "ours.db")) as connection,
    ):
        found = connection.execute("SELECT stream, version, type, body FROM events")
        while rows := found.fetchmany(1000):
            log.events.put(
                [
                    Told(  # type: ignore[call-arg]  # the package makes it a dataclass
                        originator_id=uuid5(NAMESPACE_URL, stream),
                        originator_version=version,
                        timestamp=now,
                        type=type,
                        body=json.loads(body),
                    )
                    for stream, version, type, body in rows
                ]
            )


def _mapper(folder: Path) -> float:
    with Log(_environment(folder)) as log:
        last = 0
        start = time.perf_counter()
        while found := log.recorder.select_notifications(last + 1, 500):
            for notification in found:
                log.mapper.to_domain_event(notification)
            last = found[-1].id
        return last / (time.perf_counter() - start)


def _runner(folder: Path) -> float:
    view = folder / "view.db"
    view.unlink(missing_ok=True)
    start = time.perf_counter()
    with ProjectionRunner(
        application_class=Log,
        projection_class=LastNews,
        view_class=OrdersView,
        env=_environment(folder)
        | {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "LASTNEWS_SQLITE_DBNAME": str(view)},
    ) as runner:
        goal = min(PATIENCE, runner.app.recorder.max_notification_id() or 0)
        runner.wait(goal, timeout=120)
        return goal / (time.perf_counter() - start)
