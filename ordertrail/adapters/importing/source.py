"""The rows of a file: CSV or JSON lines, plain or gzip, each with the number of its line."""

import csv
import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import IO, Any

import orjson

from ordertrail.adapters.importing.cells import Row
from ordertrail.adapters.importing.mapping import Mapping
from ordertrail.adapters.importing.wording import suggestion
from ordertrail.domain.errors import BadInput

Misfit = Callable[[Row, str], None]
"""Told of a row that does not have the cells that it should have, and why."""

CHUNK = 1_000
"""How many lines are read at a time."""

MOST_BREAKS = 20
"""How many line breaks a cell may have; with more, somebody forgot to close a quote."""

LINE_BREAK = re.compile(r"\r\n|\r|\n")


class Source:
    """A file to be imported.

    Attributes:
        header: the names of its columns; of JSON lines those that were asked for so far.
        size: how many bytes it has on disk.
    """

    def __init__(self, path: Path, mapping: Mapping) -> None:
        """Look at the beginning of the file.

        Raises:
            BadInput: it cannot be read.
        """
        self.path = path
        self.header: list[str] = []
        self.size = 0
        self._mapping = mapping
        self._json = _is_json(path) if mapping.format is None else mapping.format == "jsonl"
        with self._opened() as (text, _):
            self.size = path.stat().st_size
            if self._json:
                self._must_not_be_an_array(text)
            else:
                self.header = self._names(text)

    def index(self, name: str, where: str) -> int:
        """The place of a column in a row.

        Raises:
            BadInput: there is no such column, or more than one.
        """
        if self._json:
            if name not in self.header:
                self.header.append(name)
            return self.header.index(name)
        same = self.header.count(name)
        if same > 1:
            raise BadInput(
                f"{where}: {self.path.name} has {same} columns {name!r}; rename one of them."
            )
        if not same:
            raise BadInput(
                f"{where}: {self.path.name} has no column {name!r}."
                f"{suggestion(name, self.header)} {self._what_it_has()}"
            )
        return self.header.index(name)

    @property
    def original_header(self) -> list[str]:
        """The header of the rows as they stand in the file."""
        return ["json"] if self._json else self.header

    def original(self, row: Row) -> list[str]:
        """The row as it stands in the file."""
        return row[-2:-1] if self._json else row[:-1]

    def chunks(
        self, misfit: Misfit, progress: Callable[[int], None] | None = None
    ) -> Iterator[list[Row]]:
        """All rows that have as many cells as the header, with the number of their line behind.

        Raises:
            BadInput: the file is damaged, or not in the encoding that was said.
        """
        with self._opened() as (text, raw):
            chunks = self._objects(text, misfit) if self._json else self._records(text, misfit)
            for chunk in chunks:
                yield chunk
                if progress is not None:
                    progress(raw.tell())

    def absent_columns(self, found: set[str]) -> list[str]:
        """The columns asked for that no row had; only JSON lines can keep this back so long."""
        return [name for name in self.header if self._json and name not in found]

    def _records(self, text: TextIOWrapper, misfit: Misfit) -> Iterator[list[Row]]:
        reader = csv.reader(text, delimiter=self._mapping.delimiter)
        width = len(self.header)
        line = 0
        try:
            next(reader)
            line = reader.line_num
            rows: Iterator[Row] = iter(reader)
            while chunk := list(islice(rows, CHUNK)):
                if reader.line_num - line == len(chunk) and {*map(len, chunk)} == {width}:
                    for row in chunk:
                        line += 1
                        row.append(line)
                    yield chunk
                else:
                    yield _fitting(chunk, line, width, misfit, self.path)
                    line = reader.line_num
        except csv.Error as error:
            raise BadInput(
                f"{self.path}, line {self._last_begun()}: {error}. Is there a quote that is not "
                "closed?"
            ) from error

    def _last_begun(self) -> int:
        """The line on which the first row begins that cannot be read."""
        begun = 1
        with self._opened() as (text, _):
            reader = csv.reader(text, delimiter=self._mapping.delimiter)
            try:
                for _ in reader:
                    begun = reader.line_num + 1
            except csv.Error:
                pass
        return begun

    def _objects(self, text: TextIOWrapper, misfit: Misfit) -> Iterator[list[Row]]:
        lines = enumerate(text, 1)
        while chunk := list(islice(lines, CHUNK)):
            yield [row for line, raw in chunk for row in self._object(line, raw.strip(), misfit)]

    def _object(self, line: int, raw: str, misfit: Misfit) -> Iterator[Row]:
        if not raw:
            return
        try:
            found = orjson.loads(raw)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            misfit([raw, line], "is no JSON object")
            return
        elements: Any = None
        if each := self._mapping.each:
            elements = _at(found, each)
        for element in elements if isinstance(elements, list) and elements else [None]:
            whole = {**found, each: element} if each else found
            yield [*(_cell(whole, name) for name in self.header), raw, line]

    @contextmanager
    def _opened(self) -> Iterator[tuple[TextIOWrapper, IO[bytes]]]:
        encoding = self._mapping.encoding.lower().replace("_", "-")
        encoding = "utf-8-sig" if encoding in ("utf-8", "utf8") else encoding
        try:
            with self.path.open("rb") as raw:
                magic = raw.read(2)
                raw.seek(0)
                if magic == b"PK":
                    raise BadInput(
                        f"{self.path} is a zip archive or an Excel workbook: unpack it, or save "
                        "the sheet as CSV."
                    )
                plain: Any = gzip.open(raw) if magic == b"\x1f\x8b" else raw  # noqa: SIM115
                yield TextIOWrapper(plain, encoding, newline=""), raw
        except UnicodeError as error:
            raise BadInput(
                f"{self.path} is not written in {self._mapping.encoding}: {error}. Name its "
                'encoding in the mapping, such as encoding = "cp1252" (Windows), "latin-1" or '
                '"utf-16".'
            ) from error
        except (EOFError, zlib.error) as error:
            raise BadInput(f"{self.path} is damaged: {error}") from error
        except OSError as error:
            raise BadInput(f"{self.path} cannot be read: {error.strerror or error}.") from error

    def _names(self, text: TextIOWrapper) -> list[str]:
        try:
            names = next(csv.reader(text, delimiter=self._mapping.delimiter), None)
        except csv.Error as error:
            raise BadInput(f"{self.path}, line 1: {error}.") from error
        if not names:
            raise BadInput(f"{self.path}: the first line is empty; it should name the columns.")
        return [name.strip() for name in names]

    def _must_not_be_an_array(self, text: TextIOWrapper) -> None:
        if text.read(1000).lstrip().startswith("["):
            raise BadInput(
                f"{self.path} is one JSON array, and not JSON lines (an object a line): "
                f"`jq -c '.[]' {self.path.name}` makes them of it."
            )

    def _what_it_has(self) -> str:
        if self.header[0].startswith("{"):
            return 'It seems to be JSON lines: write format = "jsonl" into the mapping.'
        if len(self.header) == 1:
            for sign, shown in ((";", ";"), ("\t", "tab"), ("|", "|"), (",", ",")):
                if sign in self.header[0]:
                    return f'Its cells seem to be parted otherwise: try delimiter = "{shown}".'
        above = (
            ""
            if len(self.header) > 1 and all(self.header)
            else (" The first line must name the columns: take out titles above it.")
        )
        return f"It has: {', '.join(self.header)}.{above}"


def _is_json(path: Path) -> bool:
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    return bool(suffixes) and suffixes[-1] in (".jsonl", ".ndjson", ".json")


def _fitting(
    chunk: list[list[str]], line: int, width: int, misfit: Misfit, path: Path
) -> list[Row]:
    """The rows that have their cells, with the number of the line on which each begins.

    Raises:
        BadInput: a cell goes on for so many lines that its quote was not meant.
    """
    fitting = []
    for cells in chunk:
        row: Row = [*cells, line + 1]
        line += 1
        for cell in cells:
            breaks = len(LINE_BREAK.findall(cell))
            if breaks > MOST_BREAKS:
                raise BadInput(
                    f"{path}, line {line}: a cell begins with a quote there and goes on for "
                    f"{breaks} lines. Close the quote, or take it out; inside a quoted cell, a "
                    'quote is written twice ("").'
                )
            line += breaks
        if len(cells) == width:
            fitting.append(row)
        elif cells:  # an empty line is no row
            misfit(row, "has more or fewer cells than the header")
    return fitting


def _at(found: Any, name: str) -> Any:
    """What stands at a name; a name with dots leads into objects, unless it is a name itself."""
    if isinstance(found, dict):
        if name in found:
            return found[name]
        first, dot, rest = name.partition(".")
        if dot and first in found:
            return _at(found[first], rest)
    return None


def _cell(found: dict[str, Any], name: str) -> str:
    value = _at(found, name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode()
