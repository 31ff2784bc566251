"""Bare `sqlite3` as a contestant: inserts of the rows that Ordertrail writes, nothing around."""

import sqlite3
import time
from collections.abc import Iterable
from threading import Lock

from benchmarks.business import Spec
from benchmarks.contestants.rows_of_ours import COLUMNS, Work, definition, each, inserts
from benchmarks.measure import Sample, Step, in_threads
from benchmarks.place import Place

INSERT = f"INSERT INTO events ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"


class RawTurns:
    """One transaction for each insert, on one connection that the callers take in turns."""

    name = "sqlite3, one connection"

    def open(self, place: Place) -> None:
        self._connection = sqlite3.connect(
            place.folder / "raw.db", isolation_level=None, check_same_thread=False, timeout=60
        )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        if not self._connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            self._connection.execute(definition())

    def prepare(self, specs: Iterable[Spec]) -> None:
        """Nothing: a row needs no order."""

    def run(self, callers: range, seconds: float, work: Work) -> Sample:
        turn, execute, many = Lock(), self._connection.execute, self._connection.executemany

        def caller(number: int) -> Step:
            mine = inserts(number, work)

            def step() -> int:
                rows = next(mine)
                with turn:
                    execute("BEGIN IMMEDIATE")
                    many(INSERT, rows)
                    execute("COMMIT")
                return 1

            return step

        return in_threads(callers, seconds, caller, each(work))

    def close(self) -> None:
        self._connection.close()


class RawBatches(RawTurns):
    """The upper limit: one thread, and one transaction for all that the callers want."""

    name = "sqlite3, a commit for all callers"

    def run(self, callers: range, seconds: float, work: Work) -> Sample:
        wanted = [inserts(number, work) for number in callers]
        latencies: list[float] = []
        start = now = time.perf_counter()
        while now < start + seconds:
            self._connection.execute("BEGIN IMMEDIATE")
            for mine in wanted:
                self._connection.executemany(INSERT, next(mine))
            self._connection.execute("COMMIT")
            before, now = now, time.perf_counter()
            latencies += [now - before] * len(wanted)
        done = len(latencies) * each(work)
        return Sample(done, now - start, latencies, done)
