"""Where the logs of the rounds lie, and what can be done to such a place."""

import os
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Protocol


class Place(Protocol):
    """A place for logs, one for each round."""

    def url(self, name: str) -> str:
        """The URL of a new log."""

    def mend(self) -> None:
        """Undo all that was done to the place, so that everybody can work again."""

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
                os.write(file, bytes(1 << 16))
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
