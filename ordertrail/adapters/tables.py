"""Read models in SQLite: a table for each row class."""

import sqlite3
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Any, Generic, Literal, NamedTuple, TypeVar, Union, get_type_hints

import orjson

from ordertrail.adapters.forms import REFUSE_FOREIGN, bare
from ordertrail.domain.errors import StoreError
from ordertrail.projections.projection import Key

Row = TypeVar("Row")

KEYS_IN_A_QUERY = 250


class Kind(NamedTuple):
    """How a type stands in a column: SQL's type, our word, the way out of SQLite and into it."""

    sql: str
    word: str
    read: str = "{}"
    write: str = "{}"


KINDS: dict[Any, Kind] = {
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


class Column(NamedTuple):
    """A column: its SQL definition, its entry in the dictionary, and its way out and in."""

    name: str
    sql: str
    type: str
    meaning: str
    read: str
    write: str


class Changes(NamedTuple):
    """What a fold did to a table, in the form that SQLite takes."""

    saved: list[tuple[Any, ...]]
    deleted: list[tuple[str, ...]]


class Table(Generic[Row]):
    """The table of a row class; ask `table` for it, which compiles each only once."""

    def __init__(self, row: Any) -> None:
        self.row = row
        self.name: str = self.row.table
        self.key: tuple[str, ...] = self.row.key
        self.columns = _columns(self.row)
        names = [_quoted(column.name) for column in self.columns]
        self.listed = ", ".join(names)
        scope = {"Row": row, **SCOPE}
        read = [column.read.replace("{}", f"t[{i}]") for i, column in enumerate(self.columns)]
        write = [column.write.replace("{}", f"r.{column.name}") for column in self.columns]
        self.made = eval(f"lambda t: Row({', '.join(read)})", scope)  # from a tuple of SQLite's
        one = len(self.key) == 1
        self.new: Callable[[Key], Row] = row if one else lambda key: row(*key)  # has only its key
        self.values = eval(f"lambda r: ({', '.join(write)},)", scope)  # to such a tuple
        keys = ", ".join(map(_quoted, self.key))
        # A table with rowids: in one without, rows that arrive in no order of their keys, as
        # those of orders do, take twice as long to insert.
        self.definition = (
            f"CREATE TABLE {self.name} ({', '.join(column.sql for column in self.columns)}, "
            f"PRIMARY KEY ({keys})) STRICT"
        )
        others = [f"{name} = excluded.{name}" for name in names[len(self.key) :]]
        self.upsert = (
            f"INSERT INTO {self.name} VALUES ({', '.join('?' * len(names))}) ON CONFLICT ({keys}) "
            f"DO {'UPDATE SET ' + ', '.join(others) if others else 'NOTHING'}"
        )
        self.delete = f"DELETE FROM {self.name} WHERE ({keys}) = ({', '.join('?' * len(self.key))})"

    def create(self, connection: sqlite3.Connection) -> None:
        """Make the table, empty, in the place of an older one.

        Raises:
            StoreError: something else in the file bears its name.
        """
        claim(connection, self.name)
        drop(connection, self.name)
        connection.execute(self.definition)
        for number, columns in enumerate(self.row.indexes, 1):
            connection.execute(
                f"CREATE INDEX {self.name}_{number} ON {self.name} "
                f"({', '.join(map(_quoted, columns))})"
            )

    def is_as_defined(self, connection: sqlite3.Connection) -> bool:
        """Whether the table is there, with the columns that the row class has now."""
        return sql_of(connection, self.name) == self.definition

    def load(self, connection: sqlite3.Connection, keys: Iterable[Key]) -> dict[Key, Row]:
        """The rows that exist, by key."""
        found: dict[Key, Row] = {}
        mark = f"({', '.join('?' * len(self.key))})"
        names = ", ".join(f"k{i}" for i in range(len(self.key)))
        match = " AND ".join(f"{_quoted(name)} = k{i}" for i, name in enumerate(self.key))
        single = len(self.key) == 1
        remaining = iter(keys)
        while chunk := list(islice(remaining, KEYS_IN_A_QUERY)):
            marks = ", ".join([mark] * len(chunk))
            parameters = chunk if single else [part for key in chunk for part in key]
            for values in connection.execute(
                f"WITH k({names}) AS (VALUES {marks}) "
                f"SELECT {self.listed} FROM k CROSS JOIN {self.name} ON {match}",
                parameters,
            ):
                found[values[0] if single else values[: len(self.key)]] = self.made(values)
        return found

    def changes(
        self, rows: Mapping[Key, Row | None], known: Container[Key] | None = None
    ) -> Changes:
        """The rows to save, and those that are None to delete, ready to be written.

        `known` are the keys that are in the table, where that is known: no other is deleted.

        Raises:
            TypeError: a field holds a value of another type than its column.
        """
        values = self.values
        return Changes(
            [values(row) for row in rows.values() if row is not None],
            [
                (key,) if isinstance(key, str) else key
                for key, row in rows.items()
                if row is None and (known is None or key in known)
            ],
        )

    def write(self, connection: sqlite3.Connection, changes: Changes) -> None:
        """Write the changes, within the caller's transaction.

        Raises:
            sqlite3.Error: a value does not fit its column.
        """
        connection.executemany(self.upsert, changes.saved)
        connection.executemany(self.delete, changes.deleted)


def table(row: type[Row]) -> Table[Row]:
    """The table of a class that is decorated with `row`."""
    if row not in _TABLES:
        _TABLES[row] = Table(row)
    return _TABLES[row]


_TABLES: dict[Any, Table[Any]] = {}


def rows(
    connection: sqlite3.Connection,
    row: type[Row],
    where: str = "",
    parameters: Sequence[Any] = (),
    *,
    order: str = "",
    limit: int | None = None,
) -> Iterator[Row]:
    """The rows of a read model that meet a condition in SQL, whose `?` are the parameters."""
    source = table(row)
    query = f"SELECT {source.listed} FROM {source.name}"
    query += f" WHERE {where}" if where else ""
    query += f" ORDER BY {order}" if order else ""
    query += "" if limit is None else f" LIMIT {int(limit)}"
    cursor = connection.execute(query, parameters)
    try:
        yield from map(source.made, cursor)
    finally:
        cursor.close()


def claim(connection: sqlite3.Connection, name: str) -> None:
    """Make sure that nothing but a read model is ever replaced, above all not the log."""
    ours = "SELECT 1 FROM data_dictionary WHERE table_name = ? COLLATE NOCASE"
    if sql_of(connection, name) and not connection.execute(ours, (name,)).fetchone():
        raise StoreError(
            f"The file has a table or view {name!r} already, which is no read model: "
            "give the table of the projection another name."
        )


def drop(connection: sqlite3.Connection, name: str) -> None:
    """Drop what bears the name: what was a table in one version may be a view in the next."""
    query = "SELECT type FROM sqlite_master WHERE name = ? COLLATE NOCASE"
    for (kind,) in connection.execute(query, (name,)).fetchall():
        connection.execute(f"DROP {kind} {name}")


def sql_of(connection: sqlite3.Connection, name: str) -> str | None:
    """The SQL that made the table or view of this name, None when there is none."""
    query = "SELECT sql FROM sqlite_master WHERE name = ? COLLATE NOCASE"
    found = connection.execute(query, (name,)).fetchone()
    return None if found is None else found[0]


# The same times stand in many rows; to find one here takes a tenth of the time to write it anew.
@lru_cache(maxsize=8192)
def in_utc(moment: datetime) -> str:
    """The time as read models show it: 2024-05-06T07:08:09.000000Z, which sorts as text."""
    if moment.utcoffset() is None:
        raise ValueError("a time needs its offset from UTC")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


EMPTY: dict[type, str] = {list: "[]", dict: "{}"}


def _json(value: Any) -> str:
    if not value and value.__class__ in EMPTY:  # most lists and objects are
        return EMPTY[value.__class__]
    return orjson.dumps(value, option=REFUSE_FOREIGN).decode()


SCOPE = {
    "Decimal": Decimal,
    "datetime": datetime,
    "date": date,
    "in_utc": in_utc,
    "json": _json,
    "loads": orjson.loads,
}


def _quoted(name: str) -> str:
    return f'"{name}"'


def _columns(row: Any) -> tuple[Column, ...]:
    hints = get_type_hints(row, include_extras=True)
    columns = tuple(_column(field.name, hints[field.name]) for field in fields(row))
    if tuple(column.name for column in columns[: len(row.key)]) != row.key:
        raise TypeError(f"{row.__name__}: the columns of the key {row.key} come first")
    return columns


def _column(name: str, hint: Any) -> Column:
    said = [word for word in getattr(hint, "__metadata__", ()) if isinstance(word, str)]
    hint, origin, args = bare(hint)
    optional = origin is Union and len(args) == 1
    if optional:
        hint, origin, args = bare(args[0])
    kind = KINDS.get(type(args[0]) if origin is Literal else origin or hint)
    if kind is None:
        raise TypeError(f"{name}: {hint} has no column type")
    word = f"one of: {', '.join(map(str, args))}" if origin is Literal else kind.word
    return Column(
        name,
        f"{_quoted(name)} {kind.sql}{'' if optional else ' NOT NULL'}",
        f"{word}, or nothing" if optional else word,
        " ".join(said),
        *(
            f"(None if {{}} is None else {form})" if optional and form != "{}" else form
            for form in (kind.read, kind.write)
        ),
    )
