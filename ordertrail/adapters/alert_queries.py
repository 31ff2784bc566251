"""Reads alerts, with what their rules say about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ordertrail.adapters.tables import Database, rows
from ordertrail.projections.alerts.alerts import AlertRow, AlertState
from ordertrail.projections.alerts.rule import Rule, Severity

OPEN_FIRST = """CASE state WHEN 'open' THEN 0 WHEN 'acknowledged' THEN 1 ELSE 2 END,
    CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END,
    opened_at DESC NULLS LAST, alert_id"""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as people read it.

    `opening` is the position of the event that opened it last, `evidence` the positions of the
    events that it follows from; `meaning` and `remedy` are empty for a rule that the app no longer
    has.
    """

    alert_id: str
    rule: str
    subject: str
    severity: Severity
    state: AlertState
    meaning: str
    remedy: str
    order_id: str | None
    customer_id: str | None
    opened: int
    opening: int | None
    opened_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    resolved_at: datetime | None
    due: datetime | None
    evidence: tuple[int, ...]


def alerts(
    store: Database,
    rules: Sequence[Rule],
    *,
    alert_id: str | None = None,
    state: AlertState | None = None,
    rule: str | None = None,
    severity: Severity | None = None,
    subject: str | None = None,
    order: str | None = None,
    customer: str | None = None,
    limit: int | None = None,
) -> list[Alert]:
    """The alerts that meet all that is asked for; the open ones first, the worst of them on top.

    Args:
        state: open, acknowledged, resolved, or watching (what has not happened yet, but may); none
            of them: all but watching.
        rule: the name of a rule.
        severity: info, warning or critical.
        subject: the id of what is judged: of an order, a SKU, a customer ...
        order: the id of an order that is the subject.
        customer: the id of a customer who is the subject, or whose order is.
        limit: at most so many.
    """
    asked = {
        "alert_id": alert_id,
        "state": state,
        "rule": rule,
        "severity": severity,
        "subject": subject,
        "order_id": order,
        "customer_id": customer,
    }
    conditions = {f"{name} = ?": value for name, value in asked.items() if value is not None}
    if state is None:
        conditions["state <> ?"] = "watching"
    known = {one.name: one for one in rules}
    with store.reading() as connection:
        found = rows(
            store.tables,
            connection,
            AlertRow,
            " AND ".join(conditions),
            list(conditions.values()),
            order=OPEN_FIRST,
            limit=limit,
        )
        return [_alert(row, known.get(row.rule)) for row in found]


def _alert(row: AlertRow, rule: Rule | None) -> Alert:
    told: dict[str, Any] = {
        name: getattr(row, name)
        for name in Alert.__dataclass_fields__
        if name not in ("meaning", "remedy", "evidence")
    }
    return Alert(
        **told,
        meaning=rule.meaning if rule else "",
        remedy=rule.remedy if rule else "",
        evidence=tuple(row.evidence),
    )
