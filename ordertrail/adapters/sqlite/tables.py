"""Read models in SQLite: times, decimals and JSON are text there, and each table is STRICT."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Any, ClassVar, TypeVar

import orjson

from ordertrail.adapters.connection import Connection
from ordertrail.adapters.tables import LIVE, Changes, Kind, Place, Table, Tables, as_json, quoted
from ordertrail.projections.projection import Key, Spelled

Row = TypeVar("Row")

KEYS_IN_A_QUERY = 250

BESIDE = "__next"
"""How the name of a table ends that is built beside a live one."""


# The same times stand in many rows; to find one here takes a fifth of the time to write it anew.
# There are so many that the ones of a large batch fit.
@lru_cache(maxsize=32_768)
def in_utc(moment: datetime) -> str:
    """The time as read models show it: 2024-05-06T07:08:09.000000Z, which sorts as text."""
    if moment.utcoffset() is None:
        raise ValueError("a time needs its offset from UTC")
    text = orjson.dumps(moment.astimezone(UTC), option=orjson.OPT_UTC_Z).decode()
    return text[1:28] if moment.microsecond else f"{text[1:20]}.000000Z"


class SQLiteTable(Table[Row]):
    """See `Table`."""

    kinds: ClassVar = {
        str: Kind("TEXT", "text"),
        int: Kind("INTEGER", "integer"),
        bool: Kind("INTEGER", "boolean (0 or 1)", "({} == 1)"),
        float: Kind("REAL", "real"),
        Decimal: Kind("TEXT", "decimal, as text", "Decimal({})", "Decimal.__str__({})"),
        datetime: Kind("TEXT", "time in UTC, as text", "datetime.fromisoformat({})", "in_utc({})"),
        date: Kind("TEXT", "date, as text", "date.fromisoformat({})", "date.isoformat({})"),
        list: Kind("TEXT", "JSON array", "loads({})", "json({})"),
        dict: Kind("TEXT", "JSON object", "loads({})", "json({})"),
    }
    scope: ClassVar = {
        "Decimal": Decimal,
        "datetime": datetime,
        "date": date,
        "in_utc": in_utc,
        "json": as_json,
        "loads": orjson.loads,
    }

    def __init__(self, row: Any, tables: Tables, place: Place) -> None:
        self._plain = row.table if place == LIVE else f"{row.table}{BESIDE}"
        super().__init__(row, quoted(self._plain))
        self._place = place
        self._tables = tables
        # A table with rowids: in one without, rows that arrive in no order of their keys, as
        # those of orders do, take twice as long to insert.
        self.definition += " STRICT"
        others = [f"{name} = excluded.{name}" for name in self.names[len(self.key) :]]
        marks = ", ".join("?" * len(self.names))
        self.upsert = (
            f"INSERT INTO {self.address} VALUES ({marks}) ON CONFLICT ({self.keys}) "
            f"DO {'UPDATE SET ' + ', '.join(others) if others else 'NOTHING'}"
        )
        self.delete = (
            f"DELETE FROM {self.address} WHERE ({self.keys}) = ({', '.join('?' * len(self.key))})"
        )

    def create(self, connection: Connection) -> None:
        if self._place == LIVE:
            self._tables.claim(connection, self.name)
        self._tables.drop(connection, self._plain)
        connection.execute(self.definition)
        for number, columns in enumerate(self.row.indexes, 1):
            name = f"{self.name}_{number}"
            if _sql_of(connection, name) is not None:
                name += BESIDE  # an index keeps its name when the table takes another's place
            connection.execute(
                f"CREATE INDEX {name} ON {self.address} ({', '.join(map(quoted, columns))})"
            )

    def is_as_defined(self, connection: Connection) -> bool:
        return _sql_of(connection, self._plain) == self.definition

    def load(self, connection: Connection, keys: Iterable[Key]) -> dict[Key, Row]:
        found: dict[Key, Row] = {}
        mark = f"({', '.join('?' * len(self.key))})"
        names = ", ".join(f"k{i}" for i in range(len(self.key)))
        match = " AND ".join(f"{quoted(name)} = k{i}" for i, name in enumerate(self.key))
        single = len(self.key) == 1
        remaining = iter(keys)
        while chunk := list(islice(remaining, KEYS_IN_A_QUERY)):
            marks = ", ".join([mark] * len(chunk))
            parameters = chunk if single else [part for key in chunk for part in key]
            for values in connection.execute(
                f"WITH k({names}) AS (VALUES {marks}) "
                f"SELECT {self.listed} FROM k CROSS JOIN {self.address} ON {match}",
                parameters,
            ):
                found[values[0] if single else values[: len(self.key)]] = self.made(values)
        return found

    def write(self, connection: Connection, changes: Changes) -> None:
        connection.executemany(self.upsert, changes.saved)
        connection.executemany(self.delete, changes.deleted)

    @contextmanager
    def trial(self, connection: Connection) -> Iterator[Callable[[Changes], None]]:
        """See `Table`: rows are tried in a table beside, in memory."""
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as beside:
            beside.execute(self.definition)
            yield lambda changes: self.write(beside, changes)


class SQLiteTables(Tables):
    """See `Tables`."""

    errors = sqlite3.Error
    unfit = (
        sqlite3.IntegrityError,
        sqlite3.InterfaceError,
        sqlite3.ProgrammingError,
        OverflowError,
        UnicodeEncodeError,
    )
    outage = (sqlite3.OperationalError,)

    def _table(self, row: type[Row], place: Place) -> SQLiteTable[Row]:
        return SQLiteTable(row, self, place)

    def moment(self, seconds: float) -> str:
        return f"strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '{seconds:+.3f} seconds')"

    @contextmanager
    def swapping(self, connection: Connection, row: type[Any]) -> Iterator[None]:
        live, beside = row.table, f"{row.table}{BESIDE}"
        self.drop(connection, live)
        # Views name the tables that they ask, and find the new one: they must not be looked into.
        connection.execute("PRAGMA legacy_alter_table = ON")
        connection.execute(f"ALTER TABLE {beside} RENAME TO {live}")
        connection.execute("PRAGMA legacy_alter_table = OFF")
        yield

    def spelled(self, query: str | Spelled) -> str:
        return query if isinstance(query, str) else query.sqlite

    def value(self, asked: Any) -> Any:
        match asked:
            case datetime():
                return in_utc(asked)
            case date():
                return asked.isoformat()
            case Decimal():
                return str(asked)
        return asked

    def kind_of(self, connection: Connection, name: str) -> str | None:
        query = "SELECT type FROM sqlite_master WHERE name = ? COLLATE NOCASE"
        found = connection.execute(query, (name,)).fetchone()
        return None if found is None else found[0]

    def drop(self, connection: Connection, name: str) -> None:
        if (kind := self.kind_of(connection, name)) is not None:
            connection.execute(f"DROP {kind} {name}")

    def lock(self, connection: Connection) -> None:
        """See `Tables`: who writes to SQLite is alone already."""

    def comment(self, connection: Connection, lines: Iterable[Any]) -> None:
        """See `Tables`: SQLite keeps no such words; there is the table data_dictionary."""


def _sql_of(connection: Connection, name: str) -> str | None:
    query = "SELECT sql FROM sqlite_master WHERE name = ? COLLATE NOCASE"
    found = connection.execute(query, (name,)).fetchone()
    return None if found is None else found[0]
