"""Builds the views anew beside a log, and compares each row with the one that is there."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import fields
from heapq import merge
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from ordertrail.adapters.books import Checkpoint, ParkedStream
from ordertrail.adapters.checks import Check, Faults
from ordertrail.adapters.codec import Codec
from ordertrail.adapters.connection import Connection
from ordertrail.adapters.progress import Progress
from ordertrail.adapters.runner import Runner
from ordertrail.adapters.sqlite import SQLiteStore
from ordertrail.adapters.store import Record, Store
from ordertrail.adapters.tables import Database, Tables, quoted, rows
from ordertrail.adapters.view_store import ViewStore
from ordertrail.projections.projection import Projection

PAGE = 1_000
"""How many rows are held in memory at once."""


class Beside(SQLiteStore):
    """A file with views of its own, which follow the log of another store."""

    def __init__(self, path: str, log: Store) -> None:
        super().__init__(path)
        self._followed = log

    def head(self) -> int:
        return self._followed.head()

    def read(self, *args: Any, **filters: Any) -> list[Record]:
        return self._followed.read(*args, **filters)


def verify_views(
    store: ViewStore,
    codec: Codec,
    projections: Sequence[Projection[Any]],
    progress: Progress | None = None,
) -> list[Check]:
    """Compare each view with what the events up to its checkpoint give; nothing is changed.

    The views are built in a temporary file, which takes as much room as they do, and compared with
    one state of those that are there, whoever writes to them meanwhile.

    Raises:
        StoreError: the store cannot be read, or an event in it cannot.
    """
    checks: dict[str, Check] = {}
    with (
        tempfile.TemporaryDirectory(prefix="ordertrail-verify-") as folder,
        closing(Beside(str(Path(folder) / "views.db"), store)) as beside,
        store.reading() as connection,
    ):
        runner = Runner(beside, codec, projections)
        standing = _standing(store.tables, connection)
        together: dict[int, list[Projection[Any]]] = {}
        for projection in projections:
            at = standing.get(projection.name)
            fault = _why_not(projection, at)
            if fault:
                checks[projection.name] = Check(projection.name, "not compared", (fault,))
            elif at is not None:
                together.setdefault(at.position, []).append(projection)
        for position, reached in sorted(together.items()):
            runner.catch_up(position, progress)
            with beside.reading() as anew:
                for projection in reached:
                    checks[projection.name] = _compared(
                        projection, position, (store, connection), (beside, anew)
                    )
    return [checks[projection.name] for projection in projections]


def _standing(tables: Tables, connection: Connection) -> dict[str, Checkpoint]:
    if tables.kind_of(connection, Checkpoint.table) is None:  # type: ignore[attr-defined]
        return {}
    return {at.projection: at for at in rows(tables, connection, Checkpoint)}


def _why_not(projection: Projection[Any], at: Checkpoint | None) -> str:
    if at is None:
        return "It was never built: `ordertrail rebuild` builds it."
    if at.version != projection.version or at.made_of != " ".join(sorted(projection.made_of)):
        return "It was built by another version of the code or the app, which has to look at it."
    return ""


Side = tuple[Database, Connection]
"""Where views are, and how they are read there."""


def _compared(projection: Projection[Any], position: int, there: Side, anew: Side) -> Check:
    faults, number = Faults(), 0
    table = projection.row.table
    both = merge(_in_order(there, projection, 0), _in_order(anew, projection, 1), key=itemgetter(0))
    for key, sides in groupby(both, itemgetter(0)):
        pair = {side: row for _, side, row in sides}
        number += 0 in pair
        if len(pair) < 2:
            wrong = "is in no rebuild" if 0 in pair else "is missing"
            faults.add(f"The row {'/'.join(key)} of {table} {wrong}.")
        elif pair[0] != pair[1] and (names := _differing(pair[0], pair[1])):
            faults.add(f"The row {'/'.join(key)} of {table} differs in {', '.join(names)}.")
    if _parked(there, projection) != _parked(anew, projection):
        faults.add("It leaves out other streams than a rebuild does.")
    return Check(projection.name, f"{number:,} rows as at position {position:,}", faults.told())


def _differing(there: Any, anew: Any) -> list[str]:
    """The columns in which two rows differ, but for the zero bytes that PostgreSQL cannot keep."""
    both = ((f.name, getattr(there, f.name), getattr(anew, f.name)) for f in fields(there))
    return [
        name
        for name, old, new in both
        if old != new and repr(old) != repr(new).replace("\\x00", "\N{REPLACEMENT CHARACTER}")
    ]


def _in_order(
    where: Side, projection: Projection[Any], side: int
) -> Iterator[tuple[tuple[str, ...], int, Any]]:
    """The rows of a view by key, page by page: the key, the side, and the row."""
    database, connection = where
    row = projection.row
    columns = ", ".join(map(quoted, row.key))
    above = f"({columns}) > ({', '.join('?' * len(row.key))})"
    key: tuple[str, ...] = ()
    while True:
        page = list(
            rows(
                database.tables,
                connection,
                row,
                above if key else "",
                key,
                order=columns,
                limit=PAGE,
            )
        )
        for found in page:
            key = tuple(getattr(found, name) for name in row.key)
            yield key, side, found
        if len(page) < PAGE:
            return


def _parked(where: Side, projection: Projection[Any]) -> set[tuple[str, int]]:
    database, connection = where
    found = rows(database.tables, connection, ParkedStream, "projection = ?", [projection.name])
    return {(parked.stream, parked.position) for parked in found}
