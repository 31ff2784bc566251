"""Brings read models up to date with the log: in batches, each saved once with its checkpoint."""

import gc
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import localcontext
from threading import Condition, RLock, Thread
from threading import Event as Flag
from time import monotonic
from typing import Any, NamedTuple

from ordertrail.adapters.books import Checkpoint, ParkedStream, describe, open_books
from ordertrail.adapters.codec import Codec
from ordertrail.adapters.connection import Connection
from ordertrail.adapters.fold import Fold, Folded
from ordertrail.adapters.tables import rows
from ordertrail.adapters.view_store import ViewStore
from ordertrail.domain.errors import BadInput, StoreError
from ordertrail.domain.event import Event
from ordertrail.domain.values import ROUNDING
from ordertrail.projections.projection import Projection

Progress = Callable[[int, int], None]

CHUNK = 500  # events read at once
BYTES = 10_000_000  # of bodies in a batch; the rows they change take about as much again and more
RETRY = 1.0  # seconds after which the follower tries again what the store could not do
LOOK_UP = 0.1  # seconds after which the follower looks whether it was told to stop


class Parked(NamedTuple):
    """A stream that a projection leaves out since the event at `position`, and why."""

    projection: str
    stream: str
    position: int
    error: str
    parked_at: datetime | None


class Status(NamedTuple):
    """Where a projection stands, how many events behind, and how many streams it has parked."""

    projection: str
    position: int
    lag: int
    parked: int


class Runner:
    """Folds the events of a log into the tables of projections.

    Any number of threads and processes may run the same projections: each batch is saved once, in
    one transaction with its checkpoint, by whoever is first.
    """

    def __init__(
        self,
        store: ViewStore,
        codec: Codec,
        projections: Sequence[Projection[Any]],
        *,
        batch: int = 50_000,
    ) -> None:
        """Make the tables; those of a projection that is new or changed are empty until `catch_up`.

        Raises:
            BadInput: two projections share a name or a table.
            StoreError: a table of that name is there and is no read model.
        """
        tables = [store.tables.of(projection.row).name for projection in projections]
        for names in ([projection.name for projection in projections], tables):
            for name in names:
                if names.count(name) > 1:
                    raise BadInput(f"Two projections are called {name!r}, or their tables are.")
        self._store = store
        self._codec = codec
        self._projections = {projection.name: projection for projection in projections}
        self._folds = {
            projection.name: Fold(projection, store.tables) for projection in projections
        }
        self._batch = batch
        outage = store.tables.outage
        self._passing: tuple[type[Exception], ...] = (StoreError, MemoryError, *outage)
        self._turn = RLock()  # one thread of this process folds at a time
        self._moved = Condition()
        self._follower: Thread | None = None
        self._stop = Flag()
        self._failure: BaseException | None = None
        self._prepare(())

    def catch_up(self, until: int | None = None, progress: Progress | None = None) -> int:
        """Fold what all projections have not seen yet, up to the position `until` or the head.

        `progress` is told after each batch where its projections are and where they go to.

        Returns: the position that all projections have reached.

        Raises:
            UnknownEventType: an event comes from a newer version of the code. What is before it
                is saved.
            StoreError: the store fails, or a table was rebuilt by a newer version of the code.
        """
        head = self._store.head()
        goal = head if until is None else min(until, head)
        for position in self._steps(goal):
            if progress is not None:
                progress(position, goal)
        return goal

    def rebuild(
        self, names: Collection[str] | None = None, progress: Progress | None = None
    ) -> None:
        """Empty the tables of these projections (None: of all) and fold them anew from the start.

        Streams that were parked get another chance. Who is killed on the way finds the rest done
        by the next `catch_up`.

        Raises:
            BadInput: there is no projection of this name.
        """
        unknown = set(names or ()) - set(self._projections)
        if unknown:
            raise BadInput(
                f"There is no projection {', '.join(sorted(unknown))}; "
                f"there are {', '.join(sorted(self._projections))}."
            )
        with self._turn:
            self._prepare(self._projections if names is None else names)
        self.catch_up(progress=progress)

    def status(self) -> list[Status]:
        """How each projection stands."""
        head = self._store.head()
        streams = [parked.projection for parked in self.parked()]
        with self._store.reading() as connection:
            standing = {at.projection: at.position for at in self._checkpoints(connection)}
        return [
            Status(name, standing[name], max(0, head - standing[name]), streams.count(name))
            for name in self._projections
        ]

    def parked(self) -> list[Parked]:
        """The streams that projections leave out because of an event that they failed on."""
        with self._store.reading() as connection:
            found = rows(self._store.tables, connection, ParkedStream, order="projection, position")
            return [
                Parked(one.projection, one.stream, one.position, one.error, one.parked_at)
                for one in found
            ]

    def start(self) -> None:
        """Follow the log in a thread of its own, until `stop`. A second call does nothing."""
        if self._follower is not None and self._follower.is_alive():
            return
        self._failure = None
        self._stop.clear()
        self._follower = Thread(target=self._follow, name="ordertrail-runner", daemon=True)
        self._follower.start()

    def stop(self) -> None:
        """End following, after the batch at hand."""
        self._stop.set()
        if self._follower is not None:
            self._follower.join()
            self._follower = None

    def wait_until(self, position: int, timeout: float = 10.0) -> None:
        """Return when all projections have reached the position: then your own writes are seen.

        Where nobody follows, they are folded here and now.

        Raises:
            StoreError: they did not within `timeout` seconds.
            Exception: what the follower died of.
        """
        deadline = monotonic() + timeout
        while True:
            if self._follower is None:
                self.catch_up(position)
            with self._moved:
                reached = min((at.position for at in self._standing()), default=position)
                if reached >= position:
                    return
                if self._failure is not None:
                    raise self._failure
                if monotonic() > deadline:
                    raise StoreError(
                        f"The read models are at position {reached} and did not reach {position} "
                        f"within {timeout:g} seconds; wait longer, or see `status`."
                    )
                self._moved.wait(0.02)

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                head = self._store.head()
                for _ in self._steps(head):
                    if self._stop.is_set():
                        return
                self._failure = None
                self._store.wait_for_events(head, LOOK_UP)
            except self._passing as error:  # a full disk may be emptied: tell it, and go on
                self._failure = error
                self._tell()
                self._stop.wait(RETRY)
            except BaseException as error:
                self._failure = error
                self._tell()
                return

    def _tell(self) -> None:
        with self._moved:
            self._moved.notify_all()

    def _prepare(self, again: Collection[str]) -> None:
        """Make the tables that are missing, outdated or to be made again, and the books."""
        tables = self._store.tables
        with self._store.transaction() as connection:
            open_books(tables, connection)
            stored = {at.projection: at for at in self._checkpoints(connection)}
            current, made = [], []
            for name, projection in self._projections.items():
                at, model = stored.get(name), self._folds[name].table
                if name not in again and at is not None:
                    if at.version > projection.version:
                        continue  # catching up will say that it is newer than this code
                    if set(at.made_of.split()) - set(projection.made_of):
                        continue  # it is kept by processes that know more
                current.append(projection)
                if (
                    name in again
                    or at is None
                    or at.version != projection.version
                    or at.made_of != _made_of(projection)
                    or not model.is_as_defined(connection)
                ):
                    model.create(connection)
                    made.append(model.name)
                    connection.execute("DELETE FROM parked WHERE projection = ?", (name,))
                    made_of = _made_of(projection)
                    begun = Checkpoint(name, projection.version, made_of, 0, datetime.now(UTC))
                    books = tables.of(Checkpoint)
                    books.write(connection, books.changes({name: begun}))
            describe(tables, connection, current, made)

    def _standing(self) -> list[Checkpoint]:
        with self._store.reading() as connection:
            return list(self._ours(connection).values())

    def _ours(self, connection: Connection) -> dict[str, Checkpoint]:
        """Where those projections are that this process may fold."""
        stored = {at.projection: at for at in self._checkpoints(connection)}
        ours = {}
        for name, projection in self._projections.items():
            if stored[name].version != projection.version:
                raise StoreError(
                    f"The table of {name!r} was built by version {stored[name].version} of the "
                    f"projection, and this code has version {projection.version}: upgrade it, or "
                    "rebuild the table with it."
                )
            if stored[name].made_of == _made_of(projection):
                ours[name] = stored[name]
        return ours

    def _steps(self, goal: int) -> Iterator[int]:
        """Advance those that are furthest behind by a batch, again and again, up to the goal."""
        while True:
            with self._turn:
                checkpoints = self._standing()
                positions = sorted({at.position for at in checkpoints} | {goal})
                after = positions[0]
                if after >= goal:
                    return
                # They go on together with the next ones, once they have reached those.
                together = [at for at in checkpoints if at.position == after]
                with _no_cycles_sought(positions[1] - after > CHUNK):
                    position = self._advance(together, after, positions[1])
            self._tell()
            yield position

    def _advance(self, checkpoints: list[Checkpoint], after: int, until: int) -> int:
        """Fold and save one batch; the rows are folded before the log is locked to save them."""
        folded, last = self._fold(checkpoints, after, until)
        careful: set[str] = set()
        while True:
            try:
                self._save(checkpoints, folded, last)
                return last
            except _Misfit as misfit:
                name = misfit.projection
                if name in careful:
                    raise
                careful.add(name)
                folded[name] = self._fold_carefully(name, after, last)

    def _fold(
        self, checkpoints: list[Checkpoint], after: int, until: int
    ) -> tuple[dict[str, Folded], int]:
        last = after
        # The sums of money are ours, and not in the precision of whoever folds.
        with localcontext(ROUNDING), self._store.reading() as connection:
            parked = _parked(connection)
            batches = {
                at.projection: self._folds[at.projection].begin(
                    connection, parked=parked[at.projection], empty=at.position == 0
                )
                for at in checkpoints
            }
            for events, reached in self._read(after, until):
                for batch in batches.values():
                    batch.add(events)
                last = reached
            ended = {name: batch.end() for name, batch in batches.items()}
        return {
            name: folded or self._fold_carefully(name, after, last)
            for name, folded in ended.items()
        }, last

    def _fold_carefully(self, name: str, after: int, last: int) -> Folded:
        events = [event for some, _ in self._read(after, last) for event in some]
        with localcontext(ROUNDING), self._store.reading() as connection:
            return self._folds[name].carefully(connection, events, _parked(connection)[name])

    def _read(self, after: int, until: int) -> Iterator[tuple[list[Event], int]]:
        """The events of one batch, some at a time, each time with the position of the last."""
        last, size = after, 0
        while last < until and last - after < self._batch and size < BYTES:
            records = self._store.read(last, min(CHUNK, self._batch), until=until)
            if not records:
                raise StoreError(f"The log has no event {last + 1}, though it goes on to {until}.")
            events: list[Event] = []
            for record in records:
                try:
                    event = self._codec.decode(record)
                except StoreError:
                    if last == after:
                        raise
                    yield events, last  # what is before it is kept; then it is the first
                    return
                if event is not None:
                    events.append(event)
                last = record.position
                size += len(record.body)
            yield events, last

    def _save(self, checkpoints: list[Checkpoint], folded: dict[str, Folded], last: int) -> None:
        """Save the batch, or nothing if somebody else was first and moved a checkpoint.

        A save that is lost when the power fails takes its checkpoint with it, and is made again.
        """
        tables = self._store.tables
        with self._store.transaction(synced=False) as connection:
            tables.lock(connection)  # two that save at once would both find the checkpoint unmoved
            stored = self._ours(connection)
            if any(stored.get(at.projection) != at for at in checkpoints):
                return
            now = datetime.now(UTC)
            books = tables.of(ParkedStream)
            for name, (changes, parked) in folded.items():
                try:
                    self._folds[name].table.write(connection, changes)
                except tables.unfit as error:
                    raise _Misfit(name, error) from error
                new = {
                    (name, stream): ParkedStream(name, stream, *why, now)
                    for stream, why in parked.items()
                }
                books.write(connection, books.changes(new))
                connection.execute(
                    "UPDATE checkpoints SET position = ?, updated_at = ? WHERE projection = ?",
                    (last, tables.value(now), name),
                )

    def _checkpoints(self, connection: Connection) -> list[Checkpoint]:
        return list(rows(self._store.tables, connection, Checkpoint))


class _Misfit(StoreError):
    """A row of the projection does not fit its table."""

    def __init__(self, projection: str, error: Exception) -> None:
        super().__init__(f"A row of {projection!r} does not fit its table: {error}.")
        self.projection = projection


def _parked(connection: Connection) -> defaultdict[str, set[str]]:
    """The streams that are parked, by projection."""
    streams: defaultdict[str, set[str]] = defaultdict(set)
    for projection, stream in connection.execute(
        "SELECT projection, stream FROM parked"
    ).fetchall():
        streams[projection].add(stream)
    return streams


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


def _made_of(projection: Projection[Any]) -> str:
    return " ".join(sorted(projection.made_of))
