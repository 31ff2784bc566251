"""What a log says, in 32 bytes: the same on every database, and for anybody to compute again.

A SHA-256 over the events by position, then the commands by id. Of an event it takes the columns of
the table `events` in their order as a JSON array without spaces, the length of the body in the
place of the body, and behind it the body. Of a command it takes its id, its fingerprint in
hexadecimal, and its first and last position, as a JSON array.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import orjson

from ordertrail.adapters.progress import Progress, steps
from ordertrail.adapters.store import DecidedCommand, Record, Store

BODY = Record._fields.index("body")

PAGE = 2_000
"""How many events or commands are held in memory at once."""


class Digest(NamedTuple):
    """What a log says up to a position; it stays so for ever, whatever is appended."""

    position: int
    sha256: str


class Hashed:
    """A digest in the making: first all events, then all commands."""

    def __init__(self, position: int) -> None:
        self._position = position
        self._hash = hashlib.sha256()

    def add(self, records: Iterable[Record]) -> None:
        """Add events, the next by position."""
        parts: list[bytes] = []
        for record in records:
            body = record.body
            parts += (orjson.dumps((*record[:BODY], len(body), *record[BODY + 1 :])), body)
        self._hash.update(b"".join(parts))

    def add_commands(self, commands: Iterable[DecidedCommand]) -> None:
        """Add commands, the next by id; those decided later than at the position are left out."""
        self._hash.update(
            b"".join(
                orjson.dumps((id, fingerprint.hex(), first, last))
                for id, fingerprint, first, last in commands
                if first <= self._position
            )
        )

    def so_far(self) -> bytes:
        """The digest of what was added until now."""
        return self._hash.digest()

    def digest(self) -> Digest:
        """The digest, once all was added."""
        return Digest(self._position, self._hash.hexdigest())


def digest_of(store: Store, position: int, progress: Progress | None = None) -> Digest:
    """The digest of a log up to a position.

    Raises:
        StoreError: the store cannot be read.
    """
    hashed = Hashed(position)
    step = steps(position, position, progress)
    for page in pages(store, 0, position):
        hashed.add(page)
        step(len(page))
    for commands in command_pages(store):
        hashed.add_commands(commands)
    return hashed.digest()


def pages(store: Store, after: int, until: int) -> Iterator[list[Record]]:
    """The events above one position and up to another, page by page."""
    while page := store.read(after, PAGE, until=until):
        yield page
        after = page[-1].position


def command_pages(store: Store) -> Iterator[list[DecidedCommand]]:
    """All commands by id, page by page."""
    after = ""
    while page := store.commands(after, PAGE):
        yield page
        after = page[-1].command_id


class Tally:
    """What events and commands up to a position say, in whatever order they are added.

    It finds what got lost or damaged; it is no proof against somebody who wants to deceive.
    """

    def __init__(self, position: int) -> None:
        self._position = position
        self.events = 0
        self.commands = 0
        self._sum = 0

    def add(self, row: Record | DecidedCommand) -> None:
        """Add an event or a command; what came later than the position is left out."""
        hashed = Hashed(self._position)
        if isinstance(row, Record):
            if row.position > self._position:
                return
            self.events += 1
            hashed.add([row])
        elif row.first_position <= self._position:
            self.commands += 1
            hashed.add_commands([row])
        else:
            return
        self._sum += int.from_bytes(hashed.so_far())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tally) and self._told() == other._told()

    def __hash__(self) -> int:
        return hash(self._told())

    def _told(self) -> tuple[int, int, int, int]:
        return self._position, self.events, self.commands, self._sum % 2**256


def tally_of(store: Store, position: int) -> Tally:
    """What a log says up to a position.

    Raises:
        StoreError: the store cannot be read.
    """
    tally = Tally(position)
    for page in pages(store, 0, position):
        for record in page:
            tally.add(record)
    for commands in command_pages(store):
        for command in commands:
            tally.add(command)
    return tally
