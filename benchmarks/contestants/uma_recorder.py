"""The recorder that lets plain `eventsourcing` keep its events in UmaDB, for commands."""

from collections.abc import Sequence
from pathlib import Path
from threading import local
from typing import Any
from uuid import UUID

from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    Notification,
    StoredEvent,
    Subscription,
)
from eventsourcing.popo import POPOFactory

from benchmarks.contestants.uma import UmaServer


class UmaRecorder(ApplicationRecorder):
    """A stream is a tag; an append fails if the stream grew since this thread read it."""

    def __init__(self, server: UmaServer) -> None:
        import umadb

        self._umadb = umadb
        self._client = server.client
        self._seen = local()

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        stream = str(stored_events[0].originator_id)
        condition = self._umadb.AppendCondition(
            self._query(stream), getattr(self._seen, "heads", {}).get(stream)
        )
        events = [self._umadb.Event(event.topic, event.state, [stream]) for event in stored_events]
        try:
            last = self._client.append(events, condition)
        except self._umadb.IntegrityError as error:
            raise IntegrityError(str(error)) from error
        return range(last - len(events) + 1, last + 1)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        stream = str(originator_id)
        found, head = self._client.read(self._query(stream)).collect_with_head()
        self._seen.heads = {stream: head}
        return [
            StoredEvent(originator_id, version, each.event.event_type, each.event.data)
            for version, each in enumerate(found, 1)
            if gt is None or version > gt
        ]

    def select_notifications(self, *_: Any, **__: Any) -> Sequence[Notification]:
        raise NotImplementedError  # nobody follows here

    def max_notification_id(self) -> int | None:
        head: int | None = self._client.head()
        return head

    def subscribe(self, *_: Any, **__: Any) -> Subscription[ApplicationRecorder]:
        raise NotImplementedError  # nobody follows here

    def _query(self, stream: str) -> Any:
        return self._umadb.Query([self._umadb.QueryItem(tags=[stream])])


class UmaFactory(POPOFactory):
    """What an Application is told to take its recorder from."""

    def application_recorder(self) -> ApplicationRecorder:
        self._server = UmaServer(Path(self.env["UMADB_FOLDER"]))
        return UmaRecorder(self._server)

    def close(self) -> None:
        self._server.close()
