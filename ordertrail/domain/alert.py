"""The alert: what people and time have to say to it, on a stream for each rule and subject."""

from datetime import datetime
from typing import Annotated, Any, assert_never

from pydantic import Field, StringConstraints

from ordertrail.domain.aggregate import Aggregate, Command, Decided, example
from ordertrail.domain.errors import refuse
from ordertrail.domain.event import Event, event, value
from ordertrail.domain.values import Moment, Personal, Text

RuleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,79}$")]
AlertId = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,79}/[^\x00-\x1f\x7f]+$", max_length=1081),
]
"""The name of a rule and the subject that it judges: "promise_lapsed/SO-1001"."""
Subject = Annotated[
    str, StringConstraints(min_length=1, max_length=1000, pattern=r"^[^\x00-\x1f\x7f]+$")
]
"""What a rule judges; longer than an id, since a rule may join several into one."""


@event("alert.acknowledged")
class AlertAcknowledged:
    """Somebody has seen the alert and takes care of it.

    `opening` is the position of the event that opened the alert they saw; without it, they mean
    the one that is open now.
    """

    alert_id: str
    opening: int | None = None
    note: Personal[Text] | None = None


@event("alert.deadline_passed")
class DeadlinePassed:
    """A time that a rule waits for has come, and nothing else had happened to its subject."""

    rule: str
    subject: str
    deadline: datetime


class AcknowledgeAlert(Command):
    """Say that you have seen an alert and take care of it."""

    model_config = example(alert_id="promise_lapsed/SO-1001", actor="person:p-3")

    alert_id: AlertId
    opening: Annotated[
        int | None,
        Field(
            ge=1,
            lt=2**63,
            description="the position of the event that opened it; none: the latest one",
        ),
    ] = None
    note: Personal[Text] | None = None

    @property
    def streams(self) -> tuple[str, ...]:
        return (f"alert-{self.alert_id}",)


class PassDeadline(Command):
    """Tell an alert rule that a time it waits for has come; `watch` does this."""

    model_config = example(
        rule="no_tracking_news", subject="SO-1001", deadline="2026-03-09T18:00:00+00:00"
    )

    rule: RuleName
    subject: Subject
    deadline: Moment

    @property
    def streams(self) -> tuple[str, ...]:
        return (f"alert-{self.rule}/{self.subject}",)


@value
class Alert:
    """What was said to an alert: the latest opening acknowledged, and the deadlines that passed.

    Whether it is open is not known here: that follows from the events of its subject.
    """

    acknowledged: int = 0
    passed: tuple[datetime, ...] = ()


def evolve(alert: Alert, event: Event) -> Alert:
    """The alert after the event."""
    match event.body:
        case AlertAcknowledged(opening=int(opening)):
            return Alert(max(alert.acknowledged, opening), alert.passed)
        case DeadlinePassed(deadline=deadline):
            return Alert(alert.acknowledged, (*alert.passed, deadline))
    return alert


def decide(command: AcknowledgeAlert | PassDeadline, alert: Alert) -> list[Any]:
    """Each opening is acknowledged once, and each deadline passes once.

    An acknowledgement that names no opening is stored every time: only the read model knows
    whether the alert has opened again since, and there the second one changes nothing.

    Raises:
        Refused: the deadline lies ahead.
    """
    match command:
        case AcknowledgeAlert():
            if command.opening is not None and command.opening <= alert.acknowledged:
                return []
            return [
                AlertAcknowledged(
                    alert_id=command.alert_id, opening=command.opening, note=command.note
                )
            ]
        case PassDeadline():
            at = command.occurred_at
            assert at is not None, "the engine gives every command its time"
            if command.deadline in alert.passed:
                return []
            if command.deadline > at:
                refuse(
                    "deadline_ahead",
                    alert=f"{command.rule}/{command.subject}",
                    deadline=command.deadline.isoformat(),
                )
            passed = DeadlinePassed(
                rule=command.rule, subject=command.subject, deadline=command.deadline
            )
            return [Decided(passed, command.deadline)]
        case _:
            assert_never(command)


ALERT = Aggregate(
    name="alert",
    initial=Alert(),
    evolve=evolve,
    decide=decide,
    events=(AlertAcknowledged, DeadlinePassed),
    commands=(AcknowledgeAlert, PassDeadline),
)
