"""What a projection is: which rows an event touches, and a pure fold of the event into each."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar, dataclass_transform

from ordertrail.domain.event import Event

T = TypeVar("T")
Row = TypeVar("Row")
Key = str | tuple[str, ...]


@dataclass_transform()
def row(
    table: str, *, key: tuple[str, ...], indexes: tuple[tuple[str, ...], ...] = ()
) -> Callable[[type[T]], type[T]]:
    """Make a class the row of a read model, stored in `table` under the columns `key`.

    The key columns come first and are text; every other field has a default. A field is written
    `name: Annotated[type, "what it means"] = default`; that meaning is its entry in the data
    dictionary. Types: str, int, bool, float, Decimal, datetime, date, a Literal, or one of these
    or None; a list or dict becomes a JSON column. A time comes back in UTC when the row is loaded
    again, and an object need not keep the order of its keys: where one matters, take what you need
    of it into a column of its own.

    Raises:
        TypeError: a column is called table, key or indexes, which the class itself has.
    """

    def decorate(cls: type[T]) -> type[T]:
        made = dataclass(slots=True)(cls)
        for name in ("table", "key", "indexes"):
            if hasattr(made, name):
                raise TypeError(f"{cls.__name__}: call the column {name!r} otherwise")
        made.table = table  # type: ignore[attr-defined]
        made.key = key  # type: ignore[attr-defined]
        made.indexes = indexes  # type: ignore[attr-defined]
        return made

    return decorate


class Spelled(NamedTuple):
    """The SELECT of a view that each database spells its own way, as where it looks into JSON."""

    sqlite: str
    postgresql: str


class Projection(Generic[Row]):
    """One table of a read model.

    Attributes:
        name: names the checkpoint; the table is named by the row.
        version: raise it when the fold or the row changes: the table is then rebuilt on opening.
        row: the class of its rows, decorated with `row`.
        meaning: what question it answers, in a sentence.
        on: the classes of event bodies it listens to; None: all of them.
        begins: those of them with which rows begin: of the rows that such an event touches none is
            there before, so that none is looked for in the table.
        made_of: names of what the fold is made of, such as alert rules. A process that knows fewer
            of them leaves the table to those that know all; one that knows more builds it anew.
        views: SQL views over the table (name -> SELECT), in SQL that SQLite and PostgreSQL share,
            or `Spelled` for each.
        view_columns: what columns of the views mean that no table has, or that mean more there.
    """

    name: str
    version: int = 1
    row: type[Row]
    meaning: str = ""
    on: tuple[type[Any], ...] | None = None
    begins: tuple[type[Any], ...] = ()
    made_of: tuple[str, ...] = ()
    views: ClassVar[Mapping[str, str | Spelled]] = {}
    view_columns: ClassVar[Mapping[str, str]] = {}

    def parts(self, event: Event) -> Iterable[tuple[Key, Any]]:
        """Which rows the event touches, by key, each with the part of the event that concerns it.

        A key of several columns is a tuple. The part is handed to `apply` and may be anything.
        """
        raise NotImplementedError

    def apply(self, row: Row, event: Event, part: Any) -> Row | None:
        """The row after the event; None deletes it. A row that is new has only its key.

        May change `row` in place and return it: the runner gives every row away for good.
        """
        raise NotImplementedError

    def kept_by(self, key: Key) -> str:
        """The word of a key that decides which process keeps the row: here its first column."""
        return key if isinstance(key, str) else key[0]

    def stays(self, kind: type[Any]) -> bool:
        """Whether all rows that events of this class touch are kept by the id of their stream.

        Who keeps other rows then passes such an event by, without decoding it.
        """
        return False

    def finish(self, row: Row) -> None:
        """Fill in the columns that follow from the others of the row, once before it is saved.

        `apply` neither sets nor reads such a column: between two events it may be out of date.
        """
