"""A log in memory with its alerts: commands are decided, events folded, deadlines watched."""

from datetime import UTC, datetime, timedelta
from typing import Any, Self

from ordertrail.adapters.watch import commands_for
from ordertrail.domain.aggregate import Command, Decided
from ordertrail.domain.alert import ALERT, AcknowledgeAlert
from ordertrail.domain.event import Event
from ordertrail.domain.order import ORDER
from ordertrail.domain.order import commands as c
from ordertrail.projections.alerts import RULES
from ordertrail.projections.alerts.alerts import AlertRow, Alerts
from ordertrail.projections.alerts.rule import Rule

AGGREGATES = {one.name: one for one in (ORDER, ALERT)}
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def day(number: float) -> datetime:
    """So many days after everything begins."""
    return START + timedelta(days=number)


class AlertLog:
    """Tell it commands on days, let it watch, and look at its alerts."""

    def __init__(self, *rules: Rule) -> None:
        self.alerts = Alerts(rules or RULES)
        self.rows: dict[Any, AlertRow] = {}
        self.events: list[Event] = []
        self.states: dict[str, Any] = {}
        self.decided: set[str] = set()
        self.on = day(0)

    def at(self, number: float) -> Self:
        """What is told from here on happens on this day."""
        self.on = day(number)
        return self

    def placed(self, order_id: str = "O-1", units: int = 2, **more: Any) -> Self:
        """An order of one line, "1", of the SKU "MUG"."""
        line = {"line": "1", "sku": "MUG", "quantity": units}
        return self.tell(c.PlaceOrder(order_id=order_id, lines=[line], **more))

    def told(
        self, kind: type[c.OrderCommand], units: int | None = None, line: str = "1", **more: Any
    ) -> Self:
        """A report about the order O-1; with `units`, of so many units of one line."""
        if units is not None:
            more["lines"] = [{"line": line, "quantity": units}]
        return self.tell(kind(**{"order_id": "O-1", "reported": True, **more}))

    def acknowledged(self, alert_id: str, opening: int | None = None, **more: Any) -> Self:
        return self.tell(AcknowledgeAlert(alert_id=alert_id, opening=opening, **more))

    def tell(self, command: Command) -> Self:
        command = command.model_copy(update={"occurred_at": command.occurred_at or self.on})
        aggregate = next(a for a in AGGREGATES.values() if type(command) in a.commands)
        stream = command.streams[0]
        decided = aggregate.decide(command, self.states.get(stream, aggregate.initial))
        for one in decided[0] if isinstance(decided, tuple) else decided:
            self._append(stream, one, command)
        return self

    def watched(self, number: float) -> Self:
        """Every deadline up to this day is passed, and those that follow from them."""
        self.at(number)
        for _ in range(100):  # reports that wait for something unknown pass one after the other
            due = [row for row in self.rows.values() if row.due and row.due <= self.on]
            commands = list(commands_for(due, list(self.alerts.rules.values()), self.on))
            fresh = [one for one in commands if one.command_id not in self.decided]
            if not fresh:
                return self
            for command in fresh:
                assert command.command_id is not None
                self.decided.add(command.command_id)
                self.tell(command)
        raise AssertionError("the watch never comes to an end")

    def state(self, rule: str, subject: str = "O-1") -> str | None:
        """The state of an alert; None where there is nothing to remember."""
        row = self.rows.get(f"{rule}/{subject}")
        return None if row is None else row.state

    def row(self, rule: str, subject: str = "O-1") -> AlertRow:
        return self.rows[f"{rule}/{subject}"]

    def due(self, rule: str, subject: str = "O-1") -> datetime | None:
        row = self.rows.get(f"{rule}/{subject}")
        return None if row is None else row.due

    def _append(self, stream: str, one: Any, command: Command) -> None:
        assert command.occurred_at is not None
        told = one if isinstance(one, Decided) else Decided(one, command.occurred_at)
        position = len(self.events) + 1
        event = Event(
            told.body,
            told.occurred_at,
            id=f"e{position}",
            stream=stream,
            position=position,
            recorded_at=self.on,
            actor=command.actor,
            causation_id=told.causation_id,
        )
        self.events.append(event)
        aggregate = AGGREGATES[event.aggregate]
        before = self.states.get(stream, aggregate.initial)
        self.states[stream] = aggregate.evolve(before, event)
        fold_one(self.alerts, self.rows, event)


def fold_one(alerts: Alerts, rows: dict[Any, AlertRow], event: Event) -> None:
    """Change the rows as the runner would."""
    assert alerts.on is not None
    if type(event.body) not in alerts.on:
        return
    for key, part in alerts.parts(event):
        row = rows.pop(key) if key in rows else AlertRow(key)
        after = alerts.apply(row, event, part)
        if after is not None:
            alerts.finish(after)
            rows[key] = after
