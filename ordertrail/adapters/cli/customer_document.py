"""Everything that is shown of one customer, and the same as one JSON object."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from ordertrail.adapters.cli.words import months
from ordertrail.adapters.customer_query import CustomerHistory
from ordertrail.domain.customer import Customer
from ordertrail.projections.customer_history import ActivityRow, CustomerRow
from ordertrail.projections.tracking import OrderRow

INNER = ("gaps", "gap_mean", "gap_m2")
"""Columns that the view keeps for itself."""


@dataclass(frozen=True)
class CustomerPage:
    """Everything that is shown of a customer; orders and deeds have the latest first."""

    history: CustomerHistory
    known: Customer
    orders: Sequence[OrderRow]
    deeds: Sequence[ActivityRow]
    now: datetime

    @property
    def orders_by_month(self) -> dict[str, int]:
        """How many orders were placed in each month, from the first one to the last."""
        if not self.orders:
            return {}
        counted = Counter(f"{row.placed_at:%Y-%m}" for row in self.orders)
        first, last = self.orders[-1].placed_at, self.orders[0].placed_at
        return {month: counted[month] for month in months(first, last)}


def customer_json(row: CustomerRow) -> dict[str, Any]:
    """A customer of the list as one JSON object: its row in the view."""
    names = [field.name for field in fields(row)]
    return {name: getattr(row, name) for name in names if name not in INNER}


def as_json(page: CustomerPage) -> dict[str, Any]:
    """The customer as one object; see docs/cli.md for its fields."""
    history = {
        field.name: getattr(page.history, field.name)
        for field in fields(page.history)
        if field.name != "customer"
    }
    known = page.known
    return {
        **customer_json(page.history.customer),
        **history,
        "orders_by_month": page.orders_by_month,
        "name": known.name,
        "contacts": [one.contact for one in known.contacts.values() if one],
        "addresses": [
            {"address_id": one.address_id, "address": one.address, "recipient": one.recipient}
            for one in known.addresses.values()
            if one
        ],
        "activity": [
            {
                "order_id": deed.order_id,
                "what": deed.what,
                "occurred_at": deed.occurred_at,
                "actor": deed.actor,
                "reason": deed.reason,
                "items": deed.items,
                "amount": deed.amount,
            }
            for deed in page.deeds
        ],
    }
