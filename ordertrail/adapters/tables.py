"""Read models in a database: a table for each row class, whatever database holds it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import fields
from typing import (
    Any,
    ClassVar,
    Generic,
    Literal,
    NamedTuple,
    Protocol,
    TypeVar,
    Union,
    get_type_hints,
)
from zlib import crc32

import orjson

from ordertrail.adapters.connection import Connection
from ordertrail.adapters.forms import REFUSE_FOREIGN, bare
from ordertrail.domain.errors import StoreError
from ordertrail.projections.projection import Key, Spelled

Row = TypeVar("Row")

Place = Literal["live", "next"]
LIVE: Place = "live"
"""Where the table is that is asked."""
NEXT: Place = "next"
"""Where one is built beside it, to take its place."""


class Kind(NamedTuple):
    """How a type stands in a column: SQL's type, our word, the way out of the database and in."""

    sql: str
    word: str
    read: str = "{}"
    write: str = "{}"


class Column(NamedTuple):
    """A column: its SQL type and definition, what the dictionary says, and its way out and in."""

    name: str
    kind: str
    required: bool
    sql: str
    type: str
    meaning: str
    read: str
    write: str


class Changes(NamedTuple):
    """What a fold did to a table, in the form that the database takes."""

    saved: list[tuple[Any, ...]]
    deleted: list[tuple[str, ...]]


class Table(ABC, Generic[Row]):
    """The table of a row class; ask `Tables.of` for it, which compiles each only once."""

    kinds: ClassVar[Mapping[Any, Kind]]
    scope: ClassVar[Mapping[str, Any]]
    """What the forms of the kinds name."""

    def __init__(self, row: Any, address: str) -> None:
        """`address` is what SQL calls the table."""
        self.row = row
        self.name: str = row.table
        self.address = address
        self.key: tuple[str, ...] = row.key
        self.columns = self._columns()
        self.names = [quoted(column.name) for column in self.columns]
        self.listed = ", ".join(self.names)
        self.keys = ", ".join(map(quoted, self.key))
        scope = {"Row": row, **self.scope}
        read = [column.read.replace("{}", f"t[{i}]") for i, column in enumerate(self.columns)]
        write = [column.write.replace("{}", f"r.{column.name}") for column in self.columns]
        self.made = eval(f"lambda t: Row({', '.join(read)})", scope)  # from a tuple of the database
        one = len(self.key) == 1
        self.new: Callable[[Key], Row] = row if one else lambda key: row(*key)  # has only its key
        self.values = eval(f"lambda r: ({', '.join(write)},)", scope)  # to such a tuple
        forms = [(column.name, column.sql) for column in self.columns]
        self.form = f"{crc32(repr((self.key, row.indexes, forms)).encode()):08x}"
        """Stands for the columns: a table of another form has to be built anew."""
        self.definition = (
            f"CREATE TABLE {address} ({', '.join(column.sql for column in self.columns)}, "
            f"PRIMARY KEY ({self.keys}))"
        )

    @abstractmethod
    def create(self, connection: Connection) -> None:
        """Make the table, empty, in the place of an older one.

        Raises:
            StoreError: something else in the database bears its name.
        """

    @abstractmethod
    def is_as_defined(self, connection: Connection) -> bool:
        """Whether the table is there, with the columns that the row class has now."""

    @abstractmethod
    def load(self, connection: Connection, keys: Iterable[Key]) -> dict[Key, Row]:
        """The rows that exist, by key."""

    @abstractmethod
    def write(self, connection: Connection, changes: Changes) -> None:
        """Write the changes, within the caller's transaction.

        Raises:
            Exception: one of `Tables.unfit`: a value does not fit its column.
        """

    @abstractmethod
    def trial(self, connection: Connection) -> AbstractContextManager[Callable[[Changes], None]]:
        """Lend a function that raises what `write` would, and changes nothing."""

    def changes(
        self, rows: Mapping[Any, Row | None], known: Container[Key] | None = None
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

    def _columns(self) -> tuple[Column, ...]:
        hints = get_type_hints(self.row, include_extras=True)
        columns = tuple(self._column(field.name, hints[field.name]) for field in fields(self.row))
        if tuple(column.name for column in columns[: len(self.key)]) != self.key:
            raise TypeError(f"{self.row.__name__}: the columns of the key {self.key} come first")
        return columns

    def _column(self, name: str, hint: Any) -> Column:
        said = [word for word in getattr(hint, "__metadata__", ()) if isinstance(word, str)]
        hint, origin, args = bare(hint)
        optional = origin is Union and len(args) == 1
        if optional:
            hint, origin, args = bare(args[0])
        kind = self.kinds.get(type(args[0]) if origin is Literal else origin or hint)
        if kind is None:
            raise TypeError(f"{name}: {hint} has no column type")
        word = f"one of: {', '.join(map(str, args))}" if origin is Literal else kind.word
        return Column(
            name,
            kind.sql,
            not optional,
            f"{quoted(name)} {kind.sql}{'' if optional else ' NOT NULL'}",
            f"{word}, or nothing" if optional else word,
            " ".join(said),
            *(
                f"(None if {{}} is None else {form})" if optional and form != "{}" else form
                for form in (kind.read, kind.write)
            ),
        )


class Tables(ABC):
    """The tables of one database: what each is, and what it says when something does not fit.

    Attributes:
        errors: what every error of the database is.
        unfit: what it or Python says of a value that does not fit a column: the fault of a
            projection.
        outage: what it says when the database itself cannot work, whatever it was asked.
        gone: what else it says of a table that somebody swapped or dropped meanwhile.
    """

    errors: ClassVar[type[Exception]]
    unfit: ClassVar[tuple[type[Exception], ...]]
    outage: ClassVar[tuple[type[Exception], ...]]
    gone: ClassVar[tuple[type[Exception], ...]] = ()

    def __init__(self) -> None:
        self._made: dict[Any, Table[Any]] = {}

    def of(self, row: type[Row], place: Place = LIVE) -> Table[Row]:
        """The table of a class that is decorated with `row`, or the one that is built beside it."""
        if (row, place) not in self._made:
            self._made[row, place] = self._table(row, place)
        return self._made[row, place]

    @abstractmethod
    def _table(self, row: type[Row], place: Place) -> Table[Row]:
        """The table of the class, compiled anew."""

    @abstractmethod
    def spelled(self, query: str | Spelled) -> str:
        """The query of a view in the SQL of this database."""

    @abstractmethod
    def value(self, asked: Any) -> Any:
        """A parameter of a question as the database takes it, such as a time."""

    @abstractmethod
    def moment(self, seconds: float) -> str:
        """SQL for the time in so many seconds, by the clock of the database."""

    @abstractmethod
    def swapping(self, connection: Connection, row: type[Any]) -> AbstractContextManager[None]:
        """Put the table that was built beside the live one in its place.

        Within the block the views of the projections are made anew; others that somebody made
        are there again at its end.

        Raises:
            StoreError: the live table is being asked for too long, or a view needs a column that
                is no longer there.
        """

    @abstractmethod
    def kind_of(self, connection: Connection, name: str) -> str | None:
        """What bears the name: a table, a view, or (None) nothing."""

    @abstractmethod
    def lock(self, connection: Connection) -> None:
        """Wait until nobody else makes or describes tables, up to the end of the transaction."""

    @abstractmethod
    def comment(self, connection: Connection, lines: Iterable[Any]) -> None:
        """Say what tables, views and columns mean, where the database itself keeps such words.

        The lines are those of the data dictionary.
        """

    @abstractmethod
    def drop(self, connection: Connection, name: str) -> None:
        """Drop what bears the name: what was a table in one version may be a view in the next.

        Views over it may go with it: describe them anew.
        """

    def claim(self, connection: Connection, name: str) -> None:
        """Make sure that nothing but a read model is ever replaced, above all not the log.

        Raises:
            StoreError: something else bears the name.
        """
        ours = "SELECT 1 FROM data_dictionary WHERE lower(table_name) = lower(?)"
        if self.kind_of(connection, name) and not connection.execute(ours, (name,)).fetchone():
            raise StoreError(
                f"The database has a table or view {name!r} already, which is no read model: "
                "give the table of the projection another name."
            )


class Database(Protocol):
    """What holds read models: any number of readers, and one writer at a time."""

    @property
    def tables(self) -> Tables:
        """Its tables."""

    def reading(self) -> AbstractContextManager[Connection]:
        """Lend a connection that sees one state of the tables until the end of the block.

        Raises:
            StoreError: the store is closed or cannot be read.
        """

    def transaction(self, *, synced: bool = True) -> AbstractContextManager[Connection]:
        """Lend a connection that writes; the end of the block commits, an exception undoes it.

        Without `synced` it may be lost when the power fails; what can be built again from the log
        needs no disk to wait for.

        Raises:
            StoreError: the store is closed, read-only, full, or locked for too long.
        """


def rows(
    tables: Tables,
    connection: Connection,
    row: type[Row],
    where: str = "",
    parameters: Sequence[Any] = (),
    *,
    order: str = "",
    limit: int | None = None,
) -> Iterator[Row]:
    """The rows of a read model that meet a condition in SQL, whose `?` are the parameters."""
    source = tables.of(row)
    query = f"SELECT {source.listed} FROM {source.address}"
    query += f" WHERE {where}" if where else ""
    query += f" ORDER BY {order}" if order else ""
    query += "" if limit is None else f" LIMIT {int(limit)}"
    cursor = connection.execute(query, list(map(tables.value, parameters)))
    try:
        yield from map(source.made, cursor)
    finally:
        cursor.close()


EMPTY: dict[type, str] = {list: "[]", dict: "{}"}


def as_json(value: Any) -> str:
    """A list or an object as JSON.

    Raises:
        TypeError: it holds what JSON cannot say.
    """
    if not value and value.__class__ in EMPTY:  # most lists and objects are
        return EMPTY[value.__class__]
    return orjson.dumps(value, option=REFUSE_FOREIGN).decode()


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever it is."""
    return f'"{name}"'
