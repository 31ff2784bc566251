"""Where the logs of the rounds lie, and what can be done to such a place."""

import time
from pathlib import Path
from typing import Protocol

from tests.faults.room import Room
from tests.faults.server import Server
from tests.faults.wire import Wire

PAUSE = 0.005  # seconds between two looks whether a place is at rest


class Place(Protocol):
    """A place for logs, one for each round; `room` is there if it can be filled."""

    room: Room | None

    def url(self, name: str) -> str:
        """The URL of a new log."""

    def mend(self) -> None:
        """Undo all that was done to the place, so that everybody can work again."""

    def rest(self) -> None:
        """Wait until nothing is under way any more for those who were killed."""

    def forget(self, name: str) -> None:
        """Remove a log that nobody asks for any more."""

    def close(self) -> None:
        """Leave nothing behind."""


class Files:
    """Files of SQLite in a folder."""

    def __init__(self, folder: Path, room: Room | None = None) -> None:
        self.room = room
        self._folder = folder

    def url(self, name: str) -> str:
        return f"sqlite:///{self._folder / name}.db"

    def mend(self) -> None:
        if self.room is not None:
            self.room.empty()

    def rest(self) -> None:
        pass

    def forget(self, name: str) -> None:
        for file in self._folder.glob(f"{name}.db*"):
            file.unlink()

    def close(self) -> None:
        if self.room is not None:
            self.room.close()


class Database:
    """Schemas of a PostgreSQL server of our own, maybe reached over a network that can be cut."""

    def __init__(self, server: Server, room: Room | None = None, wire: Wire | None = None) -> None:
        self.server = server
        self.room = room
        self.wire = wire

    def url(self, name: str) -> str:
        url = self.server.url if self.wire is None else self.wire.url
        return f"{url}{'&' if '?' in url else '?'}schema={name}"

    def mend(self) -> None:
        if self.room is not None:
            self.room.empty()
        self.server.mend()

    def rest(self) -> None:
        while self.server.backends():
            time.sleep(PAUSE)

    def forget(self, name: str) -> None:
        for schema in (name, f"{name}_views", f"{name}_views_next"):
            self.server.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")

    def close(self) -> None:
        if self.wire is not None:
            self.wire.leave()
        self.server.close()
        if self.room is not None:
            self.room.close()


def files_in_little_room(folder: Path) -> Files:
    """Files on a small disk.

    Raises:
        CannotTry: there is no right to mount one.
    """
    return Files(folder, Room(folder, mebibytes=64))


def database(folder: Path) -> Database:
    """A database that is reached by a socket."""
    return Database(Server(folder))


def database_behind_wire(folder: Path) -> Database:
    """A database that is reached over a network."""
    server = Server(folder)
    wire = Wire(server.socket, folder / "wire.err")
    wire.enter()
    return Database(server, wire=wire)


def database_in_little_room(folder: Path) -> Database:
    """A database on a small disk.

    Raises:
        CannotTry: there is no right to mount one.
    """
    room = Room(folder, mebibytes=256)
    return Database(Server(folder), room)


def database_with_little_room_for_its_wal(folder: Path) -> Database:
    """A database whose write-ahead log is on a small disk.

    Raises:
        CannotTry: there is no right to mount one.
    """
    small = folder / "small"
    small.mkdir()
    room = Room(small, mebibytes=32)
    return Database(Server(folder, wal=small), room)
