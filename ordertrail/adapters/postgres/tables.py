"""Read models in PostgreSQL: native types, and the words of the data dictionary as comments."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from operator import index
from struct import error as StructError
from typing import Any, ClassVar, TypeVar

import orjson
import psycopg
from psycopg.types.json import set_json_loads

from ordertrail.adapters.connection import Connection
from ordertrail.adapters.postgres.arrays import ADAPTERS, Texts
from ordertrail.adapters.postgres.dependents import put_aside
from ordertrail.adapters.postgres.row_arrays import ARRAYS, SENT_AS_TEXT, storable
from ordertrail.adapters.tables import LIVE, Changes, Kind, Place, Table, Tables, as_json, quoted
from ordertrail.projections.projection import Key, Spelled

Row = TypeVar("Row")

ROWS_IN_A_STATEMENT = 5_000
LONGEST_IN_AN_INDEX = 2_600  # bytes of an entry: a page of PostgreSQL's indexes has to hold three

set_json_loads(orjson.loads, ADAPTERS)


class PostgresTable(Table[Row]):
    """See `Table`."""

    kinds: ClassVar = {
        str: Kind('text COLLATE "C"', "text"),
        int: Kind("bigint", "integer", write="index({})"),
        bool: Kind("boolean", "boolean"),
        float: Kind("double precision", "real"),
        Decimal: Kind("numeric", "decimal", write="Decimal.__str__({})"),
        datetime: Kind("timestamp with time zone", "time"),
        date: Kind("date", "date", write="date.isoformat({})"),
        list: Kind("jsonb", "JSON array", write="json({})"),
        dict: Kind("jsonb", "JSON object", write="json({})"),
    }
    scope: ClassVar = {"Decimal": Decimal, "date": date, "index": index, "json": as_json}

    def __init__(self, row: Any, tables: "PostgresTables", place: Place) -> None:
        schema = tables.schema if place == LIVE else tables.beside
        super().__init__(row, f"{schema}.{row.table}")
        self._place = place
        self._tables = tables
        self._arrays = [ARRAYS[column.kind] for column in self.columns]
        self._required = [n for n, column in enumerate(self.columns) if column.required]
        places = {column.name: n for n, column in enumerate(self.columns)}
        texts = {column.name for column in self.columns if column.kind.startswith("text")}
        self._indexed = [
            [places[name] for name in names if name in texts] for names in (self.key, *row.indexes)
        ]
        given = [f"c{n}" for n in range(len(self.columns))]
        cast = [
            f"CAST({name} AS {column.kind})" if column.kind in SENT_AS_TEXT else name
            for name, column in zip(given, self.columns, strict=True)
        ]
        self._rows = (
            f"SELECT {', '.join(cast)} FROM unnest({', '.join('?' * len(given))}) "
            f"AS given ({', '.join(given)})"
        )
        others = [f"{name} = excluded.{name}" for name in self.names[len(self.key) :]]
        self._upsert = (
            f"INSERT INTO {self.address} {self._rows} ON CONFLICT ({self.keys}) "
            f"DO {'UPDATE SET ' + ', '.join(others) if others else 'NOTHING'}"
        )
        parts = [f"k{n}" for n in range(len(self.key))]
        match = " AND ".join(
            f"{quoted(name)} = {part}" for name, part in zip(self.key, parts, strict=True)
        )
        wanted = f"unnest({', '.join('?' * len(parts))}) AS wanted ({', '.join(parts)})"
        self._load = f"SELECT {self.listed} FROM {wanted} JOIN {self.address} ON {match}"
        self._delete = f"DELETE FROM {self.address} USING {wanted} WHERE {match}"

    def create(self, connection: Connection) -> None:
        if self._place == LIVE:
            self._tables.claim(connection, self.name)
            self._tables.drop(connection, self.name)
        else:
            connection.execute(f"DROP TABLE IF EXISTS {self.address} CASCADE")
        connection.execute(self.definition)
        for columns in self.row.indexes:
            connection.execute(
                f"CREATE INDEX ON {self.address} ({', '.join(map(quoted, columns))})"
            )

    def is_as_defined(self, connection: Connection) -> bool:
        columns = connection.execute(
            "SELECT attname::text, format_type(atttypid, NULL), attnotnull FROM pg_attribute"
            " WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            (self.address,),
        ).fetchall()
        key = connection.execute(
            "SELECT indnatts FROM pg_index WHERE indrelid = to_regclass(?) AND indisprimary",
            (self.address,),
        ).fetchone()
        defined = [
            (column.name, column.kind.removesuffix(' COLLATE "C"'), column.required)
            for column in self.columns
        ]
        return columns == defined and key == (len(self.key),)

    def load(self, connection: Connection, keys: Iterable[Key]) -> dict[Key, Row]:
        single = len(self.key) == 1
        wanted = {_kept(key): key for key in keys}
        if not wanted:
            return {}
        columns = [list(wanted)] if single else zip(*wanted, strict=True)
        found = connection.execute(self._load, [Texts(list(column)) for column in columns])
        width = len(self.key)
        return {
            wanted[values[0] if single else values[:width]]: self.made(values)
            for values in found.fetchall()
        }

    def write(self, connection: Connection, changes: Changes) -> None:
        for first in range(0, len(changes.saved), ROWS_IN_A_STATEMENT):
            rows = changes.saved[first : first + ROWS_IN_A_STATEMENT]
            connection.execute(self._upsert, self._columns_of(rows))
        if changes.deleted:
            keys = zip(*map(_kept, changes.deleted), strict=True)
            connection.execute(self._delete, [Texts(list(column)) for column in keys])

    @contextmanager
    def trial(self, connection: Connection) -> Iterator[Callable[[Changes], None]]:
        """See `Table`: the values of rows are tried without a table."""

        def fits(changes: Changes) -> None:
            if not changes.saved:
                return
            columns = self._columns_of(changes.saved)
            connection.execute("SAVEPOINT trial")
            try:
                connection.execute(self._rows, columns).fetchall()
            finally:
                connection.execute("ROLLBACK TO SAVEPOINT trial")

        yield fits

    def _columns_of(self, rows: list[tuple[Any, ...]]) -> list[Any]:
        """The arrays that stand for rows.

        Raises:
            ValueError: a column that needs a value has none, or a text is too long for its index.
        """
        columns = list(zip(*rows, strict=True))
        for n in self._required:
            if None in columns[n]:
                raise ValueError(f"{self.columns[n].name} has no value")
        for entry in self._indexed:
            self._must_fit_an_index(columns, entry)
        return [array(column) for array, column in zip(self._arrays, columns, strict=True)]

    def _must_fit_an_index(self, columns: list[tuple[Any, ...]], entry: list[int]) -> None:
        longest = sum(max(len(text or "") for text in columns[n]) for n in entry)
        if longest * 4 <= LONGEST_IN_AN_INDEX:
            return
        for texts in zip(*(columns[n] for n in entry), strict=True):
            if sum(len((text or "").encode()) for text in texts) > LONGEST_IN_AN_INDEX:
                names = " and ".join(self.columns[n].name for n in entry)
                raise ValueError(f"{names}: longer than {LONGEST_IN_AN_INDEX} bytes in an index")


class PostgresTables(Tables):
    """See `Tables`; they stand in a schema of their own, beside that of the log."""

    errors = psycopg.Error
    unfit = (
        psycopg.DataError,
        psycopg.IntegrityError,
        psycopg.ProgrammingError,
        psycopg.NotSupportedError,
        psycopg.errors.ProgramLimitExceeded,
        AttributeError,
        LookupError,
        OverflowError,
        StructError,
        TypeError,
        ValueError,
    )
    outage = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError)
    gone = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn)

    def __init__(self, log: str) -> None:
        super().__init__()
        self.log = log
        self.schema = f"{log}_views"
        self.beside = f"{log}_views_next"

    def _table(self, row: type[Row], place: Place) -> PostgresTable[Row]:
        return PostgresTable(row, self, place)

    def moment(self, seconds: float) -> str:
        return f"(clock_timestamp() + interval '{seconds} seconds')"

    @contextmanager
    def swapping(self, connection: Connection, row: type[Any]) -> Iterator[None]:
        # Whoever asks it may take long, and would hold up everybody who comes after us.
        connection.execute(f"SET LOCAL lock_timeout = '{AT_MOST}'")
        connection.execute(f"LOCK TABLE {self.schema}.{row.table} IN ACCESS EXCLUSIVE MODE")
        with put_aside(connection, f"{self.schema}.{row.table}"):
            connection.execute(f"DROP TABLE {self.schema}.{row.table}")
            connection.execute(f"ALTER TABLE {self.beside}.{row.table} SET SCHEMA {self.schema}")
            yield

    def value(self, asked: Any) -> Any:
        return asked

    def spelled(self, query: str | Spelled) -> str:
        return query if isinstance(query, str) else query.postgresql

    def kind_of(self, connection: Connection, name: str) -> str | None:
        # In the schema of the log, too: a view of that name would stand before its table.
        query = """SELECT CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END FROM pg_class
            WHERE relname = lower(?) AND relkind IN ('r', 'p', 'v', 'm')
            AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN (?, ?))"""
        found = connection.execute(query, (name, self.schema, self.log)).fetchone()
        return None if found is None else found[0]

    def drop(self, connection: Connection, name: str) -> None:
        if (kind := self.kind_of(connection, name)) is not None:
            connection.execute(f"DROP {kind} {self.schema}.{name} CASCADE")

    def lock(self, connection: Connection) -> None:
        query = "SELECT pg_advisory_xact_lock(hashtext(?), ?)"
        connection.execute(query, (self.schema, LOCK))

    def comment(self, connection: Connection, lines: Iterable[Any]) -> None:
        for line in lines:
            name = f"{self.schema}.{line.table_name}"
            if line.column_name:
                about = f"COLUMN {name}.{quoted(line.column_name)}"
                said = "; ".join(filter(None, (line.meaning, line.type)))
            else:
                about, said = f"{line.type.upper()} {name}", line.meaning
            connection.execute(f"COMMENT ON {about} IS {_literal(said)}")
        self._let_analysts_read(connection)

    def _let_analysts_read(self, connection: Connection) -> None:
        reader = f"{self.log}_reader"
        there = "SELECT 1 FROM pg_roles WHERE rolname = ?"
        if connection.execute(there, (reader,)).fetchone() is None:
            may = "SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user"
            if connection.execute(may).fetchone() != (True,):
                return
            # Roles are those of the whole server: a log of this name may stand in two databases.
            connection.execute(
                f"DO $$ BEGIN CREATE ROLE {reader} NOLOGIN;"
                " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            )
        connection.execute(f"GRANT USAGE ON SCHEMA {self.schema} TO {reader}")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {self.schema} TO {reader}")


AT_MOST = "500ms"
"""How long to wait for those who ask a table that is to be replaced, before we try again later."""

LOCK = 1869766006  # beside those that the log takes


def _kept(key: Any) -> Any:
    """A key as the table keeps it."""
    return storable(key) if isinstance(key, str) else tuple(map(storable, key))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
