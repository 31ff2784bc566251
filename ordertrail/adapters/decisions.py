"""What the commands of one unit of work lead to: each is decided once, on the latest state."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ordertrail.adapters.codec import Codec, microseconds
from ordertrail.adapters.receipt import Receipt
from ordertrail.adapters.states import States
from ordertrail.adapters.store import DecidedCommand, Record, Writing
from ordertrail.adapters.ticket import CommandTicket
from ordertrail.domain.aggregate import ENVELOPE, Command, Decided
from ordertrail.domain.errors import CommandReused, OrdertrailError, Refused
from ordertrail.domain.event import EPOCH, Event

Deciders = Mapping[type[Command], Callable[..., Any]]
"""The `decide` of the aggregate that takes each class of commands."""

UNSAID = set(ENVELOPE)


class Decisions:
    """The commands of one unit of work, and what they have led to so far."""

    def __init__(
        self,
        *,
        deciders: Deciders,
        codec: Codec,
        states: States,
        writing: Writing,
        tickets: Sequence[CommandTicket],
        at: datetime,
    ) -> None:
        self._deciders = deciders
        self._codec = codec
        self._states = states
        self._writing = writing
        self._head, recorded_at = writing.head()
        self._position = self._head
        self._recorded_at = max(recorded_at, microseconds(at))
        self._recorded = EPOCH + timedelta(microseconds=self._recorded_at)
        self._records: list[Record] = []
        self._commands: list[DecidedCommand] = []
        self._receipts: dict[str, tuple[bytes, Receipt]] = {}
        self._broken: dict[str, Exception] = {}
        self._load(tickets)
        given = [t.command.command_id for t in tickets if t.given and t.command.command_id]
        self._decided = writing.decided(given) if given else {}

    def _load(self, tickets: Sequence[CommandTicket]) -> None:
        streams = {stream for ticket in tickets for stream in ticket.streams}
        found: list[Event] = []
        versions = {stream: self._states.version(stream) for stream in streams}
        for record in self._writing.load(versions):
            try:
                event = self._codec.decode(record)
            except OrdertrailError as unreadable:
                self._broken[record.stream] = unreadable
            else:
                if event is not None:
                    found.append(event)
        for event in found:
            self._states.add(event.stream, event)

    def decide(self, ticket: CommandTicket) -> Receipt:
        """Decide a command on the state that the one before it left.

        Raises:
            Refused: a rule says no, or its id was used for another command.
        """
        command = ticket.command
        id = command.command_id
        assert id is not None
        fingerprint = b""
        if ticket.given:
            fingerprint = fingerprint_of(command)
            repeated = self._repeated(id, fingerprint)
            if repeated is not None:
                return repeated
        streams = ticket.streams
        for stream in streams:
            if stream in self._broken:
                raise self._broken[stream]
        decide = self._deciders.get(type(command))
        if decide is None:
            raise Refused("unknown_command", command=type(command).type_name())
        decided = decide(command, *(self._states.get(stream) for stream in streams))
        told = decided if isinstance(decided, tuple) else (decided,)
        events = self._events(ticket, told)
        first = self._position + 1 - len(events)
        self._commands.append(DecidedCommand(id, fingerprint, first, self._position))
        receipt = Receipt(id, events, self._position)
        self._receipts[id] = (fingerprint, receipt)
        return receipt

    def append(self) -> None:
        """Add to the log what was decided."""
        if self._commands:
            self._writing.append(self._records, self._commands)

    def settled(self, receipt: Receipt) -> Receipt:
        """The receipt with the places where everything really stands: others may have written to
        the log in between. To be asked once the unit of work has ended."""
        placed = self._writing.placed
        if placed is None or receipt.command_id not in self._receipts:
            return receipt
        moved = placed.first_position - 1 - self._head
        if not moved and placed.recorded_at == self._recorded_at:
            return receipt
        at = EPOCH + timedelta(microseconds=placed.recorded_at)
        events = [
            replace(event, position=event.position + moved, recorded_at=at)
            for event in receipt.events
        ]
        return replace(receipt, events=tuple(events), position=receipt.position + moved)

    def _repeated(self, id: str, fingerprint: bytes) -> Receipt | None:
        known = self._decided.get(id)
        if known is not None:
            told = known.fingerprint
            stored = self._writing.read(known.first_position, known.last_position)
            decoded = tuple(event for r in stored if (event := self._codec.decode(r)))
            receipt = Receipt(id, decoded, known.last_position, repeated=True)
        elif id in self._receipts:
            told, first = self._receipts[id]
            receipt = Receipt(id, first.events, first.position, repeated=True)
        else:
            return None
        if told != fingerprint:
            raise CommandReused("command_reused", command_id=id)
        return receipt

    def _events(self, ticket: CommandTicket, decided: Sequence[Sequence[Any]]) -> tuple[Event, ...]:
        """Give the decided bodies their envelope and their place in the log."""
        events: list[Event] = []
        for stream, bodies in zip(ticket.streams, decided, strict=True):
            version = self._states.version(stream)
            for offset, body in enumerate(bodies, 1):
                events.append(
                    self._event(ticket.command, stream, version + offset, body, len(events))
                )
        records = [self._codec.record(event, index) for index, event in enumerate(events)]
        for event in events:
            self._states.add(event.stream, event)
        self._records += records
        self._position += len(events)
        return tuple(events)

    def _event(self, command: Command, stream: str, version: int, body: Any, index: int) -> Event:
        occurred_at = command.occurred_at
        teller: Command | Event = command
        causation_id = command.causation_id
        if isinstance(body, Decided):
            occurred_at = body.occurred_at
            teller = body.original or command
            causation_id = body.causation_id or causation_id
            body = body.body
        assert occurred_at is not None
        return Event(
            body,
            occurred_at,
            f"{command.command_id}.{index}",
            stream,
            version,
            self._position + 1 + index,
            self._recorded,
            teller.actor,
            teller.on_behalf_of,
            teller.channel,
            teller.source,
            teller.source_id,
            teller.reason,
            teller.correlation_id,
            causation_id,
            command.command_id,
        )


def fingerprint_of(command: Command) -> bytes:
    """What a command says: its type, streams and body, without the envelope."""
    said = command.model_dump_json(exclude=UNSAID, exclude_defaults=True)
    streams = "\0".join(command.streams)
    text = f"{type(command).type_name()}\0{streams}\0{said}"
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
