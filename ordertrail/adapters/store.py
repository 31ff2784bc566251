"""What a store of events promises, and the two rows it keeps: a record and a decided command."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from eventsourcing.persistence import ProcessRecorder, Tracking

WAS_FIRST = (
    "A version of a stream, or a command id, was taken by somebody else: load the streams again "
    "and decide anew."
)


class Record(NamedTuple):
    """A row of the log, as it is stored. Times are microseconds since 1970 UTC.

    `occurred_offset` is the offset from UTC, in minutes, that `occurred_at` was given with. The
    id of an event is `{command_id}.{command_index}`. Of events that were written through the
    plain recorder interface, which decides no commands, the envelope holds nothing but an id and
    `recorded_at`.
    """

    position: int
    stream: str
    version: int
    type: str
    schema: int | None
    body: bytes
    occurred_at: int | None
    occurred_offset: int | None
    recorded_at: int
    actor: str | None
    on_behalf_of: str | None
    channel: str | None
    source: str | None
    source_id: str | None
    reason: str | None
    correlation_id: str | None
    causation_id: str | None
    command_id: str | None
    command_index: int | None


class DecidedCommand(NamedTuple):
    """A command that was decided: what it said (a fingerprint), and which positions it led to.

    `last_position` is below `first_position` when it led to no event.
    """

    command_id: str
    fingerprint: bytes
    first_position: int
    last_position: int


class Placed(NamedTuple):
    """Where a unit of work stands in the log: its first position, and its last `recorded_at`."""

    first_position: int
    recorded_at: int


class Writing(Protocol):
    """One unit of work on the log: what it appends is stored at its end, all of it or nothing.

    Attributes:
        placed: where it stands, once the unit of work has ended; None if it appended nothing.
    """

    placed: Placed | None

    def head(self) -> tuple[int, int]:
        """The last position, and the last `recorded_at` (0, 0 for an empty log).

        Unless the unit of work is exclusive, others may have come further by now.
        """

    def load(self, versions: Mapping[str, int]) -> list[Record]:
        """The events of the streams named, above the version given for each, by position.

        A stream that was loaded is not written to by others until this unit of work has ended, or
        its end raises a Conflict.
        """

    def decided(self, command_ids: Sequence[str]) -> dict[str, DecidedCommand]:
        """Those of the commands that were decided before, by id.

        Ask for them when the streams are loaded: then a command is known to be decided, or what
        it led to is not among the events loaded.
        """

    def read(self, first_position: int, last_position: int) -> list[Record]:
        """The events from one position to another, both included."""

    def taken(self, versions: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
        """Those of the (stream, version) that are in the log."""

    def append(
        self,
        records: Sequence[Record],
        commands: Sequence[DecidedCommand] = (),
        tracking: Tracking | None = None,
    ) -> None:
        """Add records and their commands, and how far an application came; once in a unit of work.

        The positions follow the head that `head()` told, without a gap. Where others came further
        meanwhile, everything moves up as a whole: `placed` tells how far.

        Raises (here or at the end of the unit of work):
            Conflict: somebody else wrote to one of the streams, decided one of the commands, or
                tracked that far, first.
            StoreError: a position leaves a gap, `recorded_at` goes back, or a field has the wrong
                type. The unit of work is spoilt then, as after a Conflict: let it end.
        """


class Store(ProcessRecorder):
    """A log of events (and the tracking records beside it) that many threads and processes share.

    Positions are gapless, start at 1 and follow the order of commits. What was acknowledged is on
    disk; what failed left nothing.
    """

    @property
    @abstractmethod
    def log_id(self) -> str:
        """The id of this log, given when it was created."""

    @property
    @abstractmethod
    def log_schema(self) -> str:
        """What SQL calls the place of the log's tables, on a connection that is lent."""

    @abstractmethod
    def writing(self, *, exclusive: bool = False) -> AbstractContextManager[Writing]:
        """Begin a unit of work; the end of the `with` block commits it, an exception undoes it.

        Args:
            exclusive: let nobody else write meanwhile. Where a unit of work met with a Conflict,
                an exclusive one loads what is so, and gets through.

        Raises:
            StoreError: the store is closed, read-only, full, or locked for too long.
        """

    @abstractmethod
    def reading(self) -> AbstractContextManager[Any]:
        """Lend a connection that sees one state of log and read models, and changes nothing.

        It has `execute(sql, parameters)`, whose `?` are the parameters, on any database; leave no
        cursor open behind you.

        Raises:
            StoreError: the store is closed or cannot be read.
        """

    @abstractmethod
    def transaction(self, *, synced: bool = True) -> AbstractContextManager[Any]:
        """Lend a connection that writes to tables of your own beside the log, all or nothing.

        It has `execute` as that of `reading`, and `executemany`. Without `synced` it may be lost
        when the power fails; what can be built again from the log needs no disk to wait for.

        Raises:
            StoreError: as `writing` does.
        """

    @abstractmethod
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
        """The next events above the position `after`, at most `limit`, by position.

        Only those up to the position `until`, of `stream`, of one of `types`, recorded between
        `recorded_from` and `recorded_until` (microseconds since 1970 UTC); bounds are included.

        Raises:
            StoreError: the store is closed or cannot be read.
        """

    def follow(
        self, after: int = 0, *, types: Sequence[str] = (), stop: "Stop | None" = None
    ) -> Iterator[Record]:
        """Every event above `after`, then those that come, until `stop` is set.

        Raises:
            StoreError: the store is closed or cannot be read.
        """
        page = 1000
        while stop is None or not stop.is_set():
            head = self.head()
            records = self.read(after, page, until=head, types=types)
            for record in records:
                if stop is not None and stop.is_set():
                    return
                yield record
            if len(records) == page:
                after = records[-1].position
            else:
                # Events of other types were passed by, and need not be looked at again.
                after = max(after, head)
                self.wait_for_events(after, timeout=0.25)

    @abstractmethod
    def head(self) -> int:
        """The last position, 0 for an empty log.

        Raises:
            StoreError: the store is closed or cannot be read.
        """

    @abstractmethod
    def wait_for_events(self, after: int, timeout: float) -> bool:
        """Wait until the log is longer than `after`, for at most `timeout` seconds.

        Returns whether it is. Events of this store are seen at once, those of other processes a
        little later.

        Raises:
            StoreError: the store is closed or cannot be read.
        """

    @abstractmethod
    def commands(self, after: str = "", limit: int = 1000) -> list[DecidedCommand]:
        """The next decided commands with an id above `after`, at most `limit`, by id.

        Raises:
            StoreError: the store is closed or cannot be read.
        """

    @abstractmethod
    def commands_from(self, first_position: int, last_position: int) -> list[DecidedCommand]:
        """The commands whose first event stands between two positions, both included.

        Raises:
            StoreError: the store is closed or cannot be read.
        """

    @abstractmethod
    def trackings(self) -> list[Tracking]:
        """How far each application came that follows a log and keeps its place here.

        Raises:
            StoreError: the store is closed or cannot be read.
        """

    @abstractmethod
    def schema_version(self) -> int:
        """Which version of the schema the log has: how many steps led to it.

        Raises:
            StoreError: the store is closed or cannot be read.
        """

    @abstractmethod
    def adopt(self, log_id: str) -> None:
        """Become the copy of the log with this id; unfinished, until `finish` is called.

        Raises:
            StoreError: this log is not empty, or the store cannot be written to.
        """

    @abstractmethod
    def finish(self) -> None:
        """Say that the copy is complete.

        Raises:
            StoreError: the store cannot be written to.
        """

    @abstractmethod
    def is_unfinished(self) -> bool:
        """Whether this is a copy that is not yet complete.

        Raises:
            StoreError: the store is closed or cannot be read.
        """

    @abstractmethod
    def examined(self) -> tuple[str, list[str]]:
        """What the database says of its own files: in a few words, and what is wrong with them.

        Raises:
            StoreError: the store is closed.
        """

    @abstractmethod
    def close(self) -> None:
        """Release files and connections; a second call does nothing."""


class Stop(Protocol):
    """Anything with `is_set`, such as `threading.Event`."""

    def is_set(self) -> bool:
        """Whether to stop."""
