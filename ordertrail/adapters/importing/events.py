"""Shape "events": a row is an event; it may touch several orders, and lines and parcels of them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any, NamedTuple

from ordertrail.adapters.importing.cells import (
    LINE,
    Reader,
    Readers,
    Row,
    Unreadable,
    unreadable,
)
from ordertrail.adapters.importing.conditions import Condition
from ordertrail.adapters.importing.event_lines import EventLines, Rejected
from ordertrail.adapters.importing.kinds import Split, actor, identifier, money, splitter
from ordertrail.adapters.importing.mapping import ActivitySection, Mapping
from ordertrail.adapters.importing.order_facts import OrderFacts
from ordertrail.adapters.importing.outbox import Outbox
from ordertrail.adapters.importing.seen import Seen
from ordertrail.adapters.importing.source import Source
from ordertrail.adapters.importing.step_columns import PARCEL
from ordertrail.adapters.importing.steps import (
    ACTOR,
    NOTHING,
    OF_PARCELS,
    UNITS,
    Told,
    checked,
    command_id,
    commands,
)
from ordertrail.adapters.importing.words import Words
from ordertrail.domain.order.commands import AmendOrder, OrderCommand, PlaceOrder
from ordertrail.domain.values import Adjustment

NO_ORDER = "names no order, and no line or parcel that was seen above"
TWO_ORDERS = "names a line that several orders have, and not which"
STRANGE_LINE = "names a line that was not seen above, and not its order"
SEVERAL_PARCELS = "names several parcels, and lines that may be in any of them"
SEVERAL_AMOUNTS = "names several orders, and not an amount for each"


class Activity(NamedTuple):
    """What a word of the activity column stands for, ready to be read from rows."""

    step: str
    amount: Reader | None
    total: Reader | None
    said: dict[str, str]


class Event(NamedTuple):
    """What the cells of a row say."""

    id: str
    activity: Activity
    at: datetime
    orders: tuple[str, ...]
    lines: tuple[str, ...]
    parcels: tuple[str, ...]
    envelope: dict[str, Any]


class Events:
    """Makes commands of rows, each of which is an event.

    Attributes:
        orders: how many orders it has placed.
        words: the columns whose words must all be explained.
        rejects: conditions under which rows are left out, each with its reason.
    """

    def __init__(self, mapping: Mapping, source: Source, seen: Seen) -> None:
        readers = Readers(mapping, source)
        event = mapping.event
        assert event is not None
        self.orders = 0
        self.returns = None
        self._name = mapping.name
        self._has_ids = event.id.column is not None
        self._seen = seen
        self._split = splitter(mapping.lists)
        self.rejects = [
            (Condition(one.when, source, "[[reject]]"), one.reason) for one in mapping.reject
        ]
        activities = {
            word: _activity(word, said, readers, self._split)
            for word, said in mapping.activities.items()
        }
        self._words = Words("[activities]", event.activity, activities, source, "[event] activity")
        self.words = [self._words]
        self._id = readers.text("[event] id", event.id, required=True)
        self._time = readers.time("[event] time", event.time, required=True)
        self._order = readers.many("[event] order", event.order, self._split, identifier)
        self._line = readers.many("[event] line", event.line, self._split, identifier)
        self._parcel = readers.many("[event] parcel", event.parcel, self._split, identifier)
        self._envelope = {
            "actor": readers.made("[event] actor", event.actor, actor),
            "reason": readers.text("[event] reason", event.reason),
            "location": readers.text("[event] location", event.location),
        }
        self._carriage = {
            field: readers.text(f"[parcel] {key}", cell)
            for key, field in PARCEL.items()
            if (cell := getattr(mapping.parcel, key)) is not None and key != "id"
        }
        self._facts = OrderFacts(mapping, readers)
        self._lines = EventLines(mapping, readers, self._split, seen)
        self._readers = (
            self._id,
            self._time,
            self._order,
            self._line,
            self._parcel,
            *self._envelope.values(),
            *self._carriage.values(),
        )

    def become(self, rows: Iterable[Row], out: Outbox) -> None:
        """Send what the rows become, each of its own."""
        for row in rows:
            try:
                self._row(row, out)
            except Rejected as rejected:
                out.reject(row, str(rejected))

    def _row(self, row: Row, out: Outbox) -> None:
        for condition, reason in self.rejects:
            if condition.holds(row):
                raise Rejected(reason)
        activity = self._words.of(row)
        if activity is None:
            raise Rejected("[event] activity is empty")
        if activity.step == NOTHING:
            out.send([row], [])
            return
        why = unreadable(self._readers, row)
        if why is not None:
            raise Rejected(why)
        event = self._event(row, activity)
        of_orders = self._resolved(event)
        sent: list[OrderCommand] = []
        amounts = self._amounts(activity.total or activity.amount, row, len(of_orders))
        if activity.step == "placed" and self._has_ids and self._is_copy(row):
            out.send([row], [])
            return
        for (order, lines), amount in zip(of_orders.items(), amounts, strict=True):
            if activity.step == "placed":
                sent.append(self._placed(event, row, order, lines, amount))
            else:
                sent += self._told(event, row, order, lines, amount)
        out.send([row], sent)

    def _is_copy(self, row: Row) -> bool:
        """Whether a row above says the same, with the same id of its event."""
        said = "\x1f".join(row[:LINE])
        return self._seen.group(f"row {blake2b(said.encode()).hexdigest()}", 1)[0] > 0

    def _event(self, row: Row, activity: Activity) -> Event:
        id = self._id.one(row)
        envelope = {
            "source": self._name,
            "source_id": id,
            "channel": "import",
            "actor": ACTOR,
            **activity.said,
        }
        told = {name: reader.one(row) for name, reader in self._envelope.items()}
        envelope.update((name, value) for name, value in told.items() if value is not None)
        return Event(
            id,
            activity,
            self._time.one(row),
            self._order.one(row) or (),
            self._line.one(row) or (),
            self._parcel.one(row) or (),
            envelope,
        )

    def _resolved(self, event: Event) -> dict[str, list[str]]:
        """The orders that the event touches, and which of its lines are of each."""
        if len(event.orders) == 1:
            return {event.orders[0]: [*event.lines]}
        of_orders: dict[str, list[str]] = {order: [] for order in event.orders}
        for line in event.lines:
            known = [*self._seen.orders_of_line(line)]
            if event.orders:
                known = [order for order in known if order in of_orders]
            if len(known) != 1:
                raise Rejected(TWO_ORDERS if known else STRANGE_LINE)
            of_orders.setdefault(known[0], []).append(line)
        if event.lines:
            if event.activity.step in (*UNITS, "cancelled"):
                return {order: lines for order, lines in of_orders.items() if lines}
        elif not event.orders:
            parcels = event.parcels
            of_orders = {order: [] for p in parcels for order in self._seen.orders_of_parcel(p)}
        if not of_orders:
            raise Rejected(NO_ORDER)
        return of_orders

    def _amounts(self, reader: Reader | None, row: Row, orders: int) -> Sequence[Decimal | None]:
        """The amount for each order."""
        told = None if reader is None else reader.one(row)
        if type(told) is Unreadable:
            raise Rejected(told)
        if told is None:
            return [None] * orders
        if len(told) != orders:
            raise Rejected(SEVERAL_AMOUNTS)
        amounts: Sequence[Decimal] = told
        return amounts

    def _common(self, event: Event) -> dict[str, Any]:
        common = {name: value for name, value in event.envelope.items() if name != "location"}
        common["correlation_id"] = command_id(self._name, event.id)
        return common

    def _placed(
        self, event: Event, row: Row, order: str, ids: Sequence[str], total: Decimal | None
    ) -> OrderCommand:
        fields = self._facts.of(row)
        why = unreadable(self._facts.readers, row)
        if why is not None:
            raise Rejected(why)
        lines = self._lines.placed(row, order, ids, total)
        common = {
            **self._common(event),
            "order_id": order,
            "command_id": command_id(self._name, event.id, order),
            "occurred_at": event.at,
        }
        if channel := fields.pop("channel", None):
            common["channel"] = channel
        if self._seen.group(order, len(lines))[0]:
            return checked(AmendOrder, {**common, "added": lines})
        self.orders += 1
        if len(lines) > 1 and total is not None and all(line.price is None for line in lines):
            # Nobody says how it is parted among the lines; the order comes to it as a whole.
            lines = tuple(replace(line, price=Decimal(0)) for line in lines)
            whole = Adjustment("fee", total, "order_total")
            fields["adjustments"] = (*fields.get("adjustments", ()), whole)
        return checked(PlaceOrder, {**common, **fields, "lines": lines})

    def _told(
        self, event: Event, row: Row, order: str, lines: Sequence[str], amount: Decimal | None
    ) -> Iterable[OrderCommand]:
        step = event.activity.step
        parcels: Sequence[str | None] = event.parcels or (None,)
        if step in OF_PARCELS and len(parcels) > 1 and lines:
            raise Rejected(SEVERAL_PARCELS)
        if step not in (*OF_PARCELS, "attempted", "damaged"):
            parcels = (None,)
        for parcel in parcels:
            if parcel is not None and len(parcels) > 1 and len(event.orders) != 1:
                known = self._seen.orders_of_parcel(parcel)
                if known and order not in known:
                    continue
            if parcel is not None:
                self._seen.add_parcel(parcel, order)
            more = (parcel,) if parcel is not None and len(parcels) > 1 else ()
            yield from commands(
                Told(
                    step=step,
                    order=order,
                    id=command_id(self._name, event.id, order, *more),
                    at=event.at,
                    envelope=self._common(event),
                    lines=self._lines.named(row, order, lines),
                    parcel=parcel,
                    carriage={name: reader.one(row) for name, reader in self._carriage.items()},
                    location=event.envelope.get("location"),
                    amount=amount,
                    word=self._words.word(row),
                )
            )


def _activity(word: str, said: ActivitySection, readers: Readers, split: Split) -> Activity:
    where = f"[activities] {word!r}"
    own = {"reason": said.reason, "location": said.location}
    if said.actor is not None:
        own["actor"] = actor(said.actor)
    read: dict[str, Reader | None] = {"amount": None, "total": None}
    for name in read:
        cell = getattr(said, name)
        if cell is not None:
            kind = readers.numeric(cell, money)
            read[name] = readers.many(f"{where} {name}", cell, split, kind)
    told = {name: identifier(value) for name, value in own.items() if value is not None}
    return Activity(said.step, read["amount"], read["total"], told)
