"""Bare `sqlite3` as a contestant: inserts of the same bytes, with nothing around them."""

import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

from benchmarks.business import Spec, Workload, fresh, hot, hot_orders
from benchmarks.measure import Sample, Step, in_threads
from ordertrail.domain.order.commands import AddNote, OrderCommand, PickItems, PlaceOrder
from ordertrail.engine import Ordertrail

Row = list[Any]


class Raw:
    """One transaction for each command, with a connection for each caller."""

    name = "sqlite3, a connection each"

    def open(self, folder: Path) -> None:
        definition, self._samples = _what_ordertrail_writes(folder)
        self._path = folder / "raw.db"
        self._connections: list[sqlite3.Connection] = []
        self._versions: defaultdict[str, Iterator[int]] = defaultdict(count)
        self._turn: AbstractContextManager[object] = nullcontext()
        connection = self._connect()
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(definition)
        width = len(self._samples[PlaceOrder])
        self._insert = f"INSERT INTO events VALUES ({', '.join('?' * width)})"

    def prepare(self, specs: Iterable[Spec]) -> None:
        """Nothing: a row needs no order."""

    def run(self, callers: int, seconds: float, workload: Workload) -> Sample:
        def caller(number: int) -> Step:
            specs, execute = workload(number), self._connection().execute

            def step() -> int:
                row = self._row(next(specs))
                with self._turn:
                    execute(self._insert, row)
                return 1

            return step

        return in_threads(callers, seconds, caller)

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def _connection(self) -> sqlite3.Connection:
        return self._connect()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, isolation_level=None, check_same_thread=False, timeout=60
        )
        connection.execute("PRAGMA synchronous = FULL")
        self._connections.append(connection)
        return connection

    def _row(self, spec: Spec) -> Row:
        """The row for a command: that of the first of its kind, on the stream of this one."""
        stream = f"order-{spec.fields['order_id']}"
        row = self._samples[spec.kind].copy()
        row[1], row[2] = stream, next(self._versions[stream]) + 1
        return row


class RawTurns(Raw):
    """One transaction for each command, on one connection that the callers take in turns."""

    name = "sqlite3, one connection"

    def open(self, folder: Path) -> None:
        super().open(folder)
        self._turn = Lock()

    def _connection(self) -> sqlite3.Connection:
        return self._connections[0]


class RawBatches(Raw):
    """The upper limit: one thread, and one transaction for as many rows as there are callers."""

    name = "sqlite3, a commit for all callers"

    def run(self, callers: int, seconds: float, workload: Workload) -> Sample:
        connection, specs = self._connections[0], [workload(number) for number in range(callers)]
        latencies: list[float] = []
        start = now = time.perf_counter()
        while now < start + seconds:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(self._insert, [self._row(next(each)) for each in specs])
            connection.execute("COMMIT")
            before, now = now, time.perf_counter()
            latencies += [now - before] * callers
        return Sample(len(latencies), now - start, latencies, len(latencies))


def _what_ordertrail_writes(folder: Path) -> tuple[str, dict[type[OrderCommand], Row]]:
    """The definition of its table of events, and the row that each kind of command leads to."""
    path = folder / "sample.db"
    placing, noting, picking = next(fresh(0)), *(s for _, s in zip("np", hot(0), strict=False))
    with Ordertrail.open(f"sqlite:///{path}", follow=False) as trail:
        trail.execute_many([spec.command() for spec in hot_orders()])
        wanted = {
            spec.kind: trail.execute(spec.command()).position for spec in (placing, noting, picking)
        }
    assert set(wanted) == {PlaceOrder, AddNote, PickItems}
    with closing(sqlite3.connect(path)) as connection:
        (definition,) = connection.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'events'"
        ).fetchone()
        query = "SELECT * FROM events WHERE position = ?"
        rows = {
            kind: list(connection.execute(query, (position,)).fetchone())
            for kind, position in wanted.items()
        }
    for row in rows.values():
        row[0] = None  # the position is the next one
    path.unlink()
    return definition, rows
