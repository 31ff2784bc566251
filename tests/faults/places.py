"""Where the logs of the rounds lie, and what can be done to such a place."""

import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from tests.faults.server import Server
from tests.faults.wire import Wire

PAUSE = 0.005  # seconds between two looks whether a place is at rest


class Place(Protocol):
    """A place for logs, one for each round."""

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


class CannotTry(Exception):
    """This machine does not let us do what the scenario needs; the text says what."""


class Folder:
    """Files of SQLite in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, name: str) -> str:
        return f"sqlite:///{self.folder / name}.db"

    def mend(self) -> None:
        pass

    def rest(self) -> None:
        pass

    def forget(self, name: str) -> None:
        for file in self.folder.glob(f"{name}.db*"):
            file.unlink()

    def close(self) -> None:
        pass


class Room:
    """A file system of its own in a folder, which can be filled to the last byte."""

    def __init__(self, folder: Path, mebibytes: int) -> None:
        """Mount it.

        Raises:
            CannotTry: we have no right to.
        """
        self.folder = folder
        self._ballast = folder / "ballast"
        self._size = mebibytes << 20
        mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)]
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotTry(f"a file system that can be filled needs a mount: {done.stderr}")

    def fill(self) -> None:
        """Leave no room."""
        file = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        with suppress(OSError):
            while os.fstat(file).st_size < self._size:
                os.write(file, bytes(1 << 20))
        os.close(file)

    def empty(self) -> None:
        """Give the room back."""
        with suppress(FileNotFoundError):
            self._ballast.unlink()

    def close(self) -> None:
        """Unmount it."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


class FolderWithLittleRoom(Folder):
    """Files of SQLite in a room that can be filled."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.room = Room(folder, mebibytes=64)

    def mend(self) -> None:
        self.room.empty()

    def close(self) -> None:
        self.room.close()


class Database:
    """Schemas of a PostgreSQL server of our own.

    Attributes:
        server: the server, that can be killed.
    """

    def __init__(self, folder: Path) -> None:
        self.server = Server(folder)

    def url(self, name: str) -> str:
        return f"{self.server.url}&schema={name}"

    def mend(self) -> None:
        self.server.mend()

    def rest(self) -> None:
        while self.server.backends():
            time.sleep(PAUSE)

    def forget(self, name: str) -> None:
        for schema in (name, f"{name}_views", f"{name}_views_next"):
            self.server.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")

    def close(self) -> None:
        self.server.close()


class DatabaseBehindWire(Database):
    """The same, reached over a network that can be cut."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.wire = Wire(self.server.socket, folder / "wire.err")
        self.wire.enter()

    def url(self, name: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.wire.port}/postgres?schema={name}"

    def close(self) -> None:
        self.wire.leave()
        super().close()


class DatabaseWithLittleRoom(Database):
    """The same, on a disk that can be filled."""

    def __init__(self, folder: Path) -> None:
        self.room = Room(folder, mebibytes=256)
        try:
            super().__init__(folder)
        except BaseException:
            self.room.close()
            raise

    def mend(self) -> None:
        self.room.empty()
        super().mend()

    def close(self) -> None:
        super().close()
        self.room.close()
