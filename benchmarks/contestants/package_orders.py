"""The same business in plain `eventsourcing` 9.5.6: an Aggregate and an Application of its own.

The checks and the content of the events are those that Ordertrail makes for the same commands, but
for what the package has no place for: a command id is kept and not enforced.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate

from ordertrail.adapters.ids import new_id
from ordertrail.domain.aggregate import ENVELOPE
from ordertrail.domain.order.commands import AddNote, OrderCommand, PickItems, PlaceOrder


class RefusedError(Exception):
    """A rule says no."""


class Order(Aggregate):
    """An order with the positions of its units, as far as placing, picking and notes need it."""

    class Event(Aggregate.Event):
        order_id: str
        customer_id: str | None
        reported: bool
        envelope: dict[str, Any]

    class Placed(Event, Aggregate.Created):
        lines: list[dict[str, Any]]
        currency: str | None
        reports: list[str]
        promised_at: datetime | None
        total: Decimal | None

    class Picked(Event):
        lines: list[dict[str, Any]]
        location: str
        moves: list[dict[str, Any]]

        def apply(self, order: "Order") -> None:
            for move in self.moves:
                positions = order.lines[move["line"]]
                positions[move["origin"]] -= move["quantity"]
                positions[move["target"]] = positions.get(move["target"], 0) + move["quantity"]

    class NoteAdded(Event):
        kind: str
        text: str | None

        def apply(self, order: "Order") -> None:
            order.notes += 1

    def __init__(
        self,
        *,
        order_id: str,
        customer_id: str | None,
        reported: bool,
        envelope: dict[str, Any],
        lines: list[dict[str, Any]],
        currency: str | None,
        reports: list[str],
        promised_at: datetime | None,
        total: Decimal | None,
    ) -> None:
        self.order_id = order_id
        self.customer_id = customer_id
        self.currency = currency
        self.reports = reports
        self.promised_at = promised_at
        self.due = total
        self.lines: dict[str, dict[str, int]] = {
            line["line"]: {"open": line["quantity"]} for line in lines
        }
        self.skus: dict[str, str] = {line["line"]: line["sku"] for line in lines}
        self.holds: dict[str, tuple[str, ...]] = {}
        self.notes = 0

    @staticmethod
    def create_id(order_id: str) -> UUID:
        return uuid5(NAMESPACE_URL, order_id)

    def pick(self, command: PickItems) -> None:
        """Pick units that stand at allocated, backordered or open."""
        moves: list[dict[str, Any]] = []
        for asked in command.lines:
            positions = self.lines.get(asked.line)
            if positions is None or asked.sku not in (None, self.skus[asked.line]):
                raise RefusedError(asked.line)
            wanted = asked.quantity
            for origin in ("allocated", "backordered", "open"):
                if wanted and (there := positions.get(origin, 0)):
                    taken = min(wanted, there)
                    wanted -= taken
                    moves.append(
                        {
                            "line": asked.line,
                            "sku": self.skus[asked.line],
                            "quantity": taken,
                            "origin": origin,
                            "target": "picked",
                        }
                    )
            if wanted:
                raise RefusedError(asked.line)
        picked = {move["line"] for move in moves}
        if any(not scope or picked & set(scope) for scope in self.holds.values()):
            raise RefusedError("on hold")
        self.trigger_event(
            self.Picked,
            **self._common(command),
            lines=[{"line": asked.line, "quantity": asked.quantity} for asked in command.lines],
            location=command.location,
            moves=moves,
        )

    def note(self, command: AddNote) -> None:
        """Write something down."""
        text = None if command.text is None else command.text.value
        self.trigger_event(self.NoteAdded, **self._common(command), kind=command.kind, text=text)

    def _common(self, command: OrderCommand) -> dict[str, Any]:
        return {
            "order_id": self.order_id,
            "customer_id": self.customer_id,
            "reported": command.reported,
            "envelope": envelope_of(command),
        }


def envelope_of(command: OrderCommand) -> dict[str, Any]:
    """What the command says of itself, with an id and a time where it gives none."""
    given = {name: said for name in ENVELOPE if (said := getattr(command, name)) is not None}
    given.setdefault("command_id", new_id())
    given.setdefault("occurred_at", datetime.now(UTC))
    return given


class Orders(Application[UUID]):
    """Executes the commands: loads, decides, saves."""

    def handle(self, command: OrderCommand) -> None:
        """Execute a command once; whoever lost against another caller gets an error."""
        handlers: dict[type[OrderCommand], Callable[[Any], None]] = {
            PlaceOrder: self._place,
            PickItems: self._pick,
            AddNote: self._note,
        }
        handlers[type(command)](command)

    def _place(self, command: PlaceOrder) -> None:
        if len({line.line for line in command.lines}) < len(command.lines):
            raise RefusedError("two lines have one name")
        priced = [line.price * line.quantity for line in command.lines if line.price is not None]
        complete = len(priced) == len(command.lines)
        order = Order(
            order_id=command.order_id,
            customer_id=command.customer_id,
            reported=command.reported,
            envelope=envelope_of(command),
            lines=[
                {
                    "line": line.line,
                    "sku": line.sku,
                    "quantity": line.quantity,
                    "price": line.price,
                }
                for line in command.lines
            ],
            currency=command.currency,
            reports=list(command.reports),
            promised_at=command.promised_at,
            total=sum(priced, Decimal(0)) if complete else None,
        )
        self.save(order)  # version 1 can be stored once: no need to look whether it is there

    def _pick(self, command: PickItems) -> None:
        order: Order = self.repository.get(Order.create_id(command.order_id))
        order.pick(command)
        self.save(order)

    def _note(self, command: AddNote) -> None:
        order: Order = self.repository.get(Order.create_id(command.order_id))
        order.note(command)
        self.save(order)
