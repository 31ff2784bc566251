"""Makes a file under another name beside its place, and gives it its name when it is complete."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ordertrail.domain.errors import BadInput

PART = ".part"
"""How the names of files end that are not complete; they may be deleted."""

LEFT = ("-wal", "-journal", "-shm")
"""How the files end that SQLite keeps beside a database, and leaves there when it is killed."""

NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


@contextmanager
def beside(place: Path) -> Iterator[Path]:
    """A new, empty file to fill; the end of the block puts it in its place, on disk.

    Where the block fails the file is gone; whoever is killed in it leaves a file that ends in
    `.part`. Nothing that is there is ever overwritten.

    Raises:
        BadInput: there is something in that place, or no file can be made there.
    """
    must_be_free(place)
    part = place.with_name(f"{place.name}.{secrets.token_hex(4)}{PART}")
    try:
        part.open("xb").close()
    except OSError as error:
        raise BadInput(f"{place} cannot be written: {error.strerror}.") from error
    try:
        yield part
        _sync(part)
        _put(part, place)
    finally:
        for ending in ("", *LEFT):
            part.with_name(part.name + ending).unlink(missing_ok=True)
    _sync(place.parent)


def must_be_free(place: Path) -> None:
    """Make sure that there is nothing in a place, nor what a log of that name left there.

    Raises:
        BadInput: there is something.
    """
    if os.path.lexists(place):
        raise BadInput(f"{place} is there already, and is never overwritten: name another place.")
    for ending in LEFT:
        left = place.with_name(place.name + ending)
        if os.path.lexists(left):
            raise BadInput(
                f"{left} is what a log left that was in this place; SQLite would mix the two. "
                "Move it away first."
            )


def _put(part: Path, place: Path) -> None:
    try:
        os.link(part, place)  # unlike a renaming, it never overwrites
    except FileExistsError:
        must_be_free(place)
        raise
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        must_be_free(place)
        os.rename(part, place)


def _sync(path: Path) -> None:
    """Put a file, or the names in a folder, on disk."""
    try:
        number = os.open(path, os.O_RDONLY)
    except PermissionError:
        return  # as for a folder on Windows
    try:
        os.fsync(number)
    finally:
        os.close(number)
