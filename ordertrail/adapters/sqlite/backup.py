"""Copies a database file while others write to it, with the backup interface of SQLite."""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from ordertrail.adapters.progress import Progress
from ordertrail.adapters.sqlite.errors import explained

PAGES = 1_000
"""How many pages are copied at once: 4 MB."""


def save(source: Path, target: Path, progress: Progress | None = None) -> None:
    """Copy one state of a database, whoever writes to it meanwhile, into an empty file.

    `progress` is told the bytes.

    Raises:
        StoreError: a file cannot be read or written, or is no database.
    """

    def told(_: int, remaining: int, total: int) -> None:
        if progress is not None:
            progress((total - remaining) * size, total * size)

    with (
        explained(str(source)),
        closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True)) as read,
        closing(sqlite3.connect(target, isolation_level=None)) as written,
    ):
        read.execute("BEGIN")
        # This begins to read: what is copied is this state, however long it takes.
        (size,) = read.execute("PRAGMA page_size").fetchone()
        read.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with explained(str(target)):
            read.backup(written, pages=PAGES, progress=told)


def settle(path: Path) -> None:
    """Leave a database in one file, which can be read where nothing can be written.

    Raises:
        StoreError: the file cannot be written.
    """
    with explained(str(path)), closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
