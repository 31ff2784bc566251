"""Brings read models up to date with the log: in batches, each saved once with its checkpoint."""

import gc
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from threading import Condition, RLock
from time import sleep
from typing import Any

from ordertrail.adapters.batches import Batches
from ordertrail.adapters.building import Building, may_swap
from ordertrail.adapters.codec import Codec
from ordertrail.adapters.leases import Claim, Leases
from ordertrail.adapters.progress import Progress
from ordertrail.adapters.standing import (
    Parked,
    Standing,
    Status,
    Unit,
    known,
    parked,
    statuses,
)
from ordertrail.adapters.tables import LIVE, NEXT
from ordertrail.adapters.view_store import ViewStore
from ordertrail.domain.errors import BadInput, StoreError
from ordertrail.projections.projection import Projection

BACKLOG = 500
"""From so many events on the work is claimed, so that nobody else does it, too."""

PAUSE = 0.02
"""Seconds between two looks how far another process is."""

Choice = Callable[[Standing], Sequence[Unit]]


class Runner:
    """Folds the events of a log into the tables of projections.

    Any number of threads and processes may run the same projections: each batch is saved once, in
    one transaction with its checkpoint, by whoever is first. While one has much to do, or shares
    the work with others (`Following.share`), it is left alone with it.
    """

    def __init__(
        self,
        store: ViewStore,
        codec: Codec,
        projections: Sequence[Projection[Any]],
        *,
        batch: int = 50_000,
    ) -> None:
        """Make the tables; those of a projection that is new are empty until `catch_up`.

        Where older code has built a table, its successor is begun beside it.

        Raises:
            BadInput: two projections share a name or a table.
            StoreError: a table of that name is there and is no read model.
        """
        tables = [projection.row.table for projection in projections]
        for names in ([projection.name for projection in projections], tables):
            for name in names:
                if names.count(name) > 1:
                    raise BadInput(f"Two projections are called {name!r}, or their tables are.")
        self.store = store
        self.leases = Leases(store, known(store.tables, projections))
        self.moved = Condition()
        """Told of each batch that was saved."""
        self._projections = {projection.name: projection for projection in projections}
        look = self.leases.standing
        self._building = Building(store, self._projections, self.leases.knows, look)
        self._batches = Batches(store, codec, self._projections, self.leases, batch)
        self._turn = RLock()  # one thread of this process folds at a time
        self._building.open()
        self._unanswered = self.standing().unanswered()

    def standing(self) -> Standing:
        """How far everything is.

        Raises:
            StoreError: the store cannot be read.
        """
        with self.store.reading() as connection:
            return self.leases.standing(connection)

    def catch_up(self, until: int | None = None, progress: Progress | None = None) -> int:
        """Let all projections see what they have not seen yet, up to `until` or the head.

        What other processes are at work on is waited for; the rest is folded here.
        `progress` is told after each batch where its projections are and where they go to.

        Returns: the position that all projections have reached.

        Raises:
            UnknownEventType: an event comes from a newer version of the code. What is before it
                is saved.
            StoreError: the store fails, or a table was rebuilt by a newer version of the code.
        """
        head = self.store.head()
        goal = head if until is None else min(until, head)
        for position in self.steps(goal, Standing.answering):
            if progress is not None:
                progress(position, goal)
        return goal

    def rebuild(
        self, names: Collection[str] | None = None, progress: Progress | None = None
    ) -> None:
        """Build the tables of these projections (None: of all) anew, beside those that serve.

        Each takes the place of the old one when it is complete. Streams that were parked get
        another chance. One that somebody was killed at is gone on with.

        Raises:
            BadInput: there is no projection of this name.
        """
        unknown = set(names or ()) - set(self._projections)
        if unknown:
            raise BadInput(
                f"There is no projection {', '.join(sorted(unknown))}; "
                f"there are {', '.join(sorted(self._projections))}."
            )
        chosen = list(self._projections if names is None else names)
        with self._turn:
            self._building.begin(chosen)
        goal = self.store.head()
        for position in self.steps(goal, lambda standing: standing.beside(chosen)):
            if progress is not None:
                progress(position, max(goal, position))
        self.catch_up(progress=progress)

    def status(self) -> list[Status]:
        """How each projection stands."""
        head = self.store.head()
        return statuses(self.standing(), self._projections, self.parked(), head)

    def workers(self) -> list[str]:
        """The processes that share the work."""
        with self.store.reading() as connection:
            return [worker.worker for worker in self.leases.workers(connection)]

    def parked(self) -> list[Parked]:
        """The streams that projections leave out because of an event that they failed on."""
        with self.store.reading() as connection:
            return parked(self.store.tables, connection)

    def must_answer(self, tables: Collection[str]) -> None:
        """Make sure that this code has built the tables that it is about to ask.

        Raises:
            StoreError: one is still being built, beside an older one.
        """
        if not self._unanswered:
            return
        standing = self.standing()
        self._unanswered = standing.unanswered()
        for name in self._unanswered:
            projection = self._projections[name]
            if projection.row.table in tables:
                done = min(unit.position for unit in standing.units(name, NEXT))
                raise StoreError(
                    f"The table of {name!r} is being built by version {projection.version} of the "
                    f"projection and is at position {done}: ask again later, or wait with `after`."
                )

    def steps(self, goal: int, choice: Choice) -> Iterator[int]:
        """Advance the chosen units, those that are furthest behind first, up to the goal.

        What others are at work on is waited for. Where units are built beside live ones, it goes
        on until they have taken their place.
        """
        with self.leases.claiming() as claim:
            while True:
                with self._turn:
                    chosen = choice(self._swapped())
                    reached = min((unit.position for unit in chosen), default=goal)
                    if reached >= goal:
                        if not any(unit.place == NEXT for unit in chosen):
                            return
                        goal = max(goal, self.store.head())  # the live ones went on meanwhile
                    position = self._advance(chosen, goal, claim)
                if position is None:
                    sleep(PAUSE)
                else:
                    self.tell()
                yield reached if position is None else position
                if position == goal and all(
                    unit.position == reached and unit.place == LIVE and not unit.held
                    for unit in chosen
                ):
                    return  # all of them were in that batch

    def step(self, goal: int, choice: Choice, claim: Claim) -> bool:
        """Advance those of the chosen units that are furthest behind by a batch, up to the goal.

        Returns: whether there was anything to do.
        """
        with self._turn:
            position = self._advance(choice(self._swapped()), goal, claim)
        if position is not None:
            self.tell()
        return position is not None

    def tell(self) -> None:
        """Wake those who wait for a batch."""
        with self.moved:
            self.moved.notify_all()

    def _advance(self, chosen: Sequence[Unit], goal: int, claim: Claim) -> int | None:
        """A batch, up to the goal; None where others do, or there is nothing to do."""
        free = [unit for unit in chosen if not unit.held and unit.position < goal]
        if not free:
            return None
        positions = sorted({unit.position for unit in free} | {goal})
        after = positions[0]
        if goal - after > BACKLOG and any(unit.owner is None for unit in free):
            claim(free)
            return after
        # They go on together with the next ones, once they have reached those.
        together = [unit for unit in free if unit.position == after]
        with _no_cycles_sought(positions[1] - after > BACKLOG):
            return self._batches.advance(together, positions[1])

    def _swapped(self) -> Standing:
        """How far everything is, once what was built beside and is complete is in its place."""
        standing = self.standing()
        head = 0
        swapped = False
        for name in self._projections:
            if may_swap(standing, name):
                head = head or self.store.head()
                behind = head - min(unit.position for unit in standing.ours(name, NEXT))
                swapped = (behind <= BACKLOG and self._building.swap(name)) or swapped
        return self.standing() if swapped else standing


@contextmanager
def _no_cycles_sought(wanted: bool) -> Iterator[None]:
    """Let the collector of cyclic garbage rest, for one batch: among the many objects of a batch
    it finds none, and takes a third of the time to look for them."""
    wanted = wanted and gc.isenabled()
    if wanted:
        gc.disable()
    try:
        yield
    finally:
        if wanted:
            gc.enable()
