"""Reads order tracking and customer history, for the engine, the command line and you."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar, get_args

from ordertrail.adapters.activity_query import ALIASES, activity
from ordertrail.adapters.codec import Codec
from ordertrail.adapters.customer_query import CustomerHistory, ItemBought, history, items
from ordertrail.adapters.tables import Database
from ordertrail.domain.errors import BadInput
from ordertrail.domain.order.positions import ShipmentState, Status
from ordertrail.projections.customer_history import ActivityRow, CustomerRow
from ordertrail.projections.tracking import LineRow, NextStep, OrderRow, ParcelRow, normalised

__all__ = ["CustomerHistory", "ItemBought", "ReadModels"]

Row = TypeVar("Row")

STATUSES: tuple[str, ...] = get_args(Status)
SHIPMENT_STATES: tuple[str, ...] = get_args(ShipmentState)

ALL = 2**63 - 1  # rows, a limit that every database takes

LATE = "(arrived_late IS TRUE OR (live > 0 AND promised_at IS NOT NULL AND promised_at < ?))"


class ReadModels:
    """The read models of a store. What is newest comes first; `limit` None means all."""

    def __init__(self, store: Database, codec: Codec) -> None:
        """`codec` reads the events that no table repeats."""
        self._store = store
        self._codec = codec

    def orders(
        self,
        state: Status | ShipmentState | None = None,
        *,
        now: datetime,
        late: bool | None = None,
        customer: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        sku: str | None = None,
        next_step: NextStep | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[OrderRow]:
        """Orders that meet all that is asked for.

        Args:
            state: a status (placed, closed, cancelled) or a shipment state (pending, partial ...).
            now: what `late` is judged by; see `OrderRow.late`.
            customer: who ordered; those merged into it, or into the same one, are meant as well.
            since, until: placed at this time or later, and before that one.
            sku: with a line of it.

        Raises:
            BadInput: there is no such state.
        """
        asked = Conditions()
        if state in STATUSES:
            asked.add("status = ?", state)
        elif state in SHIPMENT_STATES:
            asked.add("shipment_state = ?", state)
        elif state is not None:
            known = ", ".join(dict.fromkeys((*STATUSES, *SHIPMENT_STATES)))
            raise BadInput(f"There is no state {state!r} of an order; there are {known}.")
        if late is not None:
            asked.add(LATE if late else f"NOT {LATE}", now)
        if customer is not None:
            asked.add(ALIASES, customer)
        if since is not None:
            asked.add("placed_at >= ?", since)
        if until is not None:
            asked.add("placed_at < ?", until)
        if sku is not None:
            asked.add("order_id IN (SELECT order_id FROM order_lines WHERE sku = ?)", sku)
        if next_step is not None:
            asked.add("next_step = ?", next_step)
        return self._rows(OrderRow, asked, "placed_at DESC, order_id DESC", limit, offset)

    def order_lines(self, order_id: str) -> list[LineRow]:
        """The lines of an order, as they are numbered."""
        return self._rows(LineRow, Conditions("order_id = ?", order_id), "length(line), line")

    def parcels(self, order_id: str) -> list[ParcelRow]:
        """The parcels of an order, as they were packed."""
        order = "coalesce(packed_at, shipped_at) NULLS FIRST, parcel"
        return self._rows(ParcelRow, Conditions("order_id = ?", order_id), order)

    def find_orders(self, reference: str) -> list[str]:
        """The ids of the orders that a number leads to, whatever it numbers; newest first."""
        query = """SELECT r.order_id FROM order_references r
            LEFT JOIN orders o ON o.order_id = r.order_id
            WHERE r.reference = ? ORDER BY o.placed_at DESC NULLS LAST, r.order_id DESC"""
        with self._store.reading() as connection:
            found = connection.execute(query, (normalised(reference),)).fetchall()
        return [order_id for (order_id,) in found]

    def customers(
        self,
        *,
        group: str | None = None,
        ordered_since: datetime | None = None,
        expected_before: datetime | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[CustomerRow]:
        """Customers that meet all that is asked for, those who ordered last first.

        Who was merged into another is left out. With `expected_before`: who is expected to have
        ordered again by then.
        """
        asked = Conditions("survivor_id = customer_id")
        if group is not None:
            asked.add("customer_group = ?", group)
        if ordered_since is not None:
            asked.add("last_order_at >= ?", ordered_since)
        if expected_before is not None:
            asked.add("expected_next_order_at < ?", expected_before)
        order = "last_order_at DESC NULLS LAST, customer_id"
        return self._rows(CustomerRow, asked, order, limit, offset)

    def history(self, customer_id: str) -> CustomerHistory:
        """What a customer bought, sent back and asked for, and when the next order is expected.

        Of one that was merged into another, the other's; what was told of either is counted.

        Raises:
            NotFound: nobody has told anything of such a customer.
        """
        with self._store.reading() as connection:
            return history(self._store.tables, connection, customer_id)

    def customer_items(self, customer_id: str, limit: int | None = None) -> list[ItemBought]:
        """What a customer bought, its favourites first."""
        with self._store.reading() as connection:
            return items(connection, customer_id, limit)

    def activity(
        self,
        *,
        customer_id: str | None = None,
        order_id: str | None = None,
        what: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[ActivityRow]:
        """Who did what for an order, or for the orders of a customer and those merged into it.

        Args:
            what: only such as "picked" or "refund_issued".
        """
        with self._store.reading() as connection:
            return activity(
                connection,
                self._codec,
                customer_id=customer_id,
                order_id=order_id,
                what=what,
                limit=limit,
                offset=offset,
            )

    def _rows(
        self,
        row: type[Row],
        asked: "Conditions",
        order: str,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Row]:
        tables = self._store.tables
        source = tables.of(row)
        query = (
            f"SELECT {source.listed} FROM {source.address} WHERE {asked} ORDER BY {order} "
            "LIMIT ? OFFSET ?"
        )
        page = (ALL if limit is None else limit, offset)
        parameters = [*map(tables.value, asked.parameters), *page]
        with self._store.reading() as connection:
            found = connection.execute(query, parameters).fetchall()
        return list(map(source.made, found))


class Conditions:
    """Conditions in SQL that all have to be met, with the values of their question marks."""

    def __init__(self, condition: str | None = None, *parameters: Any) -> None:
        self.conditions = [] if condition is None else [condition]
        self.parameters: Sequence[Any] = parameters

    def add(self, condition: str, *parameters: Any) -> None:
        """One more condition."""
        self.conditions.append(condition)
        self.parameters = (*self.parameters, *parameters)

    def __str__(self) -> str:
        return " AND ".join(self.conditions) or "TRUE"
