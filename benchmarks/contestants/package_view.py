"""A log of plain `eventsourcing`, and a small view built by its projection runner.

The package's SQLite recorder has no `subscribe`; the one here is made like that of its in-memory
recorder, on the package's own `ListenNotifySubscription`.
"""

import json
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, Protocol, cast
from uuid import NAMESPACE_URL, UUID, uuid5

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import (
    ApplicationRecorder,
    ListenNotifySubscription,
    Subscription,
    Tracking,
    TrackingRecorder,
)
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteTrackingRecorder
from psycopg.sql import SQL

from benchmarks.contestants.package import environment
from benchmarks.place import Database, Place
from ordertrail.adapters.store import Record

TABLE = (
    "CREATE TABLE IF NOT EXISTS last_news (order_id text PRIMARY KEY, news text, events integer)"
)
TELL = (
    "INSERT INTO last_news AS old VALUES ({0}, {0}, 1) ON CONFLICT (order_id)"
    " DO UPDATE SET news = excluded.news, events = old.events + 1"
)


class Told(Aggregate.Event):
    """An event of an order: its stable type and its body."""

    type: str
    body: dict[str, Any]


class Log(Application[UUID]):
    """The events of all orders."""

    def tell(self, records: Iterable[Record]) -> int | None:
        """Store the same events; returns the number of the last."""
        stored = self.events.put(
            [
                Told(  # type: ignore[call-arg]  # the package makes it a dataclass
                    originator_id=uuid5(NAMESPACE_URL, record.stream),
                    originator_version=record.version,
                    timestamp=datetime.now(UTC),
                    type=record.type,
                    body=json.loads(record.body),
                )
                for record in records
            ]
        )
        return stored[-1].notification.id if stored else None


class Recorder(SQLiteApplicationRecorder):
    """The package's recorder, with the subscription that a projection runner needs."""

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        return ListenNotifySubscription(recorder=self, gt=gt, topics=topics)


class View(Protocol):
    """A row for each order: its last news."""

    def tell(self, order_id: str, news: str, tracking: Tracking) -> None:
        """Save what an event says, and that it was seen, in one transaction."""


class SQLiteView(SQLiteTrackingRecorder):
    """The view on SQLite."""

    def construct_create_table_statements(self) -> list[str]:
        return [*super().construct_create_table_statements(), TABLE]

    def tell(self, order_id: str, news: str, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(TELL.format("?"), (order_id, news))


class PostgresView(PostgresTrackingRecorder):
    """The view on PostgreSQL."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.sql_create_statements.append(SQL(TABLE).format())

    def tell(self, order_id: str, news: str, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(TELL.format("%s"), (order_id, news), prepare=True)


class LastNews(Projection[TrackingRecorder]):
    """What happened last to each order."""

    def process_event(self, domain_event: Told, tracking: Tracking) -> None:
        view = cast(View, self.view)
        view.tell(domain_event.body["order_id"], domain_event.type, tracking)


def log(place: Place, database: Database) -> Log:
    """The log that the package keeps in this place."""
    return Log(_environment(place, database))


def runner(place: Place, database: Database) -> ProjectionRunner[Log, TrackingRecorder]:
    """The runner that builds the view of the log, next to it."""
    return ProjectionRunner(
        application_class=Log,
        projection_class=LastNews,
        view_class=SQLiteView if database == "SQLite" else PostgresView,
        env=_environment(place, database),
    )


def forget(place: Place, database: Database) -> None:
    """Take the view away, for the next runner to begin anew."""
    if database == "SQLite":
        for file in place.folder.glob("view.db*"):
            file.unlink()
    else:
        with closing(psycopg.connect(place.postgres(), autocommit=True)) as connection:
            connection.execute("DROP TABLE IF EXISTS last_news, lastnews_tracking")


def _environment(place: Place, database: Database) -> dict[str, str]:
    told = environment(place, database)
    if database == "SQLite":
        told["LASTNEWS_SQLITE_DBNAME"] = str(place.folder / "view.db")
        told["APPLICATION_RECORDER_TOPIC"] = f"{__name__}:Recorder"
    return told
