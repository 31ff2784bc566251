"""The projection that keeps the alerts of all rules: a row for each rule and subject."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import datetime
from typing import Annotated, Any, Literal

from ordertrail.domain.alert import AlertAcknowledged, DeadlinePassed
from ordertrail.domain.event import Event
from ordertrail.projections.alerts.asked import Asked, Listening
from ordertrail.projections.alerts.rule import Memo, Rule
from ordertrail.projections.projection import Key, Projection, row

AlertState = Literal["watching", "open", "acknowledged", "resolved"]

EVIDENCE_FIRST = 5
EVIDENCE_AT_MOST = 20


SUBJECT = re.compile(r"[^\x00-\x1f\x7f]{1,1000}")
"""What may stand for a subject in the id of an alert, and so in the name of its stream."""


@row("alerts", key=("alert_id",), indexes=(("state",), ("due",), ("order_id",)))
class AlertRow:
    """What a rule says of one subject, and what became of it."""

    alert_id: Annotated[str, "the rule and the subject: rule/subject"]
    rule: Annotated[str, "the name of the rule"] = ""
    subject: Annotated[str, "the id of what is judged: an order, a SKU, a customer ..."] = ""
    severity: Annotated[Literal["info", "warning", "critical"], "how bad it is"] = "warning"
    state: Annotated[
        AlertState,
        "watching (never opened yet), open, acknowledged (open, and seen by somebody), resolved",
    ] = "watching"
    order_id: Annotated[str | None, "the order, where the subject is one"] = None
    customer_id: Annotated[str | None, "the customer: the subject, or who gave the order"] = None
    opened: Annotated[int, "how often it opened"] = 0
    opening: Annotated[int | None, "position of the event that opened it last"] = None
    opened_at: Annotated[datetime | None, "when it opened last"] = None
    acknowledged_at: Annotated[datetime | None, "when somebody said to have seen it"] = None
    acknowledged_by: Annotated[str | None, "who said so"] = None
    resolved_at: Annotated[datetime | None, "when it was over"] = None
    due: Annotated[datetime | None, "when it has to be looked at if nothing happens"] = None
    evidence: Annotated[
        list[int], "positions of the events that it follows from: the first 5 and the last 15"
    ] = field(default_factory=list)
    memo: Annotated[dict[str, Any] | None, "what the rule remembers of the subject, as JSON"] = None


Part = tuple[Asked, Any]


class Alerts(Projection[AlertRow]):
    """Folds events into the memos of rules, and opens and resolves alerts as the rules say.

    An alert opens when its rule fires and resolves itself when it no longer does, acknowledged or
    not; then it may open again. What people do to it comes as an event too (`alert.acknowledged`),
    so that a rebuilt table is the same.
    """

    name = "alerts"
    row = AlertRow
    meaning = "What goes wrong, with which order, SKU or customer, and who takes care of it?"

    def __init__(self, rules: Sequence[Rule]) -> None:
        """
        Raises:
            ValueError: two rules share a name, or a name does not fit into the id of an alert.
        """
        self.rules = {rule.name: rule for rule in rules}
        if len(self.rules) < len(rules):
            raise ValueError("two alert rules have the same name")
        for name in self.rules:
            if not re.fullmatch(r"[a-z][a-z0-9_]{0,79}", name):
                raise ValueError(f"the alert rule {name!r} needs a name like 'no_tracking_news'")
        self._by_name = {rule.name: Asked(rule) for rule in rules}
        listening: dict[type[Any], list[Asked]] = defaultdict(list)
        for rule in rules:
            for cls in rule.on:
                listening[cls].append(self._by_name[rule.name])
        self._listening = {cls: Listening(cls, asked) for cls, asked in listening.items()}
        self.made_of = tuple(self.rules)
        self.on = (*self._listening, AlertAcknowledged, DeadlinePassed)

    def kept_by(self, key: Key) -> str:
        return key.partition("/")[2] if isinstance(key, str) else key[0]

    def stays(self, kind: type[Any]) -> bool:
        """Whether all rules that listen to it are about the order whose event it is."""
        asked = [rule for rule in self.rules.values() if kind in rule.on]
        of_order = kind.type.startswith("order.")
        return of_order and bool(asked) and all(rule.about == "order" for rule in asked)

    def parts(self, event: Event) -> Iterable[tuple[str, Part]]:
        body = event.body
        listening = self._listening.get(body.__class__)
        told: list[tuple[str, Part]] = []
        if listening is not None:
            for asked in listening.to(event):
                for subject, part in asked.parts(event):
                    told.append((asked.prefix + subject, (asked, part)))
        if isinstance(body, (AlertAcknowledged, DeadlinePassed)):
            told += self._said_to_an_alert(body)
        return told

    def apply(self, row: AlertRow, event: Event, part: Part) -> AlertRow | None:
        asked, told = part
        if told is None and event.body.__class__ is AlertAcknowledged:
            return _acknowledge(row, asked.rule, event)
        before: Memo = row.memo
        row.memo = memo = asked.apply(before, event, told)
        if memo is None and (before is None or not row.opened):
            return row if row.opened else None
        if before is None:
            if row.rule:
                row.evidence.clear()  # what the alert followed from the last time
            else:
                _introduce(row, asked.rule, event)
        if told is None or asked.proves is None or asked.proves(told):
            _note(row.evidence, event.position)
        if memo is not None and asked.firing(memo):
            if row.state in ("watching", "resolved"):
                _open(row, asked.rule, event)
        elif row.state in ("open", "acknowledged"):
            row.state, row.resolved_at = "resolved", event.occurred_at
        return row

    def finish(self, row: AlertRow) -> None:
        deadline = self._by_name[row.rule].deadline
        if deadline is not None:
            row.due = None if row.memo is None else deadline(row.memo)

    def _said_to_an_alert(
        self, body: AlertAcknowledged | DeadlinePassed
    ) -> Iterable[tuple[str, Part]]:
        if isinstance(body, AlertAcknowledged):
            alert_id = body.alert_id
        else:
            alert_id = f"{body.rule}/{body.subject}"
        asked = self._by_name.get(alert_id.partition("/")[0])
        return [] if asked is None else [(alert_id, (asked, None))]


def _introduce(row: AlertRow, rule: Rule, event: Event) -> None:
    row.rule = rule.name
    row.subject = subject = row.alert_id[len(rule.name) + 1 :]
    if not SUBJECT.fullmatch(subject):
        raise ValueError(
            f"the alert rule {rule.name} judges the subject {subject!r}: a subject has 1 to 1000 "
            "characters, none of them a control character"
        )
    row.severity = rule.severity
    if rule.about == "order":
        row.order_id = subject
        row.customer_id = getattr(event.body, "customer_id", None)
    elif rule.about == "customer":
        row.customer_id = subject


def _open(row: AlertRow, rule: Rule, event: Event) -> None:
    if row.customer_id is None and rule.about == "order":
        row.customer_id = getattr(event.body, "customer_id", None)
    row.state = "open"
    row.opened += 1
    row.opening, row.opened_at = event.position, event.occurred_at
    row.acknowledged_at = row.acknowledged_by = row.resolved_at = None


def _acknowledge(row: AlertRow, rule: Rule, event: Event) -> AlertRow | None:
    """Whoever acknowledges an earlier opening has not seen this one."""
    if not row.opened and row.memo is None:
        return None
    seen = event.body.opening
    if row.state != "open" or (seen is not None and seen < (row.opening or 0)):
        return row
    row.state = "acknowledged"
    row.acknowledged_at, row.acknowledged_by = event.occurred_at, event.actor
    if rule.settled_by_acknowledgement:
        row.state, row.resolved_at, row.memo = "resolved", event.occurred_at, None
    return row


def _note(evidence: list[int], position: int) -> None:
    if evidence and evidence[-1] == position:
        return
    if len(evidence) == EVIDENCE_AT_MOST:
        del evidence[EVIDENCE_FIRST]
    evidence.append(position)
