"""The event store in one SQLite file, or in SQLite's own memory: the same code for both."""

from ordertrail.adapters.sqlite.store import SQLiteStore

__all__ = ["SQLiteStore"]
