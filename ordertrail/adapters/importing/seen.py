"""What an import has seen so far of orders, lines and parcels, on disk: memory stays flat."""

import sqlite3


class Seen:
    """Remembers names; a temporary database without a name that is gone when it is closed."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(
            """
            PRAGMA journal_mode = OFF;
            PRAGMA synchronous = OFF;
            CREATE TABLE groups (
                name TEXT PRIMARY KEY, times INTEGER, members INTEGER) WITHOUT ROWID;
            CREATE TABLE lines (
                line TEXT, part_of TEXT, quantity INTEGER, PRIMARY KEY (line, part_of)
            ) WITHOUT ROWID;
            CREATE TABLE parcels (
                parcel TEXT, part_of TEXT, PRIMARY KEY (parcel, part_of)) WITHOUT ROWID;
            BEGIN;
            """
        )

    def close(self) -> None:
        """Forget everything."""
        self._db.close()

    def group(self, name: str, members: int) -> tuple[int, int]:
        """How often a group of this name was seen before, and how many members it had in all."""
        times, before = self._db.execute(
            """
            INSERT INTO groups VALUES (?1, 1, ?2) ON CONFLICT (name)
            DO UPDATE SET times = times + 1, members = members + ?2 RETURNING times, members
            """,
            (name, members),
        ).fetchone()
        return times - 1, before - members

    def add_line(self, line: str, order: str, quantity: int) -> None:
        """Remember that a line is one of an order."""
        self._db.execute("INSERT OR REPLACE INTO lines VALUES (?, ?, ?)", (line, order, quantity))

    def orders_of_line(self, line: str) -> dict[str, int]:
        """The orders that have such a line, each with its quantity."""
        found = self._db.execute("SELECT part_of, quantity FROM lines WHERE line = ?", (line,))
        return dict(found.fetchall())

    def add_parcel(self, parcel: str, order: str) -> None:
        """Remember that goods of an order are in a parcel."""
        self._db.execute("INSERT OR IGNORE INTO parcels VALUES (?, ?)", (parcel, order))

    def orders_of_parcel(self, parcel: str) -> list[str]:
        """The orders of which goods are in a parcel."""
        found = self._db.execute("SELECT part_of FROM parcels WHERE parcel = ?", (parcel,))
        return [order for (order,) in found]
