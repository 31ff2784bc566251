"""Columns of values as arrays of PostgreSQL, in its binary form: one argument each of a statement.

psycopg would dump a list element by element, and with a type that depends on the largest of them.
"""

from collections.abc import Sequence
from struct import Struct
from typing import Any, ClassVar

import psycopg
from psycopg.adapt import AdaptersMap, Dumper
from psycopg.pq import Format

HEAD = Struct("!iiiii").pack  # dimensions, whether there are NULLs, type, length, first index
EMPTY = Struct("!iii").pack
SIZE = Struct("!i").pack
NULL = SIZE(-1)


class Array:
    """An array of one type, `element`; the numbers are those of PostgreSQL's catalogue."""

    element: ClassVar[str]
    number: ClassVar[int]
    of_elements: ClassVar[int]

    __slots__ = ("values",)

    def __init__(self, values: Sequence[Any]) -> None:
        self.values = values

    @staticmethod
    def packed(value: Any) -> bytes:
        """A value, with its length before it."""
        raise NotImplementedError


class Texts(Array):
    """A text[]."""

    element, number, of_elements = "text", 1009, 25

    @staticmethod
    def packed(value: str) -> bytes:
        encoded = value.encode()
        return SIZE(len(encoded)) + encoded


class Bytes(Array):
    """A bytea[]."""

    element, number, of_elements = "bytea", 1001, 17

    @staticmethod
    def packed(value: bytes) -> bytes:
        return SIZE(len(value)) + value


class Integers(Array):
    """An integer[]."""

    element, number, of_elements = "int4", 1007, 23

    _pack = Struct("!ii").pack

    @staticmethod
    def packed(value: int) -> bytes:
        return Integers._pack(4, value)


class Bigints(Array):
    """A bigint[]."""

    element, number, of_elements = "int8", 1016, 20

    _pack = Struct("!iq").pack

    @staticmethod
    def packed(value: int) -> bytes:
        return Bigints._pack(8, value)


class _Dumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Array) -> bytes | None:
        if not obj.values:
            return EMPTY(0, 0, obj.of_elements)
        if obj.values.count(None) == len(obj.values):
            return None  # unnest makes as many NULLs of it as the other columns have values
        packed = obj.packed
        parts = [NULL if value is None else packed(value) for value in obj.values]
        return HEAD(1, 1, obj.of_elements, len(parts), 1) + b"".join(parts)


def dumper_of(kind: type[Array]) -> type[Dumper]:
    """What writes arrays of this kind, for psycopg."""
    return type(f"{kind.__name__}Dumper", (_Dumper,), {"oid": kind.number})


class _Context:
    """What a connection is given to copy its adapters from."""

    connection = None

    def __init__(self, adapters: AdaptersMap) -> None:
        self.adapters = adapters


def _understanding_arrays() -> _Context:
    adapters = AdaptersMap(psycopg.adapters)
    for kind in (Texts, Bytes, Integers, Bigints):
        adapters.register_dumper(kind, dumper_of(kind))
    return _Context(adapters)


ADAPTERS = _understanding_arrays()
"""How a connection dumps its arguments: as psycopg does, and these arrays."""
