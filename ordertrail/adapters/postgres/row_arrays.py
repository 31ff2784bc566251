"""Columns of read models as arrays of PostgreSQL: a NUL in a text, which it cannot hold, is shown
as U+FFFD."""

from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Any

import orjson

from ordertrail.adapters.postgres.arrays import ADAPTERS, SIZE, Array, Bigints, Texts, dumper_of

SHOWN = "\ufffd"
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def storable(text: str) -> str:
    """The text as PostgreSQL can keep it."""
    return text.replace("\0", SHOWN)


class CleanTexts(Texts):
    """A text[], of any texts."""

    @staticmethod
    def packed(value: str) -> bytes:
        encoded = value.replace("\0", SHOWN).encode()
        return SIZE(len(encoded)) + encoded


class Jsons(Texts):
    """A text[] of JSON."""

    @staticmethod
    def packed(value: str) -> bytes:
        if "\\u0000" in value:
            value = orjson.dumps(_storable(orjson.loads(value))).decode()
        encoded = value.encode()
        return SIZE(len(encoded)) + encoded


class Booleans(Array):
    """A boolean[]."""

    element, number, of_elements = "boolean", 1000, 16

    @staticmethod
    def packed(value: bool) -> bytes:
        return BOOLEAN[value]


BOOLEAN = {False: b"\0\0\0\1\0", True: b"\0\0\0\1\1"}


class Floats(Array):
    """A double precision[]."""

    element, number, of_elements = "double precision", 1022, 701

    _pack = Struct("!id").pack

    @staticmethod
    def packed(value: float) -> bytes:
        return Floats._pack(8, value)


class Times(Array):
    """A timestamp with time zone[]."""

    element, number, of_elements = "timestamp with time zone", 1185, 1184

    _pack = Struct("!iq").pack

    @staticmethod
    def packed(value: datetime) -> bytes:
        return Times._pack(8, (value - EPOCH) // MICROSECOND)


ARRAYS: dict[str, type[Array]] = {
    'text COLLATE "C"': CleanTexts,
    "bigint": Bigints,
    "boolean": Booleans,
    "double precision": Floats,
    "numeric": Texts,
    "timestamp with time zone": Times,
    "date": Texts,
    "jsonb": Jsons,
}
"""The array in which the values of a column of this type travel."""

SENT_AS_TEXT = ("numeric", "date", "jsonb")

for _kind in set(ARRAYS.values()):
    ADAPTERS.adapters.register_dumper(_kind, dumper_of(_kind))


def _storable(value: Any) -> Any:
    match value:
        case str():
            return storable(value)
        case list():
            return [_storable(one) for one in value]
        case dict():
            return {storable(key): _storable(one) for key, one in value.items()}
    return value
