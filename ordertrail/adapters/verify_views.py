"""Builds the views anew beside a log, and compares each row with the one that is there."""

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, fields
from heapq import merge
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from ordertrail.adapters.books import Checkpoint, ParkedStream
from ordertrail.adapters.checks import Check, Faults
from ordertrail.adapters.codec import Codec
from ordertrail.adapters.connection import Connection
from ordertrail.adapters.partitions import partition_of
from ordertrail.adapters.progress import Progress
from ordertrail.adapters.runner import Runner
from ordertrail.adapters.sqlite import SQLiteStore
from ordertrail.adapters.standing import Known, known
from ordertrail.adapters.store import Record, Store
from ordertrail.adapters.tables import LIVE, Database, Tables, quoted, rows
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
        knows = known(store.tables, projections)
        found: defaultdict[str, Compared] = defaultdict(Compared)
        together: dict[int, list[tuple[Projection[Any], set[int]]]] = {}
        for projection in projections:
            name = projection.name
            units = standing.get(name, [])
            fault = _why_not(knows[name], units)
            if fault:
                checks[name] = Check(name, "not compared", (fault,))
            for position in {unit.position for unit in units} if not fault else ():
                some = {unit.partition for unit in units if unit.position == position}
                together.setdefault(position, []).append((projection, some))
        for position, reached in sorted(together.items()):
            runner.catch_up(position, progress)
            with beside.reading() as anew:
                for projection, some in reached:
                    side = found[projection.name]
                    side.position = position
                    _compare(projection, some, (store, connection), (beside, anew), side)
    for name, side in found.items():
        seen = f"{side.rows:,} rows as at position {side.position:,}"
        checks[name] = Check(name, seen, side.faults.told())
    return [checks[projection.name] for projection in projections]


@dataclass
class Compared:
    """What was found in comparing a view."""

    rows: int = 0
    position: int = 0
    faults: Faults = field(default_factory=Faults)


def _standing(tables: Tables, connection: Connection) -> dict[str, list[Checkpoint]]:
    book = tables.of(Checkpoint)
    if not book.is_as_defined(connection):
        return {}
    found: dict[str, list[Checkpoint]] = {}
    for at in rows(tables, connection, Checkpoint, "place = ?", [LIVE]):
        found.setdefault(at.projection, []).append(at)
    return found


def _why_not(code: Known, units: Sequence[Checkpoint]) -> str:
    if not units:
        return "It was never built: `ordertrail rebuild` builds it."
    if (units[0].version, units[0].made_of, units[0].form) != code:
        return "It was built by another version of the code or the app, which has to look at it."
    return ""


Side = tuple[Database, Connection]
"""Where views are, and how they are read there."""


def _compare(
    projection: Projection[Any], some: set[int], there: Side, anew: Side, found: Compared
) -> None:
    faults = found.faults
    table = projection.row.table
    sides = (_in_order(side, projection, n) for n, side in enumerate((there, anew)))
    both = merge(*sides, key=itemgetter(0))
    single = len(projection.row.key) == 1
    for key, rows_of in groupby(both, itemgetter(0)):
        if partition_of(projection.kept_by(key[0] if single else key)) not in some:
            continue
        pair = {side: row for _, side, row in rows_of}
        found.rows += 0 in pair
        if len(pair) < 2:
            wrong = "is in no rebuild" if 0 in pair else "is missing"
            faults.add(f"The row {'/'.join(key)} of {table} {wrong}.")
        elif pair[0] != pair[1] and (names := _differing(pair[0], pair[1])):
            faults.add(f"The row {'/'.join(key)} of {table} differs in {', '.join(names)}.")
    if _parked(there, projection, some) != _parked(anew, projection, some):
        faults.add("It leaves out other streams than a rebuild does.")


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


def _parked(where: Side, projection: Projection[Any], some: set[int]) -> set[tuple[str, int]]:
    database, connection = where
    found = rows(
        database.tables,
        connection,
        ParkedStream,
        "projection = ? AND place = ?",
        [projection.name, LIVE],
    )
    return {(parked.stream, parked.position) for parked in found if parked.partition in some}
