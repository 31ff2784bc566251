"""Sums over a customer's orders, as SQL over their rows; merged customers count as one.

In SQLite a sum of money is a float; `ReadModels.history` sums exactly.
"""

from collections.abc import Mapping

from ordertrail.projections.customer_history.activity_view import ACTIVITY
from ordertrail.projections.projection import Spelled

ITEMS = """
SELECT c.survivor_id AS customer_id,
       l.sku AS sku,
       MAX(l.title) AS title,
       COUNT(DISTINCT l.order_id) AS times_ordered,
       CAST(SUM(l.quantity - l.cancelled) AS BIGINT) AS units,
       CAST(SUM(l.returned) AS BIGINT) AS units_returned,
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
       SUM(CASE WHEN o.arrived_late IS TRUE THEN 1 ELSE 0 END) AS orders_arrived_late,
       SUM(CASE WHEN o.returned > 0 THEN 1 ELSE 0 END) AS orders_with_returns,
       CAST(SUM(o.quantity - o.cancelled) AS BIGINT) AS units,
       CAST(SUM(o.returned) AS BIGINT) AS units_returned,
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
       CAST(SUM(a.quantity) AS BIGINT) AS units,
       MAX(a.occurred_at) AS last_at
FROM customers c
JOIN customer_activity a ON a.customer_id = c.customer_id
WHERE a.what IN ('return_requested', 'returned', 'refund_issued')
GROUP BY c.survivor_id, a.what, a.reason
"""

VIEWS: Mapping[str, str | Spelled] = {
    "customer_activity": ACTIVITY,
    "customer_items": ITEMS,
    "customer_totals": TOTALS,
    "customer_spending": SPENDING,
    "customer_returns": RETURNS,
}

COLUMNS = {
    "customer_id": "the customer; of several that were merged, the one that stands for them",
    "orders": "how many orders",
    "orders_cancelled": "how many of them were cancelled",
    "orders_arrived_late": "how many of them arrived late",
    "orders_with_returns": "of how many of them something came back",
    "units": "how many units, those cancelled left out",
    "units_returned": "how many of them came back",
    "first_ordered_at": "when it was ordered first",
    "last_ordered_at": "when it was ordered last",
    "times_ordered": "in how many orders it is",
    "favourite": "its rank among what the customer orders; 1 is ordered most often",
    "what": "what happened: the type of the event without `order.`",
    "times": "how often",
    "last_at": "when it happened last",
    "event_id": "the event that tells it",
    "occurred_at": "when it happened",
    "actor": "who did it",
    "on_behalf_of": "for whom",
    "location": "in which warehouse",
    "parcel": "with which parcel",
    "reason": "why, as a code",
    "quantity": "how many units",
    "amount": "how much money, in the currency of the order",
}
"""What the columns of the views mean, where they mean more than those of tables."""
