"""Bare `psycopg` as a contestant: inserts of the rows that Ordertrail writes, and COPY of them."""

from collections.abc import Iterable
from queue import SimpleQueue
from typing import get_type_hints

import psycopg

from benchmarks.business import Spec
from benchmarks.contestants.rows_of_ours import COLUMNS, Values, Work, each, inserts
from benchmarks.measure import Sample, Step, in_threads
from benchmarks.place import Place
from ordertrail.adapters.store import Record

CONNECTIONS = 16
KINDS = {int: "bigint", int | None: "bigint", bytes: "bytea"}
TYPES = [KINDS.get(get_type_hints(Record)[column], "text") for column in COLUMNS]
TABLE = f"""
CREATE TABLE IF NOT EXISTS rows (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    {", ".join(f"{column} {type}" for column, type in zip(COLUMNS, TYPES, strict=True))},
    UNIQUE (stream, version)
)
"""
INSERT = f"INSERT INTO rows ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"
COPY = f"COPY rows ({', '.join(COLUMNS)}) FROM STDIN (FORMAT binary)"


class RawInserts:
    """One autocommitted INSERT for each row, on 16 connections that the callers share."""

    name = f"psycopg, INSERT, {CONNECTIONS} connections"

    def open(self, place: Place) -> None:
        self._url = place.postgres()
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(TABLE)

    def prepare(self, specs: Iterable[Spec]) -> None:
        """Nothing: a row needs no order."""

    def run(self, callers: range, seconds: float, work: Work) -> Sample:
        connections = [
            psycopg.connect(self._url, autocommit=True)
            for _ in range(min(CONNECTIONS, len(callers)))
        ]
        free: SimpleQueue[psycopg.Connection] = SimpleQueue()
        for connection in connections:
            free.put(connection)

        def caller(number: int) -> Step:
            mine = inserts(number, work)

            def step() -> int:
                rows, connection = next(mine), free.get()
                try:
                    self._insert(connection, rows)
                finally:
                    free.put(connection)
                return 1

            return step

        try:
            return in_threads(callers, seconds, caller, each(work))
        finally:
            for connection in connections:
                connection.close()

    def close(self) -> None:
        """Nothing is open between runs."""

    def _insert(self, connection: psycopg.Connection, rows: list[Values]) -> None:
        for row in rows:
            connection.execute(INSERT, row, prepare=True)


class RawCopy(RawInserts):
    """One autocommitted COPY for each batch."""

    name = "psycopg, COPY"

    def _insert(self, connection: psycopg.Connection, rows: list[Values]) -> None:
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            copy.set_types(TYPES)
            for row in rows:
                copy.write_row(row)
