"""Commands of many callers, decided and stored batch by batch by whoever leads.

The streams of all commands in a batch are loaded in one query, each command is decided on the
state that the one before it left, and everything is stored in one commit.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import localcontext

from ordertrail.adapters.codec import Codec
from ordertrail.adapters.decisions import Decisions
from ordertrail.adapters.leader import Leader
from ordertrail.adapters.receipt import Receipt
from ordertrail.adapters.states import States
from ordertrail.adapters.store import Store
from ordertrail.adapters.ticket import CommandTicket
from ordertrail.domain.aggregate import Aggregate
from ordertrail.domain.errors import Conflict, OrdertrailError
from ordertrail.domain.values import ROUNDING

RERUNS = 5
"""How often a batch that lost against another process is run again; one that nobody else writes
meanwhile should never lose, unless its connection does."""


class Deciding:
    """Decides commands and stores what they lead to."""

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
        self._leader = Leader(self._run)
        self._states = States({aggregate.name: aggregate for aggregate in aggregates})
        self._unsure: set[str] = set()  # streams whose last events may not have been stored

    def execute(self, tickets: Sequence[CommandTicket]) -> list[Receipt | OrdertrailError]:
        """Decide and store the commands of the tickets, in their order; an outcome for each.

        Raises:
            StoreError: the engine was opened before a fork.
            Exception: whatever a `decide` raised that is not an OrdertrailError.
        """
        if tickets:
            self._leader.lead(tickets)
        outcomes: list[Receipt | OrdertrailError] = []
        for ticket in tickets:
            if not isinstance(ticket.outcome, Receipt | OrdertrailError):
                raise ticket.outcome
            outcomes.append(ticket.outcome)
        return outcomes

    def enqueue(self, ticket: CommandTicket) -> None:
        """Queue the ticket of a caller who must not wait; its `notify` is called from the thread
        that leads, and should only hand the outcome on.

        Raises:
            StoreError: the engine was opened before a fork.
        """
        self._leader.enqueue(ticket)

    def _run(self, batch: Sequence[CommandTicket]) -> None:
        for rerun in range(RERUNS + 1):
            try:
                self._decide(batch, exclusive=rerun > 0)
                return
            except Conflict:
                if rerun == RERUNS:
                    raise

    def _decide(self, batch: Sequence[CommandTicket], exclusive: bool) -> None:
        """Decide and store a batch in one unit of work; an outcome for each ticket."""
        self._states.forget(self._unsure)
        self._unsure = {stream for ticket in batch for stream in ticket.streams}
        outcomes: list[tuple[CommandTicket, Receipt | BaseException]] = []
        # The sums of money are ours, and not in the precision of whichever caller leads.
        with localcontext(ROUNDING), self._store.writing(exclusive=exclusive) as writing:
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
            ticket.outcome = work.settled(outcome) if isinstance(outcome, Receipt) else outcome
