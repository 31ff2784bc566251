"""What the processes of a round do until they are killed: they write, contend, follow and fold.

Each goes on where its diary ends. What they do follows from their names and the seed of the
round; only how they come between each other is left to chance.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from threading import Thread
from typing import NamedTuple, TypeVar

from eventsourcing.persistence import IntegrityError, OperationalError, StoredEvent

from ordertrail import (
    AddNote,
    Command,
    DeliverOrder,
    Ordertrail,
    PackItems,
    PickItems,
    PlaceOrder,
    Receipt,
    Refused,
    ShipOrder,
    StoreError,
)
from ordertrail.adapters.urls import open_store
from ordertrail.adapters.view_store import ViewStore
from tests.faults.diary import Diary, notes_in
from tests.faults.promise import Stored

T = TypeVar("T")

CALLERS = 3  # threads in each process that writes
PAUSE = 0.01  # seconds before somebody who met a fault tries again
THINKING = 0.02  # seconds at most between two commands of a caller
WORK = 0.02  # seconds between two rounds of a worker's work
LONG_AGO = datetime(2020, 2, 29, tzinfo=UTC)  # a deadline that has passed
ASTRAY = 20  # hours that a clock which jumps may be off


class Part(NamedTuple):
    """An actor's part in a round; `astray` lets its clock jump, back as often as forth."""

    name: str
    url: str
    diary: Path
    seed: str
    astray: bool = False

    def clock(self) -> datetime:
        """The time as this actor sees it."""
        off = timedelta(hours=Random().uniform(-ASTRAY, ASTRAY)) if self.astray else timedelta(0)
        return datetime.now(UTC) + off

    def engine(self, *, follow: bool = False) -> Ordertrail:
        """An engine of its own, as soon as the store can be opened."""
        return _patiently(lambda: Ordertrail.open(self.url, clock=self.clock, follow=follow))

    def store(self) -> ViewStore:
        """A store of its own, as soon as it can be opened."""
        return _patiently(lambda: open_store(self.url))


def writer(part: Part) -> None:
    """Callers in one engine tell of orders; what failed is asked again until it is settled."""
    trail = part.engine()
    _in_threads(part, lambda caller: _tell(trail, part, caller))


def _tell(trail: Ordertrail, part: Part, caller: str) -> None:
    diary, notes = Diary(part.diary), notes_in(part.diary)
    settled = {note.id for note in notes if note.kind in ("told", "refused")}
    settled -= {note.id for note in notes[-5:] if note.kind == "told"}  # to hear the same again
    for errand in _errands(caller, Random(f"{part.seed} {caller}")):
        waiting = {str(c.command_id): c for c in errand if c.command_id not in settled}
        while waiting:
            for id in waiting:
                diary.note("asks", id)
            outcomes = trail.execute_many(list(waiting.values()))
            for id, outcome in zip(list(waiting), outcomes, strict=True):
                if isinstance(outcome, StoreError):
                    diary.note("failed", id, 0, [str(outcome)])
                    continue
                del waiting[id]
                if isinstance(outcome, Receipt):
                    events = [event.id for event in outcome.events]
                    diary.note("told", id, outcome.position, events)
                else:
                    assert isinstance(outcome, Refused), outcome
                    diary.note("refused", id)
            time.sleep(PAUSE if waiting else Random().uniform(0, THINKING))


def _errands(caller: str, chance: Random) -> Iterator[list[Command]]:
    """What a caller has to tell, for ever: now and then with others, or much of it at once."""
    yield [_placed("hot", f"{caller}/hot")]
    for number in count():
        order = f"{caller}-{number}"
        kind = chance.random()
        if kind < 0.1:  # the others use the same id for the same content
            shared = f"shared-{chance.randrange(40)}"
            yield [_placed(shared, shared, ship_by=LONG_AGO)]
        elif kind < 0.3:
            yield [AddNote(order_id="hot", kind=f"note-{order}", command_id=f"{order}/note")]
        elif kind < 0.31:
            many = (f"{order}-{one}" for one in range(chance.choice((5, 120))))
            yield [_placed(one, f"{one}/place") for one in many]
        else:
            parcel = f"P-{order}"
            yield [_placed(order, f"{order}/place")]
            yield [PickItems(order_id=order, command_id=f"{order}/pick")]
            yield [PackItems(order_id=order, parcel=parcel, command_id=f"{order}/pack")]
            yield [ShipOrder(order_id=order, parcel=parcel, command_id=f"{order}/ship")]
            yield [DeliverOrder(order_id=order, parcel=parcel, command_id=f"{order}/deliver")]


def _placed(order: str, command_id: str, ship_by: datetime | None = None) -> Command:
    return PlaceOrder(
        order_id=order,
        customer_id="C-1",
        currency="GBP",
        lines=[{"line": "1", "sku": "MUG", "quantity": 2, "price": "9.50"}],
        ship_by=ship_by,
        command_id=command_id,
    )


def contender(part: Part) -> None:
    """Callers without commands want the next versions of the same two streams, all of them."""
    if part.astray:
        time.time_ns = lambda: int(part.clock().timestamp() * 1e9)
    store = part.store()
    _in_threads(part, lambda caller: _contend(store, part, caller))


def _contend(store: ViewStore, part: Part, caller: str) -> None:
    diary = Diary(part.diary)
    before = sum(note.kind == "asks" for note in notes_in(part.diary))
    chance = Random(f"{part.seed} {caller} {before}")
    for number in count(before):
        id = f"{caller}/{number}"
        stream = chance.choice(("contested 1", "contested 2"))
        try:
            last = store.select_events(stream, desc=True, limit=1)
            version = last[0].originator_version + 1 if last else 1
            events = [
                StoredEvent(stream, version + index, "contested", f"{id}.{index}".encode())
                for index in range(chance.choice((1, 1, 1, 3)))
            ]
            diary.note("asks", id)
            positions = store.insert_events(events)
        except IntegrityError:
            diary.note("refused", id)
        except OperationalError as error:
            diary.note("failed", id, 0, [str(error)])
        else:
            assert positions
            diary.note("told", id, positions[-1], [event.state.decode() for event in events])
        time.sleep(chance.uniform(0, THINKING))


def follower(part: Part) -> None:
    """Somebody follows the log, and goes on after the last event that it saw."""
    diary = Diary(part.diary)
    store = part.store()
    after = max((note.position for note in notes_in(part.diary)), default=0)
    while True:
        try:
            for record in store.follow(after):
                diary.note("saw", Stored.of(record).event, record.position)
                after = record.position
        except StoreError as error:
            diary.note("failed", "", 0, [str(error)])
            time.sleep(PAUSE)


def worker(part: Part) -> None:
    """The views follow in a thread of their own, and deadlines pass."""
    trail, diary = part.engine(follow=True), Diary(part.diary)
    while True:
        try:
            trail.orders(after=trail.position, limit=1)
            trail.watch(datetime.now(UTC))
            diary.note("lives")
        except StoreError as error:
            diary.note("failed", "", 0, [str(error)])
        time.sleep(WORK)


def rebuilder(part: Part) -> None:
    """Somebody builds views anew, one after the other, while others fold them and write."""
    trail, diary = part.engine(), Diary(part.diary)
    while True:
        for projection in trail.projections:
            try:
                trail.rebuild([projection.name])
                diary.note("lives")
            except StoreError as error:
                diary.note("failed", "", 0, [str(error)])
            time.sleep(WORK)


def _in_threads(part: Part, work: Callable[[str], None]) -> None:
    callers = [f"{part.name}-{number}" for number in range(CALLERS)]
    threads = [Thread(target=work, args=(caller,)) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _patiently(act: Callable[[], T]) -> T:
    while True:
        try:
            return act()
        except StoreError:
            time.sleep(PAUSE)
