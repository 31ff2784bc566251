"""A small view built by the projection runner of plain `eventsourcing`, on SQLite.

The package's SQLite recorder has no `subscribe`; the one here is made like that of its in-memory
recorder, on the package's own `ListenNotifySubscription`.
"""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import (
    ApplicationRecorder,
    ListenNotifySubscription,
    Subscription,
    Tracking,
)
from eventsourcing.projection import Projection
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteTrackingRecorder


class Told(Aggregate.Event):
    """An event of an order: its stable type and its body."""

    type: str
    body: dict[str, Any]


class Recorder(SQLiteApplicationRecorder):
    """The package's recorder, with the subscription that a projection runner needs."""

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        return ListenNotifySubscription(recorder=self, gt=gt, topics=topics)


class Log(Application[UUID]):
    """The events of all orders."""

    env: ClassVar[dict[str, str]] = {
        "PERSISTENCE_MODULE": "eventsourcing.sqlite",
        "APPLICATION_RECORDER_TOPIC": f"{__name__}:Recorder",
    }


class OrdersView(SQLiteTrackingRecorder):
    """A row for each order: its last news."""

    def construct_create_table_statements(self) -> list[str]:
        return [
            *super().construct_create_table_statements(),
            "CREATE TABLE IF NOT EXISTS orders"
            " (order_id TEXT PRIMARY KEY, last_news TEXT, events INTEGER)",
        ]

    def tell(self, order_id: str, news: str, tracking: Tracking) -> None:
        """Save what an event says, and that it was seen, in one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                "INSERT INTO orders VALUES (?, ?, 1) ON CONFLICT (order_id)"
                " DO UPDATE SET last_news = excluded.last_news, events = events + 1",
                (order_id, news),
            )


class LastNews(Projection[OrdersView]):
    """What happened last to each order."""

    def process_event(self, domain_event: Told, tracking: Tracking) -> None:
        self.view.tell(domain_event.body["order_id"], domain_event.type, tracking)
