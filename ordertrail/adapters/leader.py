"""Many callers, one leader: whoever comes first decides and commits for all who wait behind.

A caller puts its command into a queue. If nobody leads, it leads: it takes what has gathered,
loads the streams of all of it in one query, decides each command on the state that the one before
it left, and stores everything in one commit. Meanwhile others gather; one of them leads next.
"""

import hashlib
import os
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Lock, Thread
from typing import Any

from ordertrail.adapters.codec import Codec, microseconds
from ordertrail.adapters.receipt import Receipt
from ordertrail.adapters.store import DecidedCommand, Record, Store, Writing
from ordertrail.domain.aggregate import ENVELOPE, Aggregate, Command, Decided
from ordertrail.domain.errors import CommandReused, Conflict, OrdertrailError, Refused, StoreError
from ordertrail.domain.event import EPOCH, Event

UNSAID = set(ENVELOPE)
BATCH = 1000
"""How many commands one commit carries at most."""

CACHED_STREAMS = 2048
RERUNS = 20
"""How often a command that lost against another process is run again."""


class Ticket:
    """A command in the queue; whoever waits for it is woken with an outcome, or to lead.

    `given` says that its id came from the caller, who may be saying it again.
    """

    __slots__ = ("_told", "_woken", "command", "given", "notify", "outcome")

    def __init__(
        self, command: Command, given: bool, notify: Callable[["Ticket"], None] | None = None
    ) -> None:
        self.command = command
        self.given = given
        self.notify = notify
        self.outcome: Receipt | BaseException | None = None
        self._told = False
        self._woken = Lock()
        self._woken.acquire()

    def wait(self) -> None:
        """Sleep until woken."""
        self._woken.acquire()

    def wake(self) -> None:
        """Wake whoever waits, or tell whoever cannot, once; what that raises stays there."""
        if self.notify is None:
            with suppress(RuntimeError):  # woken before, and not yet up
                self._woken.release()
        elif self.outcome is not None and not self._told:
            self._told = True
            with suppress(Exception):
                self.notify(self)


class Leader:
    """The queue in front of a store, and the one who empties it.

    A caller may be interrupted anywhere (Ctrl-C is an exception between any two instructions):
    what it has taken on is therefore always written down here, where `_leave` finds it.

    Attributes:
        aggregates: the registered aggregates, by name.
    """

    def __init__(
        self,
        store: Store,
        codec: Codec,
        aggregates: Sequence[Aggregate],
        clock: Callable[[], datetime],
    ) -> None:
        self.aggregates = {aggregate.name: aggregate for aggregate in aggregates}
        self._store = store
        self._codec = codec
        self._clock = clock
        self._deciders = {c: a.decide for a in aggregates for c in a.commands}
        self._pid = os.getpid()
        self._mutex = Lock()
        self._queue: deque[Ticket] = deque()
        self._leads: object = None  # the ticket whose caller leads, or a thread's claim, or nobody
        self._batch: list[Ticket] = []  # what the one who leads has taken out of the queue
        self._states = States(self.aggregates)
        self._unsure: set[str] = set()  # streams whose last events may not have been stored

    def execute(self, tickets: Sequence[Ticket]) -> list[Receipt | OrdertrailError]:
        """Decide and store the commands of the tickets, in their order; an outcome for each.

        Raises:
            StoreError: the engine was opened before a fork.
            Exception: whatever a `decide` raised that is not an OrdertrailError.
        """
        if not tickets:
            return []
        try:
            self._enqueue(tickets)
            for ticket in tickets:
                while ticket.outcome is None:
                    if self._is_led_by(tickets):
                        self._lead_until(tickets[-1])
                    else:
                        ticket.wait()
        except BaseException:  # such as Ctrl-C: the commands go on, and somebody else must lead
            self._leave(tickets)
            raise
        outcomes: list[Receipt | OrdertrailError] = []
        for ticket in tickets:
            if not isinstance(ticket.outcome, Receipt | OrdertrailError):
                assert ticket.outcome is not None
                raise ticket.outcome
            outcomes.append(ticket.outcome)
        return outcomes

    def enqueue(self, ticket: Ticket) -> None:
        """Queue the ticket of a caller who must not wait; its `notify` is called from the thread
        that leads, and should only hand the outcome on.

        Raises:
            StoreError: the engine was opened before a fork.
        """
        try:
            self._enqueue([ticket])
            if self._leads is ticket:
                self._lead_elsewhere(ticket)
        except BaseException:
            self._leave([ticket])
            raise

    def _enqueue(self, tickets: Sequence[Ticket]) -> None:
        """Queue the tickets; their caller has to lead if nobody does."""
        if self._pid != os.getpid():  # In a fork, whoever led is not there, nor who held the mutex.
            raise StoreError("This engine was opened before a fork: open it anew in the child.")
        with self._mutex:
            self._queue.extend(tickets)
            if self._leads is None:
                self._leads = tickets[0]

    def _is_led_by(self, tickets: Sequence[Ticket]) -> bool:
        leads = self._leads
        return any(ticket is leads for ticket in tickets)

    def _leave(self, tickets: Sequence[Ticket]) -> None:
        if self._pid != os.getpid():
            return
        with self._mutex:
            for ticket in tickets:
                ticket.notify = ticket.notify or _nobody
            leads = self._leads
        if self._is_led_by(tickets):
            self._hand_over()
        elif isinstance(leads, Ticket) and leads.notify is None:
            leads.wake()  # by us it may not have been

    def _lead_until(self, last: Ticket) -> None:
        while last.outcome is None:
            self._lead_once()
        self._hand_over()

    def _lead_elsewhere(self, claim: object) -> None:
        try:
            Thread(
                target=self._lead_all, args=(claim,), name="ordertrail-leader", daemon=True
            ).start()
        except RuntimeError:  # there can be no more threads
            self._lead_all(claim)

    def _lead_all(self, claim: object) -> None:
        with self._mutex:
            if self._leads is not claim:
                return  # whoever started the thread was interrupted, and gave the claim away
            self._leads = object()
        try:
            while self._queue:
                self._lead_once()
        finally:
            self._hand_over()

    def _hand_over(self) -> None:
        for ticket in self._batch:  # whoever led was interrupted before all of them were awake
            ticket.outcome = ticket.outcome or _interrupted()
            ticket.wake()
        self._batch = []
        with self._mutex:
            waiting = (ticket for ticket in self._queue if ticket.notify is None)
            heir = next(waiting, None)
            self._leads = claim = heir or (object() if self._queue else None)
        if heir is not None:
            heir.wake()
        elif claim is not None:
            self._lead_elsewhere(claim)

    def _lead_once(self) -> None:
        batch = self._batch
        try:
            with self._mutex:
                while self._queue and len(batch) < BATCH:
                    batch.append(self._queue[0])
                    del self._queue[0]
            self._run(batch)
        except Conflict:
            for ticket in batch:
                self._run_alone(ticket)
        except Exception as failure:
            for ticket in batch:
                ticket.outcome = failure
        for ticket in batch:
            ticket.wake()
        self._batch = []

    def _run_alone(self, ticket: Ticket) -> None:
        for attempt in range(RERUNS):
            try:
                self._run([ticket])
                return
            except Conflict as conflict:
                ticket.outcome = conflict
                time.sleep(0.001 * attempt)
            except Exception as failure:
                ticket.outcome = failure
                return

    def _run(self, batch: Sequence[Ticket]) -> None:
        """Decide and store a batch in one unit of work; an outcome for each ticket."""
        self._states.forget(self._unsure)
        self._unsure = touched = set[str]()
        outcomes: list[tuple[Ticket, Receipt | BaseException]] = []
        with self._store.writing() as writing:
            work = _Batch(self, writing, batch, touched)
            for ticket in batch:
                try:
                    outcomes.append((ticket, work.decide(ticket)))
                except Exception as refusal:  # a rule's refusal, or a fault in its code
                    outcomes.append((ticket, refusal))
            work.append()
        self._unsure = set()
        self._states.trim()
        for ticket, outcome in outcomes:
            ticket.outcome = outcome


class States:
    """The states of streams that were touched lately, each with its version.

    Events are folded when the state is next asked for, and not before.
    """

    def __init__(self, aggregates: Mapping[str, Aggregate]) -> None:
        self._aggregates = aggregates
        self._known: OrderedDict[str, tuple[Any, int, list[Event]]] = OrderedDict()

    def version(self, stream: str) -> int:
        """The version up to which the stream is known."""
        known = self._known.get(stream)
        return 0 if known is None else known[1]

    def add(self, stream: str, event: Event) -> None:
        """Append the next event to a stream."""
        state, version, waiting = self._known.get(stream) or (self._initial(stream), 0, [])
        waiting.append(event)
        self._known[stream] = (state, version + 1, waiting)
        self._known.move_to_end(stream)

    def get(self, stream: str) -> Any:
        """The state of the stream."""
        known = self._known.get(stream)
        if known is None:
            return self._initial(stream)
        state, version, waiting = known
        if waiting:
            evolve = self._aggregates[stream.partition("-")[0]].evolve
            for event in waiting:
                state = evolve(state, event)
            self._known[stream] = (state, version, [])
        return state

    def forget(self, streams: set[str]) -> None:
        """Forget streams whose last events were not stored."""
        for stream in streams:
            self._known.pop(stream, None)

    def trim(self) -> None:
        """Forget the streams that were not touched for longest."""
        while len(self._known) > CACHED_STREAMS:
            self._known.popitem(last=False)

    def _initial(self, stream: str) -> Any:
        aggregate = self._aggregates.get(stream.partition("-")[0])
        return None if aggregate is None else aggregate.initial


class _Batch:
    """The commands of one unit of work, and what they have led to so far."""

    def __init__(
        self, leader: Leader, writing: Writing, batch: Sequence[Ticket], touched: set[str]
    ) -> None:
        self._leader = leader
        self._states = leader._states
        self._codec = leader._codec
        self._writing = writing
        self._touched = touched
        self._position, recorded_at = writing.head()
        self._recorded_at = max(recorded_at, microseconds(leader._clock()))
        self._recorded = EPOCH + timedelta(microseconds=self._recorded_at)
        self._records: list[Record] = []
        self._commands: list[DecidedCommand] = []
        self._receipts: dict[str, tuple[bytes, Receipt]] = {}
        self._decided = writing.decided(
            [t.command.command_id for t in batch if t.given and t.command.command_id]
        )
        self._broken: dict[str, Exception] = {}
        self._load(batch)

    def _load(self, batch: Sequence[Ticket]) -> None:
        streams = {stream for ticket in batch for stream in ticket.command.streams}
        self._touched |= streams
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

    def decide(self, ticket: Ticket) -> Receipt:
        command = ticket.command
        id = command.command_id
        assert id is not None
        fingerprint = b""
        if ticket.given:
            fingerprint = fingerprint_of(command)
            repeated = self._repeated(id, fingerprint)
            if repeated is not None:
                return repeated
        streams = command.streams
        for stream in streams:
            if stream in self._broken:
                raise self._broken[stream]
        decide = self._leader._deciders.get(type(command))
        if decide is None:
            raise Refused("unknown_command", command=type(command).type_name())
        decided = decide(command, *(self._states.get(stream) for stream in streams))
        events = self._events(command, decided if isinstance(decided, tuple) else (decided,))
        first = self._position + 1 - len(events)
        self._commands.append(DecidedCommand(id, fingerprint, first, self._position))
        receipt = Receipt(id, events, self._position)
        self._receipts[id] = (fingerprint, receipt)
        return receipt

    def append(self) -> None:
        if self._commands:
            self._writing.append(self._records, self._commands)

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

    def _events(self, command: Command, decided: Sequence[Sequence[Any]]) -> tuple[Event, ...]:
        """Give the decided bodies their envelope and their place in the log."""
        events: list[Event] = []
        for stream, bodies in zip(command.streams, decided, strict=True):
            version = self._states.version(stream)
            for offset, body in enumerate(bodies, 1):
                events.append(self._event(command, stream, version + offset, body, len(events)))
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


def new_id() -> str:
    """A new command id: a UUID of version 7 (RFC 9562), so that ids grow with time."""
    milliseconds = time.time_ns() // 1_000_000
    bits = milliseconds << 80 | int.from_bytes(os.urandom(10), "big")
    bits = bits & ~(0xF << 76) | 0x7 << 76
    bits = bits & ~(0x3 << 62) | 0x2 << 62
    digits = f"{bits:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def now() -> datetime:
    """The clock of this machine, in UTC."""
    return datetime.now(UTC)


def _interrupted() -> StoreError:
    return StoreError("The commit was interrupted; send the command again, with the same id.")


def _nobody(ticket: Ticket) -> None:
    """Whoever waited for the ticket has left."""
