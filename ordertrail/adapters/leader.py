"""Many callers, one leader: whoever comes first decides and commits for all who wait behind.

A caller puts its command into a queue. If nobody leads, it leads: it takes what has gathered,
loads the streams of all of it in one query, decides each command on the state that the one before
it left, and stores everything in one commit. Meanwhile others gather; one of them leads next.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import localcontext
from threading import Lock, Thread

from ordertrail.adapters.codec import Codec
from ordertrail.adapters.decisions import Decisions
from ordertrail.adapters.receipt import Receipt
from ordertrail.adapters.states import States
from ordertrail.adapters.store import Store
from ordertrail.adapters.ticket import Ticket
from ordertrail.domain.aggregate import Aggregate
from ordertrail.domain.errors import Conflict, OrdertrailError, StoreError
from ordertrail.domain.values import ROUNDING

BATCH = 1000
"""How many commands one commit carries at most."""

RERUNS = 20
"""How often a command that lost against another process is run again."""


class Leader:
    """The queue in front of a store, and the one who empties it.

    A caller may be interrupted anywhere (Ctrl-C is an exception between any two instructions):
    what it has taken on is therefore always written down here, where `_leave` finds it.
    """

    def __init__(
        self,
        store: Store,
        codec: Codec,
        aggregates: Sequence[Aggregate],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._codec = codec
        self._clock = clock
        self._deciders = {c: a.decide for a in aggregates for c in a.commands}
        self._pid = os.getpid()
        self._mutex = Lock()
        self._queue: deque[Ticket] = deque()
        self._leads: object = None  # the ticket whose caller leads, or a thread's claim, or nobody
        self._batch: list[Ticket] = []  # what the one who leads has taken out of the queue
        self._states = States({aggregate.name: aggregate for aggregate in aggregates})
        self._unsure: set[str] = set()  # streams whose last events may not have been stored

    def execute(self, tickets: Sequence[Ticket]) -> list[Receipt | OrdertrailError]:
        """Decide and store the commands of the tickets, in their order; an outcome for each.

        Raises:
            StoreError: the engine was opened before a fork.
            Exception: whatever a `decide` raised that is not an OrdertrailError.
        """
        if not tickets:
            return []
        try:
            self._enqueue(tickets)
            for ticket in tickets:
                while ticket.outcome is None:
                    if self._is_led_by(tickets):
                        self._lead_until(tickets[-1])
                    else:
                        ticket.wait()
        except BaseException:  # such as Ctrl-C: the commands go on, and somebody else must lead
            self._leave(tickets)
            raise
        outcomes: list[Receipt | OrdertrailError] = []
        for ticket in tickets:
            if not isinstance(ticket.outcome, Receipt | OrdertrailError):
                assert ticket.outcome is not None
                raise ticket.outcome
            outcomes.append(ticket.outcome)
        return outcomes

    def enqueue(self, ticket: Ticket) -> None:
        """Queue the ticket of a caller who must not wait; its `notify` is called from the thread
        that leads, and should only hand the outcome on.

        Raises:
            StoreError: the engine was opened before a fork.
        """
        try:
            self._enqueue([ticket])
            if self._leads is ticket:
                self._lead_elsewhere(ticket)
        except BaseException:
            self._leave([ticket])
            raise

    def _enqueue(self, tickets: Sequence[Ticket]) -> None:
        """Queue the tickets; their caller has to lead if nobody does."""
        if self._pid != os.getpid():  # In a fork, whoever led is not there, nor who held the mutex.
            raise StoreError("This engine was opened before a fork: open it anew in the child.")
        with self._mutex:
            self._queue.extend(tickets)
            if self._leads is None:
                self._leads = tickets[0]

    def _is_led_by(self, tickets: Sequence[Ticket]) -> bool:
        leads = self._leads
        return any(ticket is leads for ticket in tickets)

    def _leave(self, tickets: Sequence[Ticket]) -> None:
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
            ticket.outcome = ticket.outcome or _interrupted()
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

    def _lead_once(self) -> None:
        batch = self._batch
        try:
            with self._mutex:
                while self._queue and len(batch) < BATCH:
                    batch.append(self._queue[0])
                    del self._queue[0]
            self._run(batch)
        except Conflict:
            for ticket in batch:
                self._run_alone(ticket)
        except Exception as failure:
            for ticket in batch:
                ticket.outcome = failure
        for ticket in batch:
            ticket.wake()
        self._batch = []

    def _run_alone(self, ticket: Ticket) -> None:
        for attempt in range(RERUNS):
            try:
                self._run([ticket])
                return
            except Conflict as conflict:
                ticket.outcome = conflict
                time.sleep(0.001 * attempt)
            except Exception as failure:
                ticket.outcome = failure
                return

    def _run(self, batch: Sequence[Ticket]) -> None:
        """Decide and store a batch in one unit of work; an outcome for each ticket."""
        self._states.forget(self._unsure)
        self._unsure = {stream for ticket in batch for stream in ticket.streams}
        outcomes: list[tuple[Ticket, Receipt | BaseException]] = []
        # The sums of money are ours, and not in the precision of whichever caller leads.
        with localcontext(ROUNDING), self._store.writing() as writing:
            work = Decisions(
                deciders=self._deciders,
                codec=self._codec,
                states=self._states,
                writing=writing,
                tickets=batch,
                at=self._clock(),
            )
            for ticket in batch:
                try:
                    outcomes.append((ticket, work.decide(ticket)))
                except Exception as refusal:  # a rule's refusal, or a fault in its code
                    outcomes.append((ticket, refusal))
            work.append()
        self._unsure = set()
        self._states.trim()
        for ticket, outcome in outcomes:
            ticket.outcome = outcome


def _interrupted() -> StoreError:
    return StoreError("The commit was interrupted; send the command again, with the same id.")


def _nobody(ticket: Ticket) -> None:
    """Whoever waited for the ticket has left."""
