"""Logs with everything in them that a log can hold, to be moved and looked at."""

import random
from collections import Counter
from dataclasses import dataclass

from eventsourcing.persistence import StoredEvent, Tracking

from ordertrail import Ordertrail, PackItems, PickItems, PlaceOrder, ShipOrder
from ordertrail.adapters.store import DecidedCommand, Record, Store

TEXTS = (
    None,
    "web",
    "ünïcode 😀",
    "with 'quotes' and \"more\"",
    "back\\slash",
    "tab\tnew\nline",
    "",
)


@dataclass
class Writer:
    """Appends events of random streams; the same seed always writes the same log."""

    store: Store
    seed: int = 1

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.versions: Counter[str] = Counter()
        self.commands = 0

    def write(self, units: int) -> None:
        """Append so many units of work, then what the `eventsourcing` package would."""
        if not units:
            return
        for _ in range(units):
            with self.store.writing() as work:
                head, recorded_at = work.head()
                records, commands = self._decided(head, recorded_at)
                work.append(records, commands)
        bare = [
            StoredEvent(f"bare-{self.seed}-{self.commands}", n, "thing.done", b"\x00\xff")
            for n in (1, 2)
        ]
        reached = Tracking(f"app-{self.seed}", self.commands)
        self.store.insert_events(bare, tracking=reached)

    def _decided(self, head: int, recorded_at: int) -> tuple[list[Record], list[DecidedCommand]]:
        at = recorded_at + self.chance.randrange(3)
        records: list[Record] = []
        commands = []
        for _ in range(self.chance.randrange(1, 6)):
            self.commands += 1
            id = f"{self.seed}/{self.chance.choice('äbc')}-{self.commands}"
            first = head + len(records) + 1
            for index in range(self.chance.choice((0, 1, 1, 1, 2, 5))):
                records.append(self._record(head + len(records) + 1, at, id, index))
            fingerprint = self.chance.randbytes(16)
            commands.append(DecidedCommand(id, fingerprint, first, head + len(records)))
        return records, commands

    def _record(self, position: int, recorded_at: int, command_id: str, index: int) -> Record:
        chance = self.chance
        stream = f"thing-{self.seed}-{chance.randrange(20)}"
        self.versions[stream] += 1
        texts = [chance.choice(TEXTS) for _ in range(8)]
        return Record._make(
            (
                position,
                stream,
                self.versions[stream],
                chance.choice(("thing.made", "thing.broken")),
                chance.choice((1, 2)),
                chance.randbytes(chance.randrange(40)),
                chance.randrange(-(10**15), 10**15),
                chance.randrange(-720, 720),
                recorded_at,
                *texts,
                command_id,
                index,
            )
        )


def place_orders(trail: Ordertrail, orders: int = 2, first: int = 1) -> None:
    """Let some orders be placed, picked, packed and shipped: ids "1", "2" ..."""
    for number in range(first, first + orders):
        order = {"order_id": str(number)}
        lines = [{"line": "1", "sku": "MUG", "quantity": 2, "price": "9.50"}]
        for command in (
            PlaceOrder(command_id=f"place-{number}", customer_id="C-1", lines=lines, **order),
            PickItems(command_id=f"pick-{number}", **order),
            PackItems(command_id=f"pack-{number}", parcel=f"P-{number}", **order),
            ShipOrder(command_id=f"ship-{number}", parcel=f"P-{number}", **order),
        ):
            trail.execute(command)


def contents(store: Store) -> tuple[list[Record], list[DecidedCommand], list[Tracking]]:
    """Everything that a log holds."""
    return store.read(limit=10**6), store.commands(limit=10**6), store.trackings()
