"""A place in the queue before a leader, for whoever waits for an outcome."""

from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Any

from ordertrail.domain.aggregate import Command


class Ticket:
    """A place in the queue; whoever waits for it is woken with an outcome, or to lead.

    `outcome` is what the work led to, or the error that it failed with; None before it is done.
    """

    __slots__ = ("_told", "_woken", "notify", "outcome")

    def __init__(self, notify: Callable[[Any], None] | None = None) -> None:
        self.notify = notify
        self.outcome: Any = None
        self._told = False
        self._woken = Lock()
        self._woken.acquire()

    def wait(self) -> None:
        """Sleep until woken."""
        self._woken.acquire()

    def wake(self) -> None:
        """Wake whoever waits, or tell whoever cannot, once; what that raises stays there."""
        if self.notify is None:
            with suppress(RuntimeError):  # woken before, and not yet up
                self._woken.release()
        elif self.outcome is not None and not self._told:
            self._told = True
            with suppress(Exception):
                self.notify(self)


class CommandTicket(Ticket):
    """A command in the queue. `given` says that its id came from the caller, who may be saying it
    again."""

    __slots__ = ("command", "given", "streams")

    def __init__(
        self,
        command: Command,
        given: bool,
        notify: Callable[["CommandTicket"], None] | None = None,
    ) -> None:
        super().__init__(notify)
        self.command = command
        self.streams = command.streams
        self.given = given
