"""Looks whether a log is what it should be: a check for each of its promises, and its digest."""

from collections.abc import Callable, Iterable
from typing import Any

from ordertrail.adapters.checks import Check, Faults, Verification
from ordertrail.adapters.codec import Codec
from ordertrail.adapters.log_digest import PAGE, Digest, Hashed, pages
from ordertrail.adapters.log_queries import LogQueries
from ordertrail.adapters.progress import Progress, steps
from ordertrail.adapters.store import DecidedCommand, Record, Store
from ordertrail.domain.errors import BadInput, StoreError


def verify_log(
    store: Store, codec: Codec, progress: Progress | None = None, until: int | None = None
) -> Verification:
    """Check a log from its first event to the position `until`, or to its last event.

    Others may write to it meanwhile.

    Raises:
        BadInput: the log does not go so far.
        StoreError: the store is closed, or cannot be read at all.
    """
    head = store.head()
    if until is not None and until > head:
        raise BadInput(f"The log goes to position {head:,}, and not to {until:,}.")
    log = _Log(store, codec, head if until is None else until, progress)
    checks = (
        *_looked("database", log.database),
        *_looked("events", log.events),
        *_looked("streams", log.streams),
        *_looked("commands", log.commands),
    )
    return Verification(store.log_id, log.head, log.digest, checks)


def _looked(name: str, look: Callable[[], Iterable[Check]]) -> Iterable[Check]:
    try:
        return look()
    except StoreError as error:
        return [Check(name, "cannot be read to the end", (str(error),))]


class _Log:
    """A log up to a position, taken for its head; each of its parts is read page by page."""

    def __init__(self, store: Store, codec: Codec, head: int, progress: Progress | None) -> None:
        self.head = head
        self.digest: Digest | None = None
        self._store = store
        self._codec = codec
        self._hashed = Hashed(self.head)
        self._hashed_all_events = False
        self._step = steps(2 * self.head, self.head, progress)

    def database(self) -> list[Check]:
        found, faults = self._store.examined()
        return [Check("database", found, tuple(faults))]

    def events(self) -> list[Check]:
        gaps, backwards, unreadable, orphans = Faults(), Faults(), Faults(), Faults()
        position, recorded_at = 0, 0
        try:
            for page in pages(self._store, 0, self.head):
                for record in page:
                    position += 1
                    if record.position != position:
                        gaps.add(f"Event {position} is missing; {record.position} comes next.")
                        position = record.position
                    if record.recorded_at < recorded_at:
                        backwards.add(f"Event {position} was recorded before the one ahead of it.")
                    recorded_at = record.recorded_at
                    self._decode(record, unreadable)
                for (orphan,) in self._without_command(page):
                    orphans.add(f"Event {orphan} belongs to no command that was decided.")
                self._hashed.add(page)
                self._step(len(page))
        except StoreError as error:
            unreadable.add(f"Event {self._unreadable_after(position)} cannot be read. {error}")
        else:
            self._hashed_all_events = True
            if position != self.head:
                gaps.add(f"The last event, {self.head}, is missing.")
        return [
            Check("positions", f"1 to {self.head:,}" if self.head else "none", gaps.told()),
            Check("times", "recorded_at never goes back", backwards.told()),
            Check("events", f"{self.head:,}", (*unreadable.told(), *orphans.told())),
        ]

    def streams(self) -> list[Check]:
        faults = Faults()
        number = 0
        stream, version, position = "", -(2**63), 0
        while rows := self._versions(stream, version):
            for next_stream, next_version, next_position in rows:
                if next_stream != stream or not number:
                    number += 1
                    stream, version, position = next_stream, 0, 0
                if next_version != version + 1:
                    faults.add(f"Stream {stream!r} has version {next_version} after {version}.")
                if next_position < position:
                    faults.add(f"Stream {stream!r} has version {next_version} in the wrong place.")
                version, position = next_version, next_position
            self._step(len(rows))
        return [Check("streams", f"{number:,}, each from version 1 on", faults.told())]

    def commands(self) -> list[Check]:
        faults = Faults()
        number, after = 0, ""
        while rows := self._commands(after):
            for after, _, first, last, events in rows:
                if first > self.head + 1:
                    continue  # it was decided since we began
                number += 1
                if first < 1 or events != last + 1 - first:
                    faults.add(f"Command {after!r} says it led to events {first} to {last}.")
            self._hashed.add_commands(DecidedCommand._make(row[:4]) for row in rows)
        if self._hashed_all_events:
            self.digest = self._hashed.digest()
        return [Check("commands", f"{number:,}, each with its events", faults.told())]

    def _decode(self, record: Record, unreadable: Faults) -> None:
        try:
            self._codec.decode(record)
        except StoreError as error:
            unreadable.add(str(error))

    def _unreadable_after(self, position: int) -> int:
        """The first event after a position that the store fails on."""
        for next_position in range(position + 1, self.head):
            try:
                self._store.read(next_position - 1, 1, until=next_position)
            except StoreError:
                return next_position
        return self.head

    def _without_command(self, page: list[Record]) -> list[tuple[int]]:
        # Those without a schema were appended bare, as the `eventsourcing` package does.
        return self._ask(
            "SELECT position FROM {log}.events AS e WHERE position BETWEEN ? AND ?"
            " AND schema IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {log}.commands AS c"
            " WHERE c.command_id = e.command_id"
            " AND e.position BETWEEN c.first_position AND c.last_position)",
            (page[0].position, page[-1].position),
        )

    def _versions(self, stream: str, version: int) -> list[tuple[str, int, int]]:
        return self._ask(
            "SELECT stream, version, position FROM {log}.events WHERE (stream, version) > (?, ?)"
            " AND position <= ? ORDER BY stream, version LIMIT ?",
            (stream, version, self.head, PAGE),
        )

    def _commands(self, after: str) -> list[tuple[str, bytes, int, int, int]]:
        return self._ask(
            "SELECT command_id, fingerprint, first_position, last_position,"
            " (SELECT count(*) FROM {log}.events AS e WHERE e.command_id = c.command_id"
            " AND e.position BETWEEN c.first_position AND c.last_position)"
            " FROM {log}.commands AS c WHERE command_id > ? ORDER BY command_id LIMIT ?",
            (after, PAGE),
        )

    def _ask(self, query: str, parameters: tuple[str | int, ...]) -> list[Any]:
        with self._store.reading() as connection:
            return LogQueries(connection, self._store.log_schema).ask(query, parameters)
