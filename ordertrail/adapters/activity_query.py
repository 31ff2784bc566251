"""Reads who did what for orders and customers, straight from the events of their streams."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from ordertrail.adapters.codec import Codec
from ordertrail.adapters.connection import Connection
from ordertrail.adapters.log_queries import COLUMNS
from ordertrail.adapters.store import Record
from ordertrail.projections.customer_history import ActivityRow, deed

# A customer and all that were merged into it, by any of their ids.
ALIASES = """customer_id IN (
    SELECT customer_id FROM customers
    WHERE survivor_id = (SELECT survivor_id FROM customers WHERE customer_id = ?)
)"""
ORDERS = f"stream IN (SELECT 'order-' || order_id FROM orders WHERE {ALIASES})"


def activity(
    connection: Connection,
    codec: Codec,
    *,
    customer_id: str | None = None,
    order_id: str | None = None,
    what: str | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[ActivityRow]:
    """What happened to an order, or to all orders of a customer; what happened last comes first.

    Where both are left out, it is what happened to all orders.
    """
    asked: dict[str, str] = {"type LIKE ?": "order.%"}
    if customer_id is not None:
        asked[ORDERS] = customer_id
    if order_id is not None:
        asked["stream = ?"] = f"order-{order_id}"
    if what is not None:
        asked["type = ?"] = f"order.{what}"
    last = None if limit is None else offset + limit
    records = _newest_first(connection, asked, None if last is None else max(100, 2 * last))
    told = (deed(event) for record in records if (event := codec.decode(record)) is not None)
    return list(islice((one for one in told if one is not None), offset, last))


def _newest_first(
    connection: Connection, asked: dict[str, Any], page: int | None
) -> Iterator[Record]:
    """The events that meet the conditions, read in pages where not all of them may be needed."""
    conditions, parameters = " AND ".join(asked), list(asked.values())
    order = "ORDER BY occurred_at DESC, position DESC"
    query = f"SELECT {COLUMNS} FROM events WHERE {conditions}"
    if page is None:
        yield from map(Record._make, connection.execute(f"{query} {order}", parameters).fetchall())
        return
    records = connection.execute(f"{query} {order} LIMIT ?", [*parameters, page]).fetchall()
    while records:
        yield from map(Record._make, records)
        last = Record._make(records[-1])
        query_on = f"{query} AND (occurred_at, position) < (?, ?) {order} LIMIT ?"
        records = connection.execute(
            query_on, [*parameters, last.occurred_at, last.position, page]
        ).fetchall()
