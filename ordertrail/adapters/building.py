"""Makes the tables of projections, beside the live ones where those serve, and swaps them in."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from ordertrail.adapters.books import Checkpoint, describe, open_books
from ordertrail.adapters.connection import Connection
from ordertrail.adapters.partitions import PARTITIONS
from ordertrail.adapters.standing import Known, Standing
from ordertrail.adapters.tables import LIVE, NEXT, Place
from ordertrail.adapters.view_store import ViewStore
from ordertrail.projections.projection import Projection

Look = Callable[[Connection], Standing]


class Building:
    """The tables of the projections of one process."""

    def __init__(
        self,
        store: ViewStore,
        projections: Mapping[str, Projection[Any]],
        knows: Mapping[str, Known],
        look: Look,
    ) -> None:
        self._store = store
        self._tables = store.tables
        self._projections = projections
        self._knows = knows
        self._look = look

    def open(self) -> None:
        """Make the tables that are missing, and begin those anew that older code has built.

        Raises:
            StoreError: a table of that name is there and is no read model.
        """
        with self._store.transaction() as connection:
            open_books(self._tables, connection)
            standing = self._look(connection)
            made = []
            for name, projection in self._projections.items():
                live = standing.units(name, LIVE)
                if not live or self._tables.kind_of(connection, projection.row.table) is None:
                    self._begin(connection, name, LIVE)
                    made.append(projection.row.table)
                elif not standing.ours(name, LIVE) and not self._knows[name].is_behind(live[0]):
                    self._begin_beside(connection, standing, name)
            self._describe(connection, made)

    def begin(self, names: Collection[str]) -> None:
        """Begin the tables of these projections anew, beside the live ones.

        One of this code that somebody has begun already is gone on with.
        """
        with self._store.transaction(synced=False) as connection:
            self._tables.lock(connection)
            standing = self._look(connection)
            for name in names:
                if not standing.ours(name, NEXT):
                    self._begin(connection, name, NEXT)

    def swap(self, name: str) -> bool:
        """Put the table that was built beside in the place of the live one.

        Returns: whether it did; it does not while the other one is further, or is being asked.
        """
        try:
            with self._store.transaction(synced=False) as connection:
                self._tables.lock(connection)
                # From here on nobody saves to either of them.
                connection.execute(
                    "UPDATE checkpoints SET epoch = epoch + 1, owner = NULL, lease_until = NULL "
                    "WHERE projection = ?",
                    (name,),
                )
                if not may_swap(self._look(connection), name):
                    raise _NotYet
                with self._tables.swapping(connection, self._projections[name].row):
                    for book in ("checkpoints", "parked"):
                        connection.execute(
                            f"DELETE FROM {book} WHERE projection = ? AND place = ?", (name, LIVE)
                        )
                        connection.execute(
                            f"UPDATE {book} SET place = ? WHERE projection = ?", (LIVE, name)
                        )
                    self._describe(connection, [self._projections[name].row.table])
        except _NotYet:
            return False
        return True

    def _begin_beside(self, connection: Connection, standing: Standing, name: str) -> None:
        coming = standing.units(name, NEXT)
        if not coming or not (standing.ours(name, NEXT) or self._knows[name].is_behind(coming[0])):
            self._begin(connection, name, NEXT)

    def _begin(self, connection: Connection, name: str, place: Place) -> None:
        query = "SELECT coalesce(max(epoch), 0) FROM checkpoints WHERE projection = ?"
        (epoch,) = connection.execute(query, (name,)).fetchone()
        for book in ("checkpoints", "parked"):
            connection.execute(
                f"DELETE FROM {book} WHERE projection = ? AND place = ?", (name, place)
            )
        self._tables.of(self._projections[name].row, place).create(connection)
        books = self._tables.of(Checkpoint)
        known = self._knows[name]
        units = [
            Checkpoint(name, place, partition, *known, epoch=epoch + 1)
            for partition in range(PARTITIONS)
        ]
        books.write(connection, books.changes(dict(enumerate(units))))

    def _describe(self, connection: Connection, made: Collection[str]) -> None:
        standing = self._look(connection)
        current = [one for name, one in self._projections.items() if standing.ours(name, LIVE)]
        describe(self._tables, connection, current, made)


def may_swap(standing: Standing, name: str) -> bool:
    """Whether the table that was built beside shows all that the live one does."""
    live, coming = standing.units(name, LIVE), standing.ours(name, NEXT)
    return bool(coming) and all(
        new.position >= old.position for new, old in zip(coming, live, strict=True)
    )


class _NotYet(Exception):
    """The table that is built beside has not caught up yet."""
