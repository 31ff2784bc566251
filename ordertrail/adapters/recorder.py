"""The recorder interface of the `eventsourcing` package, told in the words of a Store."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import Any
from uuid import UUID

from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    Notification,
    OperationalError,
    StoredEvent,
    Subscription,
    Tracking,
)

from ordertrail.adapters.store import Record, Store
from ordertrail.domain.errors import Conflict, StoreError

URN = "urn:uuid:"


class RecorderStore(Store):
    """A Store whose recorder methods are made of its own; what is left needs a query."""

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, tracking: Tracking | None = None, **_: Any
    ) -> list[int]:
        """Append events, and the tracking record if there is one; returns their positions.

        Raises:
            IntegrityError: a version of a stream is taken, or the tracking is not above the last.
            OperationalError: the store cannot be written to.
        """
        with recorder_errors(), self.writing() as work:
            head, last_recorded_at = work.head()
            now = max(time.time_ns() // 1000, last_recorded_at)
            records = [
                _record(event, position, now)
                for position, event in enumerate(stored_events, head + 1)
            ]
            work.append(records, ())
            if tracking is not None:
                work.track(tracking)
        return [record.position for record in records]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> list[Notification]:
        """The events from `start` (or above it) to `stop` included, at most `limit`, by position.

        Raises:
            OperationalError: the store cannot be read.
        """
        after = (start or 0) - inclusive_of_start
        with recorder_errors():
            return [_notification(row) for row in self.read(after, limit, until=stop, types=topics)]

    def max_notification_id(self) -> int | None:
        """The last position, None for an empty log.

        Raises:
            OperationalError: the store cannot be read.
        """
        with recorder_errors():
            return self.head() or None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Every event above `gt`, then those that come, until the subscription is stopped."""
        return FollowSubscription(self, gt, topics)

    def insert_tracking(self, tracking: Tracking) -> None:
        """Remember how far an application came.

        Raises:
            IntegrityError: it came that far before.
            OperationalError: the store cannot be written to.
        """
        with recorder_errors(), self.writing() as work:
            work.track(tracking)


class FollowSubscription(Subscription[Store]):
    """A subscription without a thread of its own: whoever asks for the next event waits for it."""

    def __init__(self, recorder: Store, gt: int | None = None, topics: Sequence[str] = ()) -> None:
        super().__init__(recorder, gt, topics)
        self._stopped = Event()
        self._records = recorder.follow(gt or 0, types=topics, stop=self._stopped)

    def stop(self) -> None:
        """End the iteration, within 0.25 s also where another thread waits for the next event."""
        super().stop()
        self._stopped.set()

    def __next__(self) -> Notification:
        with recorder_errors():
            record = next(self._records, None)
        if record is None:
            raise StopIteration
        self._last_notification_id = record.position
        return _notification(record)


@contextmanager
def recorder_errors() -> Iterator[None]:
    """Raise what users of the `eventsourcing` package catch, in place of our own errors."""
    try:
        yield
    except Conflict as error:
        raise IntegrityError(str(error)) from error
    except StoreError as error:
        raise OperationalError(str(error)) from error


def stream_of(originator_id: UUID | str) -> str:
    """The stream of an originator; a UUID is written as its URN, to be told from a text."""
    return originator_id.urn if isinstance(originator_id, UUID) else originator_id


def stored_event(record: Record) -> StoredEvent:
    """A record without its envelope."""
    return StoredEvent(_originator_id(record.stream), record.version, record.type, record.body)


def _notification(record: Record) -> Notification:
    return Notification(
        _originator_id(record.stream), record.version, record.type, record.body, record.position
    )


def _originator_id(stream: str) -> UUID | str:
    if stream.startswith(URN):
        try:
            originator_id = UUID(stream)
        except ValueError:
            return stream
        if originator_id.urn == stream:
            return originator_id
    return stream


def _record(event: StoredEvent, position: int, recorded_at: int) -> Record:
    return Record(
        position=position,
        stream=stream_of(event.originator_id),
        version=event.originator_version,
        type=event.topic,
        schema=None,
        body=event.state,
        occurred_at=None,
        occurred_offset=None,
        recorded_at=recorded_at,
        actor=None,
        on_behalf_of=None,
        channel=None,
        source=None,
        source_id=None,
        reason=None,
        correlation_id=None,
        causation_id=None,
        command_id=None,
        command_index=None,
    )
