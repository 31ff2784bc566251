"""Appends without commands, as the `eventsourcing` package makes them: many share a commit."""

import time
from collections.abc import Sequence

from eventsourcing.persistence import StoredEvent, Tracking

from ordertrail.adapters.ids import new_id
from ordertrail.adapters.leader import Leader
from ordertrail.adapters.store import WAS_FIRST, Record, Store, Writing
from ordertrail.adapters.stored_events import must_fit, record, stream_of
from ordertrail.adapters.ticket import Ticket
from ordertrail.domain.errors import Conflict


class Append(Ticket):
    """Events that wait to be stored, all or none; the outcome is the range of their positions."""

    __slots__ = ("events", "id", "tracking")

    def __init__(self, events: Sequence[StoredEvent], tracking: Tracking | None) -> None:
        super().__init__()
        self.id = new_id()  # by it they are found again when the answer to a commit is lost
        self.events = events
        self.tracking = tracking

    def versions(self) -> list[tuple[str, int]]:
        """The stream and version of each event."""
        return [(stream_of(e.originator_id), e.originator_version) for e in self.events]


class Appending:
    """What threads append at the same time goes into one unit of work on the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._leader = Leader(self._run)

    def append(self, events: Sequence[StoredEvent], tracking: Tracking | None = None) -> range:
        """Store the events, and the tracking if there is one; returns their positions.

        Raises:
            Conflict: a version of a stream is taken, or the application came that far before.
            StoreError: the store cannot do it now, or a field has the wrong type.
        """
        for event in events:
            must_fit(event)
        append = Append(events, tracking)
        if tracking is None:
            self._leader.lead([append])
        else:  # whoever follows a log does so alone, and has nobody to share a commit with
            self._store_all([append])
        if isinstance(append.outcome, BaseException):
            raise append.outcome
        outcome: range = append.outcome
        return outcome

    def _run(self, batch: Sequence[Append]) -> None:
        try:
            self._store_all(batch)
        except Conflict:
            if len(batch) == 1:
                raise
            self._store_fitting(batch)

    def _store_all(self, batch: Sequence[Append]) -> None:
        with self._store.writing() as work:
            work.append(_records(batch, work), (), batch[0].tracking)
        _tell(batch, work)

    def _store_fitting(self, batch: Sequence[Append]) -> None:
        """Store what fits; a conflict hurts only its own caller."""
        fitting: list[Append] = []
        with self._store.writing(exclusive=True) as work:
            taken = work.taken([one for append in batch for one in append.versions()])
            for append in batch:
                wanted = append.versions()
                if taken.isdisjoint(wanted) and len(set(wanted)) == len(wanted):
                    taken.update(wanted)
                    fitting.append(append)
            work.append(_records(fitting, work))
        _tell(fitting, work)
        for append in batch:
            if append.outcome is None:
                append.outcome = Conflict(WAS_FIRST)


def _records(batch: Sequence[Append], work: Writing) -> list[Record]:
    position, recorded_at = work.head()
    now = max(time.time_ns() // 1000, recorded_at)
    records = []
    for append in batch:
        for index, event in enumerate(append.events):
            position += 1
            records.append(record(event, position, now, append.id, index))
    return records


def _tell(batch: Sequence[Append], work: Writing) -> None:
    assert work.placed is not None
    first = work.placed.first_position
    for append in batch:
        append.outcome = range(first, first + len(append.events))
        first = append.outcome.stop
