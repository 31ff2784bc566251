"""Columns of text made columns of values: each distinct text is read once, and remembered."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from ordertrail.adapters.importing.kinds import (
    NUMBER,
    Split,
    days_of,
    identifier,
    money,
    quantity,
    title,
    whole,
)
from ordertrail.adapters.importing.mapping import Cell, Mapping, Moment
from ordertrail.adapters.importing.times import LocalTime
from ordertrail.domain.errors import BadInput

Row = list[Any]
"""The cells of a row, as text, and behind them the number of its line in the file."""

REMEMBERED = 50_000
"""How many distinct texts of a column are remembered at a time."""

LINE = -1
"""Where a row keeps the number of its line."""


class Unreadable(str):
    """Stands for a value that could not be read, and says why; the row is rejected for it."""

    __slots__ = ()


class Reader(Protocol):
    """Reads one value out of rows."""

    @property
    def unreadable(self) -> bool:
        """Whether it has ever come upon a cell that it could not read."""

    def one(self, row: Row) -> Any:
        """The value of a row; None for an empty cell; Unreadable."""

    def all(self, rows: Sequence[Row]) -> list[Any]:
        """The values of rows."""


class Texts(dict[str, Any]):
    """What the texts of a column mean, each read when it is first met."""

    def __init__(self, where: str, read: Callable[[str], Any]) -> None:
        self.unreadable = False
        self._where = where
        self._read = read

    def __missing__(self, text: str) -> Any:
        if len(self) >= REMEMBERED:
            self.clear()
        try:
            value = self._read(text)
        except ValueError as error:
            value = Unreadable(f"{self._where} {error}")
            self.unreadable = True
        self[text] = value
        return value


class Column:
    """Reads a column."""

    def __init__(self, index: int, texts: Texts) -> None:
        self._index = index
        self._texts = texts

    @property
    def unreadable(self) -> bool:
        return self._texts.unreadable

    def one(self, row: Row) -> Any:
        return self._texts[row[self._index]]

    def all(self, rows: Sequence[Row]) -> list[Any]:
        texts, index = self._texts, self._index
        return [texts[row[index]] for row in rows]


class Fixed:
    """The same value for every row."""

    def __init__(self, value: Any) -> None:
        self._value = value
        self.unreadable = isinstance(value, Unreadable)

    def one(self, row: Row) -> Any:
        return self._value

    def all(self, rows: Sequence[Row]) -> list[Any]:
        return [self._value] * len(rows)


class LineNumber:
    """The number of the row's line in the file, read as if it stood in a cell."""

    unreadable = False

    def __init__(self, read: Callable[[str], Any]) -> None:
        self._read = read

    def one(self, row: Row) -> Any:
        return self._read(str(row[LINE]))

    def all(self, rows: Sequence[Row]) -> list[Any]:
        return [self._read(str(row[LINE])) for row in rows]


class Shifted:
    """A time so many days after another one."""

    def __init__(self, base: Reader, days: Reader, shift: Callable[[datetime, Any], Any]) -> None:
        self._base, self._days, self._shift = base, days, shift

    @property
    def unreadable(self) -> bool:
        return self._base.unreadable or self._days.unreadable

    def one(self, row: Row) -> Any:
        base, days = self._base.one(row), self._days.one(row)
        for value in (base, days):
            if value is None or type(value) is Unreadable:
                return value
        return self._shift(base, days)

    def all(self, rows: Sequence[Row]) -> list[Any]:
        return [self.one(row) for row in rows]


class Columns(Protocol):
    """Knows where a column stands in the rows."""

    def index(self, name: str, where: str) -> int:
        """The place of the column in a row.

        Raises:
            BadInput: there is no such column; the sentence names it and `where` it is asked for.
        """


class Readers:
    """Makes readers from what the mapping says."""

    def __init__(self, mapping: Mapping, columns: Columns) -> None:
        self.mapping = mapping
        self.columns = columns
        self._clocks: dict[tuple[str, ...], LocalTime] = {}

    def text(self, where: str, cell: Cell | None, *, required: bool = False) -> Reader:
        """A reader of identifiers."""
        return self._reader(where, cell, identifier, required)

    def title(self, where: str, cell: Cell | None) -> Reader:
        """A reader of text for people, made to fit."""
        return self._reader(where, cell, title, False)

    def made(
        self, where: str, cell: Cell | None, make: Callable[[str], Any], *, required: bool = False
    ) -> Reader:
        """A reader of whatever `make` makes of a text."""
        return self._reader(where, cell, make, required)

    def whole(self, where: str, cell: Cell | None, *, required: bool = True) -> Reader:
        """A reader of quantities, whole numbers above zero."""
        return self._reader(where, cell, self.numeric(cell, quantity), required)

    def number(self, where: str, cell: Cell | None) -> Reader:
        """A reader of whole numbers."""
        return self._reader(where, cell, self.numeric(cell, whole), False)

    def money(self, where: str, cell: Cell | None) -> Reader:
        """A reader of amounts."""
        return self._reader(where, cell, self.numeric(cell, money), False)

    def time(self, where: str, cell: Moment | None, *, required: bool = False) -> Reader:
        """A reader of instants."""
        if cell is None:
            return Fixed(None)
        formats = cell.time_format or self.mapping.time_format
        local = self._clocks.setdefault(formats, LocalTime(self.mapping.timezone, formats))
        finish = local.end_of_day if cell.until == "end_of_day" else None
        days = cell.plus_days
        if days is None:
            read = local.read
            make = read if finish is None else lambda text: finish(read(text))
            return self._reader(where, cell, make, required)
        source = Cell(value=days) if NUMBER.fullmatch(days) else Cell(column=days)
        after = self._reader(f"{where}.plus_days", source, self.numeric(source, days_of), required)

        def shift(moment: datetime, days: float) -> datetime:
            later = local.later(moment, days)
            return later if finish is None else finish(later)

        return Shifted(self._reader(where, cell, local.read, required), after, shift)

    def many(
        self, where: str, cell: Cell | None, split: Split, make: Callable[[str], Any]
    ) -> Reader:
        """A reader of cells that may hold a list, whose every part `make` reads."""
        return self._reader(where, cell, lambda text: tuple(map(make, split(text))) or None, False)

    def numeric(self, cell: Cell | None, make: Callable[[Decimal], Any]) -> Callable[[str], Any]:
        """A function that reads a number as the mapping writes it, and makes something of it."""
        decimal, thousands = self.mapping.decimal, self.mapping.thousands
        factor = Decimal(1)
        if cell is not None and cell.times is not None:
            factor = Decimal(cell.times)
        if cell is not None and cell.negate:
            factor = -factor

        groups = re.compile(
            rf"[+-]?\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+(?:{re.escape(decimal)}\d*)?",
            re.ASCII,
        )

        def read(text: str) -> Any:
            if thousands and thousands in text:
                if not groups.fullmatch(text):
                    raise ValueError("is no number")
                text = text.replace(thousands, "")
            if decimal != ".":
                text = text.replace(".", "?").replace(decimal, ".")
            if not NUMBER.fullmatch(text):
                raise ValueError("is no number")
            number = Decimal(text)
            return make(number if factor == 1 else number * factor)

        return read

    def _reader(
        self, where: str, cell: Cell | None, make: Callable[[str], Any], required: bool
    ) -> Reader:
        if cell is None:
            return Fixed(None)
        empty = frozenset(self.mapping.empty)
        default, drop, words = cell.default or "", cell.drop, cell.words

        def read(text: str) -> Any:
            text = text.strip()
            if text in empty:
                text = ""
            for part in drop:
                text = text.removesuffix(part).removeprefix(part).strip()
            text = words.get(text, text) or default
            if not text:
                if required:
                    raise ValueError("is empty")
                return None
            return make(text)

        if cell.row:
            return LineNumber(read)
        if cell.column is None:
            fixed = Fixed(Texts(where, read)[cell.value or ""])
            if fixed.unreadable:
                raise BadInput(f"{fixed.one([])}: value = {cell.value!r}.")
            return fixed
        return Column(self.columns.index(cell.column, where), Texts(where, read))


def unreadable(readers: Sequence[Reader], row: Row) -> Unreadable | None:
    """Why the row cannot be read, if it cannot."""
    for reader in readers:
        found = reader.one(row)
        if type(found) is Unreadable:
            return found
    return None
