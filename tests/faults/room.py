"""A small file system that can be filled to the last byte."""

import os
import subprocess
from contextlib import suppress
from pathlib import Path


class CannotTry(Exception):
    """This machine does not let us do what the scenario needs; the text says what."""


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
