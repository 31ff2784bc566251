"""What a failure of SQLite means, in one sentence that names the file and says what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ordertrail.domain.errors import StoreError

BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})

READ_ONLY = "{path} is read-only: give this user the right to write to the file and its folder."
DAMAGED = "{path} is damaged ({error}): stop writing to it, keep a copy, and restore a backup."
LOCKED = (
    "{path} is locked: another process has been writing to it for too long; let it finish, or stop "
    "it, and try again."
)
SENTENCES = {
    sqlite3.SQLITE_FULL: "No room is left for {path}: free some and try again; nothing was stored.",
    sqlite3.SQLITE_IOERR: (
        "The disk failed to read or write {path} ({error}): check its health, room and limits, "
        "then try again; nothing was stored."
    ),
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_PERM: READ_ONLY,
    sqlite3.SQLITE_NOTADB: "{path} is not a SQLite database: name another file.",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
}


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's result code without its extension; 0 for an error that Python found itself."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


@contextmanager
def explained(path: str) -> Iterator[None]:
    """Turn the failures of disk, file and lock into a StoreError; let all others through.

    Raises:
        StoreError: the disk is full or fails, or the file is locked, read-only, or no database.
    """
    try:
        yield
    except sqlite3.Error as error:
        sentence = _sentence(error, path)
        if sentence is None:
            raise
        raise StoreError(sentence) from error


def _sentence(error: sqlite3.Error, path: str) -> str | None:
    code = primary_code(error)
    if code == sqlite3.SQLITE_CANTOPEN:
        return _why_it_does_not_open(Path(path))
    if str(error).startswith("Could not decode"):  # and it goes on with what may be personal
        return DAMAGED.format(path=path, error="a text in it is none")
    template = SENTENCES.get(code)
    return None if template is None else template.format(path=path, error=error)


def _why_it_does_not_open(path: Path) -> str:
    if path.is_dir():
        return f"{path} is a folder: name a file in it, such as {path / 'orders.db'}."
    if not path.parent.exists():
        return f"{path} cannot be created: make the folder {path.parent} first."
    if not path.parent.is_dir():
        return f"{path} cannot be created: {path.parent} is a file and not a folder."
    return (
        f"{path} cannot be opened: give this user the right to read and write the file and its "
        "folder."
    )
