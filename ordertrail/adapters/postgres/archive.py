"""Reads the log out of an archive that pg_dump made: its rows, as COPY wrote them."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, get_args, get_type_hints

from ordertrail.adapters.postgres.programs import output
from ordertrail.adapters.store import DecidedCommand, Record
from ordertrail.domain.errors import BadInput, StoreError

COPY = re.compile(rb'COPY (\w+)\."?(\w+)"? \((.*)\) FROM stdin;\n')

SCHEMA = re.compile(rb" SCHEMA - (\w+) ")
TABLE = re.compile(rb" TABLE DATA (\w+) (events|commands|tracking|meta) ")

ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
ESCAPED = {b"t": b"\t", b"n": b"\n", b"r": b"\r", b"b": b"\b", b"f": b"\f", b"v": b"\v"}

Row = Record | DecidedCommand


def schemas_in(archive: Path) -> list[str]:
    """The schemas in an archive, that of the log first.

    Raises:
        BadInput: there is no log in it.
        StoreError: it is damaged, or was made by a newer pg_dump than pg_restore understands.
    """
    schemas: list[str] = []
    tables: list[str] = []
    with output("pg_restore", ["--list", str(archive)]) as lines:
        for line in lines:
            if found := SCHEMA.search(line):
                schemas.append(found[1].decode())
            elif found := TABLE.search(line):
                tables.append(found[1].decode())
    logs = [schema for schema in schemas if tables.count(schema) == 4]
    if len(logs) != 1:
        raise BadInput(f"{archive} is an archive of something else: it holds {len(logs)} logs.")
    return sorted(schemas, key=lambda schema: schema not in logs)


def rows_in(archive: Path, log: str) -> Iterator[Row]:
    """All events and commands of a log in an archive, in the order in which they stand there.

    The tables of the views are read, too, so that any damage shows.

    Raises:
        StoreError: the archive is damaged.
    """
    with output("pg_restore", ["--data-only", "--file=-", str(archive)]) as lines:
        for line in lines:
            if head := COPY.fullmatch(line):
                ours = head[1].decode() == log
                yield from _rows(lines, head[2] if ours else b"", head[3])


def _rows(lines: IO[bytes], table: bytes, columns: bytes) -> Iterator[Row]:
    row: type[Row] | None = {b"events": Record, b"commands": DecidedCommand}.get(table)
    names = columns.decode().replace('"', "").split(", ")
    readers = [] if row is None else _readers(row, names)
    for line in lines:
        if line == b"\\.\n":
            return
        if row is not None:
            fields = line[:-1].split(b"\t")
            values = [read(field) for read, field in zip(readers, fields, strict=True)]
            yield row(**dict(zip(names, values, strict=True)))
    raise StoreError("The archive ends amid a table.")


def _readers(row: type[Row], names: Sequence[str]) -> list[Callable[[bytes], Any]]:
    hints = get_type_hints(row)
    kinds = [next(iter(get_args(hints[name])), hints[name]) for name in names]
    return [{int: _number, bytes: _bytes, str: _text}[kind] for kind in kinds]


def _number(field: bytes) -> int | None:
    return None if field == b"\\N" else int(field)


def _bytes(field: bytes) -> bytes:
    return bytes.fromhex(field.removeprefix(b"\\\\x").decode())


def _text(field: bytes) -> str | None:
    if b"\\" not in field:
        return field.decode()
    if field == b"\\N":
        return None
    return ESCAPE.sub(lambda found: ESCAPED.get(found[1], found[1]), field).decode()
