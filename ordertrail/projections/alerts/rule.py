"""What an alert rule is: a small fold for each subject, that says when something is wrong."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from ordertrail.domain.aggregate import Command
from ordertrail.domain.event import EPOCH, Event
from ordertrail.projections.alerts.units import Effect

Severity = Literal["info", "warning", "critical"]
Memo = Any

MICROSECOND = timedelta(microseconds=1)


class Rule:
    """One thing that can go wrong, judged for each subject on its own.

    Parameters (days, shares, counts) are arguments of its constructor. Whoever changes a rule or
    its parameters rebuilds the alerts; acknowledgements are events and survive that.

    Attributes:
        name: stable, in lower case with underscores; the alert's id is `{name}/{subject}`.
        about: what its subjects are: "order", "customer", "sku", or a word of your own. Alerts
            about orders and customers are found by their ids.
        severity: info, warning or critical.
        meaning: what it says when it is open, in a sentence.
        remedy: what to do about it, in a sentence.
        on: the classes of event bodies it listens to.
        needs: what an event must have, as paths from it such as "body.deviations": while all of
            them are empty, the rule is not asked.
        moves: what an event that adds or moves units of an order must change, as words of `Effect`
            (units.py): else the rule is not asked of it. Other events are none of its business.
        settled_by_acknowledgement: a fact that cannot be undone is over when somebody has seen it:
            the memo is forgotten, and the alert resolved.
    """

    name: str
    about: str = ""
    severity: Severity = "warning"
    meaning: str
    remedy: str
    on: tuple[type[Any], ...]
    needs: tuple[str, ...] = ()
    moves: tuple[Effect, ...] = ()
    settled_by_acknowledgement: ClassVar[bool] = False

    def parts(self, event: Event) -> Iterable[tuple[str, Any]]:
        """Which subjects the event concerns, each with the part of the event `apply` needs."""
        raise NotImplementedError

    def apply(self, memo: Memo, event: Event, part: Any) -> Memo:
        """What to remember of the subject after the event: a JSON value; None is the beginning.

        May change `memo` in place and return it. A memo of None forgets the subject (an alert
        that was open is resolved).
        """
        raise NotImplementedError

    def firing(self, memo: Memo) -> bool:
        """Whether the subject is in the state that the rule warns of; the memo is never None."""
        raise NotImplementedError

    def proves(self, part: Any) -> bool:
        """Whether an event with this part belongs to the evidence; here: every one does."""
        return True

    def deadline(self, memo: Memo) -> datetime | None:
        """When the subject has to be looked at again if nothing happens until then.

        Must be another time, or None, once `apply` was told that this one has passed.
        """
        return None

    def at_deadline(self, subject: str, memo: Memo, deadline: datetime) -> Command | None:
        """The command that tells the log that the deadline passed; None: the engine's own one.

        With None the engine records `alert.deadline_passed` on the stream of the alert, and
        `apply` gets that event (with the part None).
        """
        return None


_latest: list[tuple[datetime, int]] = [(EPOCH, 0)]


def micros(moment: datetime) -> int:
    """A time as memos hold it: microseconds since 1970 UTC.

    Several rules ask this of the same event, one after the other: the last answer is kept.
    """
    asked, found = _latest[0]
    if asked is not moment:
        found = (moment - EPOCH) // MICROSECOND
        _latest[0] = (moment, found)
    return found


def moment(micros: int) -> datetime:
    """The time, in UTC, that a memo holds."""
    return EPOCH + timedelta(0, 0, micros)
