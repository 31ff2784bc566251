"""The view of who did what for an order, out of the log itself."""

from collections.abc import Iterable
from typing import Any

from ordertrail.domain.values import DEFAULT_LOCATION
from ordertrail.projections.customer_history.activity import SHAPES
from ordertrail.projections.projection import Spelled


def _types(kinds: Iterable[type[Any]]) -> str:
    return ", ".join(f"'{kind.type}'" for kind in kinds)


SAYING = _types(kind for kind, shape in SHAPES.items() if shape.units == ("lines",))
SOMEWHERE = _types(kind for kind in SHAPES if hasattr(kind, "location"))

# Who did what for an order, out of the log itself (`event_log`, a view of the store): the same as
# `ReadModels.activity`, but for the SKUs. Of the body it shows nothing that could name a person.
# A body leaves out a field that has its default: hence that of the location. Each database
# has its own way to look into JSON.
IN_SQLITE = f"""
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

IN_POSTGRESQL = f"""
SELECT e.position AS position,
       e.event_id AS event_id,
       o.order_id AS order_id,
       o.customer_id AS customer_id,
       SUBSTR(e.type, 7) AS what,
       e.occurred_at AS occurred_at,
       e.actor AS actor,
       e.on_behalf_of AS on_behalf_of,
       e.channel AS channel,
       CASE WHEN e.type IN ({SOMEWHERE})
            THEN COALESCE(e.body ->> 'location', '{DEFAULT_LOCATION}')
       END AS location,
       e.body ->> 'parcel' AS parcel,
       e.reason AS reason,
       (
           SELECT CAST(COALESCE(SUM(COALESCE(
                      CAST(unit.value ->> 'quantity' AS BIGINT),
                      COALESCE(CAST(unit.value ->> 'restocked' AS BIGINT), 0)
                      + COALESCE(CAST(unit.value ->> 'scrapped' AS BIGINT), 0)
                      + COALESCE(CAST(unit.value ->> 'repaired' AS BIGINT), 0)
                  )), 0) AS BIGINT)
           FROM JSONB_EACH(CASE JSONB_TYPEOF(e.body) WHEN 'object' THEN e.body END) part,
                JSONB_ARRAY_ELEMENTS(
                    CASE JSONB_TYPEOF(part.value) WHEN 'array' THEN part.value END
                ) unit
           WHERE part.key IN ('moves', 'explains', 'added', 'raised', 'outcomes')
              OR (part.key = 'lines' AND e.type IN ({SAYING}))
       ) AS quantity,
       CAST(COALESCE(e.body ->> 'amount', e.body ->> 'total') AS NUMERIC) AS amount
FROM orders o
JOIN event_log e ON e.stream = 'order-' || o.order_id
WHERE e.type <> 'order.tracking_recorded'
  AND NOT EXISTS (
      SELECT 1
      FROM JSONB_ARRAY_ELEMENTS(
          CASE JSONB_TYPEOF(e.body -> 'deviations') WHEN 'array' THEN e.body -> 'deviations' END
      ) told
      WHERE told.value ->> 'kind' IN ('unresolved', 'repeated')
  )
"""

ACTIVITY = Spelled(sqlite=IN_SQLITE, postgresql=IN_POSTGRESQL)
