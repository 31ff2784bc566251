"""Rows that bring goods back: each is matched with the purchases that it undoes."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from ordertrail.adapters.importing.cells import LINE, Readers, Row, unreadable
from ordertrail.adapters.importing.conditions import Condition
from ordertrail.adapters.importing.mapping import Mapping
from ordertrail.adapters.importing.outbox import Outbox
from ordertrail.adapters.importing.seen import Seen
from ordertrail.adapters.importing.source import Source
from ordertrail.adapters.importing.steps import ACTOR, checked, command_id
from ordertrail.domain.order.commands import ReceiveReturn
from ordertrail.domain.order.events import OrderLine
from ordertrail.domain.values import LineQuantity

NOBODY = "a return without a customer"
NO_ORDER = "a return that names no order"
NO_PURCHASE = "a return that matches no purchase"
IN_PART = "a return that matches purchases only in part"

Taken = tuple[str, LineQuantity]


class Returns:
    """Finds the purchases that returns undo: the latest ones above them in the file.

    Only purchases that some return may ask for are remembered, so `prepare` is told first of all
    rows of the file.
    """

    def __init__(self, mapping: Mapping, readers: Readers, source: Source, seen: Seen) -> None:
        said = mapping.returned
        assert said is not None
        self._name = mapping.name
        self._seen = seen
        self._condition = Condition(said.when, source, "[return]")
        self._by_order = said.match == "order"
        self._by_line = self._by_order and mapping.line.id is not None
        party = said.order if self._by_order else mapping.order.customer
        what = mapping.line.id if self._by_line else mapping.line.sku
        self._id = readers.text("[return] id", said.id or mapping.order.id, required=True)
        self._party = readers.text("[return] order" if self._by_order else "customer", party)
        self._what = readers.text("[line] id" if self._by_line else "[line] sku", what)
        self._quantity = readers.whole("[return] quantity", said.quantity or mapping.line.quantity)
        self._received = readers.time(
            "[return] received", said.received or mapping.steps["placed"], required=True
        )
        self._reason = readers.text("[return] reason", said.reason)
        self._readers = (
            self._id,
            self._party,
            self._what,
            self._quantity,
            self._received,
            self._reason,
        )
        self._wanted: dict[str, set[str]] = {}
        self._bought: dict[tuple[str, str], list[_Purchase]] = {}

    def prepare(self, rows: Sequence[Row]) -> None:
        """Note what the returns among these rows will ask for."""
        for row in self._condition.among(rows):
            if unreadable(self._readers, row) is None:
                party, what = self._party.one(row), self._what.one(row)
                if party is not None:
                    self._wanted.setdefault(party, set()).add(what)

    def remember(self, order: str, customer: str | None, lines: Sequence[OrderLine]) -> None:
        """Remember what was bought, as far as a return will ask for it."""
        party = order if self._by_order else customer
        wanted = None if party is None else self._wanted.get(party)
        if party is None or wanted is None:
            return
        for line in lines:
            what = line.line if self._by_line else line.sku
            if what in wanted:
                purchase = _Purchase(order, line.line, line.sku, line.quantity)
                self._bought.setdefault((party, what), []).append(purchase)

    def take(self, rows: list[Row], out: Outbox) -> list[Row]:
        """Send what the returns among the rows become; give back the other rows."""
        taken = self._condition.among(rows)
        if not taken:
            return rows
        readable = []
        for row in taken:
            why = unreadable(self._readers, row)
            if why is None:
                readable.append(row)
            else:
                out.reject(row, str(why))
        for id, together in groupby(readable, self._id.one):
            self._received_together(id, together, out)
        ids = {row[LINE] for row in taken}
        return [row for row in rows if row[LINE] not in ids]

    def _received_together(self, id: str, rows: Iterable[Row], out: Outbox) -> None:
        accepted: list[Row] = []
        orders: dict[str, list[LineQuantity]] = {}
        for row in rows:
            party = self._party.one(row)
            if party is None:
                out.reject(row, NO_ORDER if self._by_order else NOBODY)
                continue
            quantity: int = self._quantity.one(row)
            found, missing = self._match((party, self._what.one(row)), quantity)
            if missing:
                out.reject(row, IN_PART if found else NO_PURCHASE)
                continue
            accepted.append(row)
            for purchase, units in found:
                purchase.left -= units
                part = LineQuantity(purchase.line, units, purchase.sku)
                orders.setdefault(purchase.order, []).append(part)
        if not accepted:
            return
        times, _ = self._seen.group(f"return/{id}", 1)
        first = accepted[0]
        common: dict[str, Any] = {
            "return_id": id,
            "occurred_at": self._received.one(first),
            "source": self._name,
            "source_id": str(first[LINE]),
            "channel": "import",
            "actor": ACTOR,
            "reason": self._reason.one(first),
        }
        again = (str(times + 1),) if times else ()
        out.send(
            accepted,
            [
                checked(
                    ReceiveReturn,
                    {
                        **common,
                        "order_id": order,
                        "command_id": command_id(self._name, id, *again, order, "returned"),
                        "lines": tuple(parts),
                    },
                )
                for order, parts in orders.items()
            ],
        )

    def _match(
        self, key: tuple[str, str], quantity: int
    ) -> "tuple[list[tuple[_Purchase, int]], int]":
        """The latest purchases that make up the quantity, and how much of it is missing."""
        found = []
        for purchase in reversed(self._bought.get(key, ())):
            units = min(quantity, purchase.left)
            if units:
                found.append((purchase, units))
                quantity -= units
            if not quantity:
                break
        return found, quantity


class _Purchase:
    """Units of a line that were bought and have not come back."""

    __slots__ = ("left", "line", "order", "sku")

    def __init__(self, order: str, line: str, sku: str, left: int) -> None:
        self.order, self.line, self.sku, self.left = order, line, sku, left
