"""What a caller gets back for a command that was not refused."""

from dataclasses import dataclass

from ordertrail.domain.event import Event
from ordertrail.domain.values import Reminder


@dataclass(frozen=True, slots=True)
class Receipt:
    """The command was decided and what it led to is on disk.

    Attributes:
        command_id: the id under which it was decided, once and for all.
        events: what it led to; none where it repeated what was so already.
        position: the position in the log from which all of it can be seen; give the receipt as
            `after` to a query to read your own writes.
        repeated: the command had been decided before, and this is its first outcome again.
    """

    command_id: str
    events: tuple[Event, ...]
    position: int
    repeated: bool = False

    @property
    def version(self) -> int:
        """The version of the stream of the last event, 0 where the command led to none."""
        return self.events[-1].version if self.events else 0

    @property
    def reminders(self) -> tuple[Reminder, ...]:
        """What whoever does this step has to know, such as how the customer wants it packed."""
        return tuple(
            reminder for event in self.events for reminder in getattr(event.body, "reminders", ())
        )
