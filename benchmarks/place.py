"""Where a contestant keeps its data for one run: a fresh folder, and a fresh database in it."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Identifier

Database = Literal["SQLite", "PostgreSQL"]


class Missing(Exception):
    """A contestant cannot take part; the text says why, and what to do."""


class Place(NamedTuple):
    """A folder on a real disk, and a server of PostgreSQL where one runs.

    Processes that get the same place open the same store.
    """

    folder: Path
    server: str | None

    def log_url(self, database: Database) -> str:
        """Where Ordertrail keeps its log.

        Raises:
            Missing: there is no server of PostgreSQL.
        """
        if database == "SQLite":
            return f"sqlite:///{self.folder / 'ours.db'}"
        return self.postgres()

    def postgres(self) -> str:
        """The URL of the database of this place, which is made when it is asked for first.

        Raises:
            Missing: there is no server of PostgreSQL.
        """
        if self.server is None:
            raise Missing("no server of PostgreSQL runs, see above")
        with closing(psycopg.connect(self.server, autocommit=True)) as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            if not connection.execute(query, [self.folder.name]).fetchone():
                connection.execute(SQL("CREATE DATABASE {}").format(self._database))
        return urlsplit(self.server)._replace(path=f"/{self.folder.name}").geturl()

    @property
    def _database(self) -> Identifier:
        return Identifier(self.folder.name)

    def clear(self) -> None:
        """Drop the database, if there is one."""
        if self.server is not None:
            with closing(psycopg.connect(self.server, autocommit=True)) as connection:
                drop = SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(self._database)
                connection.execute(drop)


@contextmanager
def fresh_place(folder: Path, server: str | None) -> Iterator[Place]:
    """A place that is gone at the end."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="bench_") as name:
        place = Place(Path(name).absolute(), server)
        try:
            yield place
        finally:
            place.clear()
