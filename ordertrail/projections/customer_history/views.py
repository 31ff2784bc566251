"""Sums over a customer's orders, as SQL over their rows; merged customers count as one.

In SQLite a sum of money is a float; `ReadModels.history` sums exactly.
"""

from collections.abc import Iterable
from typing import Any

from ordertrail.domain.values import DEFAULT_LOCATION
from ordertrail.projections.customer_history.activity import SHAPES


def _types(kinds: Iterable[type[Any]]) -> str:
    return ", ".join(f"'{kind.type}'" for kind in kinds)


SAYING = _types(kind for kind, shape in SHAPES.items() if shape.units == ("lines",))
SOMEWHERE = _types(kind for kind in SHAPES if hasattr(kind, "location"))

# Who did what for an order, out of the log itself (`event_log`, a view of the store): the same as
# `ReadModels.activity`, but for the SKUs. Of the body it shows nothing that could name a person.
# A body leaves out a field that has its default: hence that of the location. JSON is read as in
# SQLite; another store brings its own form of this view.
ACTIVITY = f"""
SELECT e.position AS position,
       e.event_id AS event_id,
       o.order_id AS order_id,
       o.customer_id AS customer_id,
       SUBSTR(e.type, 7) AS what,
       STRFTIME('%Y-%m-%dT%H:%M:%f000Z', e.occurred_at) AS occurred_at,
       e.actor AS actor,
       e.on_behalf_of AS on_behalf_of,
       e.channel AS channel,
       CASE WHEN e.type IN ({SOMEWHERE})
            THEN COALESCE(JSON_EXTRACT(e.body, '$.location'), '{DEFAULT_LOCATION}')
       END AS location,
       JSON_EXTRACT(e.body, '$.parcel') AS parcel,
       e.reason AS reason,
       (
           SELECT COALESCE(SUM(COALESCE(
                      JSON_EXTRACT(unit.value, '$.quantity'),
                      COALESCE(JSON_EXTRACT(unit.value, '$.restocked'), 0)
                      + COALESCE(JSON_EXTRACT(unit.value, '$.scrapped'), 0)
                      + COALESCE(JSON_EXTRACT(unit.value, '$.repaired'), 0)
                  )), 0)
           FROM JSON_EACH(e.body) part,
                JSON_EACH(CASE WHEN part.type = 'array' THEN part.value END) unit
           WHERE part.key IN ('moves', 'explains', 'added', 'raised', 'outcomes')
              OR (part.key = 'lines' AND e.type IN ({SAYING}))
       ) AS quantity,
       COALESCE(JSON_EXTRACT(e.body, '$.amount'), JSON_EXTRACT(e.body, '$.total')) AS amount
FROM orders o
JOIN event_log e ON e.stream = 'order-' || o.order_id
WHERE e.type <> 'order.tracking_recorded'
  AND NOT EXISTS (
      SELECT 1 FROM JSON_EACH(e.body, '$.deviations') told
      WHERE JSON_EXTRACT(told.value, '$.kind') IN ('unresolved', 'repeated')
  )
"""

ITEMS = """
SELECT c.survivor_id AS customer_id,
       l.sku AS sku,
       MAX(l.title) AS title,
       COUNT(DISTINCT l.order_id) AS times_ordered,
       SUM(l.quantity - l.cancelled) AS units,
       SUM(l.returned) AS units_returned,
       MIN(o.placed_at) AS first_ordered_at,
       MAX(o.placed_at) AS last_ordered_at,
       RANK() OVER (
           PARTITION BY c.survivor_id
           ORDER BY COUNT(DISTINCT l.order_id) DESC, SUM(l.quantity - l.cancelled) DESC
       ) AS favourite
FROM customers c
JOIN orders o ON o.customer_id = c.customer_id
JOIN order_lines l ON l.order_id = o.order_id
WHERE l.quantity > l.cancelled
GROUP BY c.survivor_id, l.sku
"""

TOTALS = """
SELECT c.survivor_id AS customer_id,
       COUNT(*) AS orders,
       SUM(CASE WHEN o.status = 'cancelled' THEN 1 ELSE 0 END) AS orders_cancelled,
       SUM(CASE WHEN o.arrived_late = 1 THEN 1 ELSE 0 END) AS orders_arrived_late,
       SUM(CASE WHEN o.returned > 0 THEN 1 ELSE 0 END) AS orders_with_returns,
       SUM(o.quantity - o.cancelled) AS units,
       SUM(o.returned) AS units_returned,
       MIN(o.placed_at) AS first_order_at,
       MAX(o.placed_at) AS last_order_at
FROM customers c
JOIN orders o ON o.customer_id = c.customer_id
GROUP BY c.survivor_id
"""

SPENDING = """
SELECT c.survivor_id AS customer_id,
       o.currency AS currency,
       COUNT(*) AS orders,
       ROUND(SUM(CAST(o.due AS NUMERIC)), 8) AS due,
       ROUND(SUM(CAST(o.captured AS NUMERIC)), 8) AS captured,
       ROUND(SUM(CAST(o.refunded AS NUMERIC)), 8) AS refunded
FROM customers c
JOIN orders o ON o.customer_id = c.customer_id
GROUP BY c.survivor_id, o.currency
"""

RETURNS = """
SELECT c.survivor_id AS customer_id,
       a.what AS what,
       a.reason AS reason,
       COUNT(*) AS times,
       SUM(a.quantity) AS units,
       MAX(a.occurred_at) AS last_at
FROM customers c
JOIN customer_activity a ON a.customer_id = c.customer_id
WHERE a.what IN ('return_requested', 'returned', 'refund_issued')
GROUP BY c.survivor_id, a.what, a.reason
"""

VIEWS = {
    "customer_activity": ACTIVITY,
    "customer_items": ITEMS,
    "customer_totals": TOTALS,
    "customer_spending": SPENDING,
    "customer_returns": RETURNS,
}
