"""Reads who did what for orders and customers, straight from the events of their streams."""

import sqlite3
from collections.abc import Iterator
from itertools import islice

from ordertrail.adapters.codec import Codec
from ordertrail.adapters.sqlite.writing import COLUMNS
from ordertrail.adapters.store import Record
from ordertrail.projections.customer_history import ActivityRow, deed

# A customer and all that were merged into it, by any of their ids.
ALIASES = """customer_id IN (
    SELECT customer_id FROM customers
    WHERE survivor_id = (SELECT survivor_id FROM customers WHERE customer_id = ?)
)"""
ORDERS = f"stream IN (SELECT 'order-' || order_id FROM orders WHERE {ALIASES})"


def activity(
    connection: sqlite3.Connection,
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
    query = f"SELECT {COLUMNS} FROM events WHERE {' AND '.join(asked)}"
    found = connection.execute(
        f"{query} ORDER BY occurred_at DESC, position DESC",
        list(asked.values()),
    )
    try:
        last = None if limit is None else offset + limit
        return list(islice(_deeds(found, codec), offset, last))
    finally:
        found.close()


def _deeds(found: sqlite3.Cursor, codec: Codec) -> Iterator[ActivityRow]:
    for record in map(Record._make, found):
        event = codec.decode(record)
        if event is not None and (told := deed(event)) is not None:
            yield told
