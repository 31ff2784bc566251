"""Many callers, one leader: whoever comes first does the work of all who wait behind.

A caller puts a ticket into a queue. If nobody leads, it leads: it takes what has gathered and
works on all of it at once, in one commit. Meanwhile others gather; one of them leads next.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock, Thread
from typing import Any, Generic, TypeVar

from ordertrail.adapters.ticket import Ticket
from ordertrail.domain.errors import StoreError

BATCH = 1000
"""How many tickets are worked on at once, at most."""

YIELDS = 3
"""How often the leader lets other threads run before it takes what has gathered."""

T = TypeVar("T", bound=Ticket)


class Leader(Generic[T]):
    """The queue in front of a store, and the one who empties it.

    `work` is given a batch of tickets, and gives each its outcome; what it raises is the outcome
    of all that have none.

    A caller may be interrupted anywhere (Ctrl-C is an exception between any two instructions):
    what it has taken on is therefore always written down here, where `_leave` finds it.
    """

    def __init__(self, work: Callable[[Sequence[T]], None]) -> None:
        self._work = work
        self._pid = os.getpid()
        self._mutex = Lock()
        self._queue: deque[T] = deque()
        self._leads: object = None  # the ticket whose caller leads, or a thread's claim, or nobody
        self._batch: list[T] = []  # what the one who leads has taken out of the queue
        self._awake = 0  # how many the last batch woke, who may be about to come again

    def lead(self, tickets: Sequence[T]) -> None:
        """Queue the tickets, and lead or wait until each has an outcome.

        Raises:
            StoreError: the store was opened before a fork.
        """
        try:
            self._enqueue(tickets)
            for ticket in tickets:
                while ticket.outcome is None:
                    if self._is_led_by(tickets):
                        self._lead_until(tickets[-1])
                    else:
                        ticket.wait()
        except BaseException:  # such as Ctrl-C: the work goes on, and somebody else must lead
            self._leave(tickets)
            raise

    def enqueue(self, ticket: T) -> None:
        """Queue the ticket of a caller who must not wait; its `notify` is called from the thread
        that leads, and should only hand the outcome on.

        Raises:
            StoreError: the store was opened before a fork.
        """
        try:
            self._enqueue([ticket])
            if self._leads is ticket:
                self._lead_elsewhere(ticket)
        except BaseException:
            self._leave([ticket])
            raise

    def _enqueue(self, tickets: Sequence[T]) -> None:
        """Queue the tickets; their caller has to lead if nobody does."""
        if self._pid != os.getpid():  # In a fork, whoever led is not there, nor who held the mutex.
            raise StoreError("This store was opened before a fork: open it anew in the child.")
        with self._mutex:
            self._queue.extend(tickets)
            if self._leads is None:
                self._leads = tickets[0]

    def _is_led_by(self, tickets: Sequence[T]) -> bool:
        leads = self._leads
        return any(ticket is leads for ticket in tickets)

    def _leave(self, tickets: Sequence[T]) -> None:
        if self._pid != os.getpid():
            return
        with self._mutex:
            for ticket in tickets:
                ticket.notify = ticket.notify or _nobody
            leads = self._leads
        if self._is_led_by(tickets):
            self._hand_over()
        elif isinstance(leads, Ticket) and leads.notify is None:
            leads.wake()  # by us it may not have been

    def _lead_until(self, last: Ticket) -> None:
        while last.outcome is None:
            self._lead_once()
        self._hand_over()

    def _lead_elsewhere(self, claim: object) -> None:
        try:
            Thread(
                target=self._lead_all, args=(claim,), name="ordertrail-leader", daemon=True
            ).start()
        except RuntimeError:  # there can be no more threads
            self._lead_all(claim)

    def _lead_all(self, claim: object) -> None:
        with self._mutex:
            if self._leads is not claim:
                return  # whoever started the thread was interrupted, and gave the claim away
            self._leads = object()
        try:
            while self._queue:
                self._lead_once()
        finally:
            self._hand_over()

    def _hand_over(self) -> None:
        for ticket in self._batch:  # whoever led was interrupted before all of them were awake
            _end(ticket, _interrupted())
            ticket.wake()
        self._batch = []
        with self._mutex:
            waiting = (ticket for ticket in self._queue if ticket.notify is None)
            heir = next(waiting, None)
            self._leads = claim = heir or (object() if self._queue else None)
        if heir is not None:
            heir.wake()
        elif claim is not None:
            self._lead_elsewhere(claim)

    def _let_them_come(self) -> None:
        """Let those whom the last batch woke queue again, as most are about to: without this the
        batches are half as large, and every second commit is one too many."""
        for _ in range(YIELDS):
            if len(self._queue) >= self._awake:
                return
            time.sleep(0)  # others have the interpreter until they wait, which is soon

    def _lead_once(self) -> None:
        batch = self._batch
        try:
            self._let_them_come()
            with self._mutex:
                while self._queue and len(batch) < BATCH:
                    batch.append(self._queue[0])
                    del self._queue[0]
            self._work(batch)
        except Exception as failure:
            for ticket in batch:
                _end(ticket, failure)
        for ticket in batch:
            ticket.wake()
        self._awake = len(batch)
        self._batch = []


def _end(ticket: Ticket, failure: Exception) -> None:
    if ticket.outcome is None:
        ticket.outcome = failure


def _interrupted() -> StoreError:
    return StoreError("The commit was interrupted; send the command again, with the same id.")


def _nobody(ticket: Any) -> None:
    """Whoever waited for the ticket has left."""
