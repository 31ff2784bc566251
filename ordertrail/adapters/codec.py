"""Events to records of the store and back; bodies are JSON."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from functools import cache, lru_cache
from typing import Any

import orjson

from ordertrail.adapters.forms import REFUSE_FOREIGN, Compiler
from ordertrail.adapters.store import Record
from ordertrail.domain.aggregate import Aggregate
from ordertrail.domain.errors import StoreError, UnknownEventType
from ordertrail.domain.event import EPOCH, Event

MICROSECOND = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)


class Codec:
    """Turns the events of the registered aggregates into records of the store, and back.

    A body is stored as a JSON object of its fields; those that equal their default are left out.
    The same body always gives the same bytes.
    """

    def __init__(self, aggregates: Iterable[Aggregate]) -> None:
        """Compile the event classes of the aggregates.

        Raises:
            TypeError: a field is of a type that has no form in JSON; two classes share a type
                name; an upcaster is missing.
        """
        self._aggregates: set[str] = set()
        self._upcasters: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}
        self._encoders: dict[type[Any], Callable[[Any], Any]] = {}
        self._decoders: dict[str, tuple[int, Callable[[Any], Any]]] = {}
        compiler = Compiler()
        for aggregate in aggregates:
            self._aggregates.add(aggregate.name)
            self._upcasters.update(aggregate.upcasters)
            for cls in aggregate.events:
                if cls not in self._encoders:
                    self._register(cls, *compiler.functions(cls))

    def _register(
        self, cls: type[Any], encode: Callable[[Any], Any], decode: Callable[[Any], Any]
    ) -> None:
        if cls.type in self._decoders:
            raise TypeError(f"Two classes of events share the type name {cls.type!r}.")
        for old in range(1, cls.schema):
            if (cls.type, old) not in self._upcasters:
                raise TypeError(f"{cls.type!r} has no upcaster from its schema {old}.")
        self._encoders[cls] = encode
        self._decoders[cls.type] = (cls.schema, decode)

    def encode(self, body: Any) -> bytes:
        """The bytes that are stored for the body of an event.

        Raises:
            TypeError: its class is not registered, or a field holds what its type does not allow.
            ValueError: a time without an offset, or a float that is no number.
        """
        encode = self._encoders.get(body.__class__)
        if encode is None:
            raise TypeError(f"{body.__class__.__name__} is no event of a registered aggregate.")
        return orjson.dumps(encode(body), option=REFUSE_FOREIGN)

    def decode_body(self, type: str, schema: int, stored: bytes) -> Any:
        """The body from its bytes, lifted to the current schema by the upcasters; not validated.

        Fields that the class does not have come from a newer version of it, and are left out.

        Raises:
            UnknownEventType: the type, or this schema of it, is not known.
        """
        known = self._decoders.get(type)
        if known is None:
            raise UnknownEventType(f"this version does not know the type {type!r}")
        current, decode = known
        if schema > current:
            raise UnknownEventType(
                f"this version knows {type!r} up to schema {current}, not schema {schema}"
            )
        document = orjson.loads(stored)
        if schema < current:
            for old in range(schema, current):
                document = self._upcasters[type, old](document)
        return decode(document)

    def decode(self, record: Record) -> Event | None:
        """The event of a record; None if its aggregate is not registered (it is passed by).

        Raises:
            UnknownEventType: a known aggregate has an event that this version does not know.
            StoreError: the stored body is not what its type and schema say.
        """
        position, stream, version, type, schema, stored, occurred, offset, recorded = record[:9]
        if stream.partition("-")[0] not in self._aggregates:
            return None
        try:
            body = self.decode_body(type, schema or 1, stored)
        except UnknownEventType as error:
            raise UnknownEventType(
                f"Event {position} (stream {stream!r}) cannot be read: {error}. "
                "Upgrade Ordertrail, or the app that it runs."
            ) from None
        except Exception as error:  # only its kind is told: its text might show personal data
            raise StoreError(
                f"Event {position} (stream {stream!r}) cannot be read: its body is not what "
                f"{type!r} in schema {schema or 1} looks like ({error.__class__.__name__})."
            ) from None
        return Event(
            body,
            _instant(occurred or 0, offset or 0),
            "" if record.command_id is None else f"{record.command_id}.{record.command_index}",
            stream,
            version,
            position,
            _recorded(recorded),
            *record[9:18],
        )

    def record(self, event: Event, command_index: int | None = None) -> Record:
        """The record of an event; `command_index` is its number among those of its command.

        Raises:
            TypeError, ValueError: as `encode` does.
        """
        body = event.body
        offset = event.occurred_at.utcoffset()
        if offset is None:
            raise ValueError(f"{body.type}: occurred_at has no offset from UTC.")
        return Record(  # by position: to name nineteen fields takes longer than to read them
            event.position,
            event.stream,
            event.version,
            body.type,
            body.schema,
            self.encode(body),
            microseconds(event.occurred_at),
            offset // MINUTE,
            microseconds(event.recorded_at),
            event.actor,
            event.on_behalf_of,
            event.channel,
            event.source,
            event.source_id,
            event.reason,
            event.correlation_id,
            event.causation_id,
            event.command_id,
            command_index,
        )


def microseconds(moment: datetime) -> int:
    """A time as the log stores it: microseconds since 1970 UTC."""
    return (moment - EPOCH) // MICROSECOND


def _instant(moment: int, offset: int) -> datetime:
    """The time `moment` microseconds after 1970, as shown by clocks `offset` minutes from UTC."""
    return _epoch(offset) + timedelta(0, 0, moment)


@lru_cache(maxsize=16)  # what is stored in one commit has one time
def _recorded(moment: int) -> datetime:
    return _instant(moment, 0)


@cache
def _epoch(offset: int) -> datetime:
    return EPOCH.astimezone(timezone(timedelta(minutes=offset))) if offset else EPOCH
