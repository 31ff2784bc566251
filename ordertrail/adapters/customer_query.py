"""Reads the history of one customer, and of those that were merged into it, as one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import stdev
from typing import Any, NamedTuple

from ordertrail.adapters.connection import Connection
from ordertrail.adapters.tables import Tables, rows
from ordertrail.domain.errors import not_found
from ordertrail.projections.customer_history import CustomerRow

DAY = timedelta(days=1)

ORDERS = """SELECT o.currency, o.due, o.captured, o.refunded, o.placed_at
    FROM customers c JOIN orders o ON o.customer_id = c.customer_id
    WHERE c.survivor_id = ? ORDER BY o.placed_at"""


class ItemBought(NamedTuple):
    """A SKU that a customer bought; `favourite` 1 is the one ordered most often."""

    sku: str
    title: str | None
    times_ordered: int
    units: int
    units_returned: int
    first_ordered_at: datetime
    last_ordered_at: datetime
    favourite: int


class Spending(NamedTuple):
    """Money, in one currency: what is due for all orders, and what came in and went back."""

    currency: str | None
    orders: int
    due: Decimal
    captured: Decimal
    refunded: Decimal


class ReturnReason(NamedTuple):
    """Why goods or money went back: `what` is return_requested, returned or refund_issued."""

    what: str
    reason: str | None
    times: int
    units: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class CustomerHistory:
    """A customer with all that was summed up over its orders, and those of its `aliases`.

    The spread of the days between orders is their standard deviation.
    """

    customer: CustomerRow
    aliases: tuple[str, ...]
    orders: int
    orders_cancelled: int
    orders_arrived_late: int
    orders_with_returns: int
    units: int
    units_returned: int
    spending: tuple[Spending, ...]
    items: tuple[ItemBought, ...]
    returns: tuple[ReturnReason, ...]
    first_order_at: datetime | None
    last_order_at: datetime | None
    average_days_between_orders: float | None
    expected_next_order_at: datetime | None
    expected_next_order_spread_days: float | None


def history(tables: Tables, connection: Connection, customer_id: str) -> CustomerHistory:
    """The history of the customer, or of the one into which it was merged.

    Raises:
        NotFound: nobody has told anything of such a customer.
    """
    survivor = survivor_of(connection, customer_id)
    found = rows(tables, connection, CustomerRow, "customer_id = ?", (survivor,))
    customer = next(found, None)
    if customer is None:
        not_found("customer", customer_id)
    aliases = connection.execute(
        "SELECT customer_id FROM customers WHERE survivor_id = ? AND customer_id <> survivor_id",
        (survivor,),
    ).fetchall()
    totals = connection.execute(
        """SELECT orders, orders_cancelled, orders_arrived_late, orders_with_returns, units,
        units_returned FROM customer_totals WHERE customer_id = ?""",
        (survivor,),
    ).fetchone()
    count, cancelled, late, with_returns, units, units_returned = totals or (0,) * 6
    orders = connection.execute(ORDERS, (survivor,)).fetchall()
    times = [_moment(placed_at) for *_, placed_at in orders]
    days = [(later - earlier) / DAY for earlier, later in pairwise(times)]
    average = sum(days) / len(days) if days else None
    return CustomerHistory(
        customer=customer,
        aliases=tuple(sorted(alias for (alias,) in aliases)),
        orders=count,
        orders_cancelled=cancelled,
        orders_arrived_late=late,
        orders_with_returns=with_returns,
        units=units,
        units_returned=units_returned,
        spending=_spending(orders),
        items=tuple(items(connection, survivor, limit=10)),
        returns=_returns(connection, survivor),
        first_order_at=times[0] if times else None,
        last_order_at=times[-1] if times else None,
        average_days_between_orders=average,
        expected_next_order_at=None if average is None else times[-1] + average * DAY,
        expected_next_order_spread_days=stdev(days) if len(days) > 1 else None,
    )


def items(connection: Connection, customer_id: str, limit: int | None = None) -> list[ItemBought]:
    """What the customer bought, its favourites first."""
    found = connection.execute(
        """SELECT sku, title, times_ordered, units, units_returned, first_ordered_at,
        last_ordered_at, favourite FROM customer_items WHERE customer_id = ?
        ORDER BY favourite, last_ordered_at DESC, sku""",
        (survivor_of(connection, customer_id),),
    ).fetchall()
    return [
        ItemBought(sku, title, times, units, back, _moment(first), _moment(last), favourite)
        for sku, title, times, units, back, first, last, favourite in found[:limit]
    ]


def survivor_of(connection: Connection, customer_id: str) -> str:
    """The customer into which this one was merged, or itself."""
    query = "SELECT survivor_id FROM customers WHERE customer_id = ?"
    found = connection.execute(query, (customer_id,)).fetchone()
    return customer_id if found is None else str(found[0])


def _spending(orders: Sequence[tuple[Any, ...]]) -> tuple[Spending, ...]:
    """Summed here and not in SQL, where decimals would become floats."""
    sums: dict[str | None, Spending] = {}
    for currency, due, captured, refunded, _ in orders:
        known = sums.get(currency, Spending(currency, 0, Decimal(0), Decimal(0), Decimal(0)))
        sums[currency] = Spending(
            currency,
            known.orders + 1,
            known.due + Decimal(due or 0),
            known.captured + Decimal(captured or 0),
            known.refunded + Decimal(refunded or 0),
        )
    return tuple(sorted(sums.values(), key=lambda spending: -spending.orders))


def _returns(connection: Connection, survivor: str) -> tuple[ReturnReason, ...]:
    found = connection.execute(
        """SELECT what, reason, times, units, last_at FROM customer_returns
        WHERE customer_id = ? ORDER BY times DESC, what, reason NULLS FIRST""",
        (survivor,),
    ).fetchall()
    return tuple(
        ReturnReason(what, reason, times, units, _moment(last))
        for what, reason, times, units, last in found
    )


def _moment(told: datetime | str) -> datetime:
    """A time out of a view: SQLite has text where PostgreSQL has times."""
    return told if isinstance(told, datetime) else datetime.fromisoformat(told)
