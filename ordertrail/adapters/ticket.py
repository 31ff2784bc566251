"""A command in the queue before the leader, and whoever waits for its outcome."""

from collections.abc import Callable
from contextlib import suppress
from threading import Lock

from ordertrail.adapters.receipt import Receipt
from ordertrail.domain.aggregate import Command


class Ticket:
    """A command in the queue; whoever waits for it is woken with an outcome, or to lead.

    `given` says that its id came from the caller, who may be saying it again.
    """

    __slots__ = ("_told", "_woken", "command", "given", "notify", "outcome", "streams")

    def __init__(
        self, command: Command, given: bool, notify: Callable[["Ticket"], None] | None = None
    ) -> None:
        self.command = command
        self.streams = command.streams
        self.given = given
        self.notify = notify
        self.outcome: Receipt | BaseException | None = None
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
