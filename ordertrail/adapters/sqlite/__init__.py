"""The event store in one SQLite file, or in SQLite's own memory: the same code for both."""

from contextlib import closing

from ordertrail.adapters.sqlite import schema
from ordertrail.adapters.sqlite.connections import Connections
from ordertrail.adapters.sqlite.store import SQLiteStore

__all__ = ["SQLiteStore", "migrate"]


def migrate(path: str) -> list[int]:
    """Bring the schema of the log in a file up to date; returns the steps that ran, all or none.

    Raises:
        StoreError: it cannot be written to, holds something else, or is of a newer Ordertrail.
    """
    with closing(Connections(path)) as connections, connections.transaction() as connection:
        return schema.migrate(connection, connections.name)
