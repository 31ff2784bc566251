"""The recorder interface of the `eventsourcing` package, told in the words of a Store."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
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

from ordertrail.adapters.appending import Appending
from ordertrail.adapters.log_queries import LogQueries
from ordertrail.adapters.store import DecidedCommand, Record, Store
from ordertrail.adapters.stored_events import notification, stored_event, stream_of
from ordertrail.domain.errors import Conflict, StoreError


class RecorderStore(Store):
    """A Store whose recorder methods are made of its own; what is left depends on the database."""

    _log_id: str

    def __init__(self) -> None:
        self._appending = Appending(self)

    @abstractmethod
    def asking(self) -> AbstractContextManager[LogQueries]:
        """Lend the questions about the log, on one state of it.

        Raises:
            StoreError: the store is closed or cannot be read.
        """

    def read(
        self,
        after: int = 0,
        limit: int = 1000,
        *,
        until: int | None = None,
        stream: str | None = None,
        types: Sequence[str] = (),
        recorded_from: int | None = None,
        recorded_until: int | None = None,
    ) -> list[Record]:
        with self.asking() as log:
            return log.read(
                after,
                limit,
                until=until,
                stream=stream,
                types=types,
                recorded_from=recorded_from,
                recorded_until=recorded_until,
            )

    def head(self) -> int:
        with self.asking() as log:
            return log.head()[0]

    def commands(self, after: str = "", limit: int = 1000) -> list[DecidedCommand]:
        with self.asking() as log:
            return log.commands(after, limit)

    def commands_from(self, first_position: int, last_position: int) -> list[DecidedCommand]:
        with self.asking() as log:
            return log.commands_from(first_position, last_position)

    def trackings(self) -> list[Tracking]:
        with self.asking() as log:
            return log.trackings()

    def schema_version(self) -> int:
        with self.asking() as log:
            ((version,),) = log.ask("SELECT value FROM {log}.meta WHERE key = 'schema_version'")
        return int(version)

    def adopt(self, log_id: str) -> None:
        meta = f"{self.log_schema}.meta"
        with self.transaction() as connection:
            log = LogQueries(connection, self.log_schema)
            if log.head()[0] or log.commands("", 1) or log.trackings():
                raise StoreError("Only an empty log can become the copy of another one.")
            connection.execute(f"UPDATE {meta} SET value = ? WHERE key = 'log_id'", (log_id,))
            connection.execute(f"DELETE FROM {meta} WHERE key = 'unfinished'")
            connection.execute(f"INSERT INTO {meta} VALUES ('unfinished', 'copy')")
        self._log_id = log_id

    def finish(self) -> None:
        with self.transaction() as connection:
            connection.execute(f"DELETE FROM {self.log_schema}.meta WHERE key = 'unfinished'")

    def is_unfinished(self) -> bool:
        with self.asking() as log:
            return bool(log.ask("SELECT 1 FROM {log}.meta WHERE key = 'unfinished'"))

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, tracking: Tracking | None = None, **_: Any
    ) -> list[int]:
        """Append events, and the tracking record if there is one; returns their positions.

        Threads that call it at the same time share a commit; a conflict is raised only for the
        one whose version was taken.

        Raises:
            IntegrityError: a version of a stream is taken, or the tracking is not above the last.
            OperationalError: the store cannot be written to.
        """
        with recorder_errors():
            return list(self._appending.append(stored_events, tracking))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> list[StoredEvent]:
        """The events of one stream, by version, above `gt` and up to `lte`.

        Raises:
            OperationalError: the store cannot be read.
        """
        with recorder_errors(), self.asking() as log:
            found = log.of_stream(stream_of(originator_id), gt, lte, desc, limit)
        return [stored_event(record) for record in found]

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
            return [notification(row) for row in self.read(after, limit, until=stop, types=topics)]

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
            work.append((), (), tracking)

    def max_tracking_id(self, application_name: str) -> int | None:
        """How far the application came, None when nothing is known of it.

        Raises:
            OperationalError: the store cannot be read.
        """
        with recorder_errors(), self.asking() as log:
            return log.tracked(application_name)


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
        return notification(record)


@contextmanager
def recorder_errors() -> Iterator[None]:
    """Raise what users of the `eventsourcing` package catch, in place of our own errors."""
    try:
        yield
    except Conflict as error:
        raise IntegrityError(str(error)) from error
    except StoreError as error:
        raise OperationalError(str(error)) from error
