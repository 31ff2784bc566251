"""Who is at work on which partitions: claims that end by themselves, and a beat that keeps them.

A claim only spares others the work. What makes sure that nobody saves who was overtaken is the
epoch, which grows with each claim, and without which no batch is saved.
"""

import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import product
from threading import Event, Lock, Thread
from typing import Any
from uuid import uuid4
from zlib import crc32

from ordertrail.adapters.books import Worker
from ordertrail.adapters.connection import Connection
from ordertrail.adapters.partitions import PARTITIONS
from ordertrail.adapters.standing import Known, Standing, Unit
from ordertrail.adapters.tables import LIVE, NEXT, rows
from ordertrail.adapters.view_store import ViewStore
from ordertrail.domain.errors import StoreError

Claim = Callable[[Sequence[Unit]], None]

LEASE = 4.0
"""Seconds after which a claim ends unless it is renewed: who is gone is replaced then."""

BEAT = 1.0
"""Seconds between two renewals."""


class Leases:
    """The claims of one process."""

    def __init__(self, store: ViewStore, knows: Mapping[str, Known]) -> None:
        self.owner = f"{socket.gethostname()}/{os.getpid()}/{uuid4().hex[:4]}"
        self._store = store
        self._able = {known.named(name) for name, known in knows.items()}
        self.knows = knows
        self._shares = False
        tables = store.tables
        # One that ends later than any that begins now was made by a clock that has gone back.
        self._valid = f"BETWEEN {tables.moment(0)} AND {tables.moment(LEASE + BEAT)}"
        self._renewed = tables.moment(LEASE)
        self.saving = Lock()
        """Held by whoever writes: a beat and a save would otherwise wait for each other's rows."""

    def standing(self, connection: Connection) -> Standing:
        """All units, and which of them others are at work on."""
        found = connection.execute(
            "SELECT projection, place, partition, version, made_of, form, position, rate, epoch, "
            f"CASE WHEN lease_until {self._valid} THEN owner END FROM checkpoints "
            "ORDER BY projection, place, partition"
        ).fetchall()
        workers = [] if self._shares else self.workers(connection)
        able = {name for worker in workers for name in worker.able}
        units = []
        for told in found:
            owner = told[-1]
            unit = Unit._make((*told, owner not in (None, self.owner)))
            if able and Known(unit.version, unit.made_of, unit.form).named(unit.projection) in able:
                unit = unit._replace(held=True)
            elif self._shares and owner is None:
                unit = unit._replace(held=True)  # it is shared out at the next beat
            units.append(unit)
        return Standing(self.knows, units)

    @contextmanager
    def claiming(self) -> Iterator[Claim]:
        """Lend a function that claims units, all of which are let go at the end of the block."""
        beating: list[Any] = []

        def claim(units: Sequence[Unit]) -> None:
            if not beating:
                beating.append(claims.enter_context(self._beating(self._renew)))
            with self._writing() as connection:
                self._claim(connection, units)

        with ExitStack() as claims:
            yield claim

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Share the units with all processes that do the same, and let them go at the end."""
        self._shares = True
        self._share()
        with self._beating(self._share):
            yield

    def take_up(self, standing: Standing) -> None:
        """Share out at once what nobody works on, such as what is to be built anew."""
        ours = [
            u for name in self.knows for place in (LIVE, NEXT) for u in standing.ours(name, place)
        ]
        if any(unit.owner is None for unit in ours):
            self._share()

    @contextmanager
    def _beating(self, beat: Callable[[], None]) -> Iterator[None]:
        over = Event()

        def beats() -> None:
            while not over.wait(BEAT):
                with suppress(StoreError):  # the next one may be luckier; else the claims end
                    beat()

        thread = Thread(target=beats, name="ordertrail-leases", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            with suppress(StoreError):
                self._release()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self.saving, self._store.transaction(synced=False) as connection:
            yield connection

    def _claim(self, connection: Connection, units: Sequence[Unit]) -> None:
        connection.executemany(
            f"UPDATE checkpoints SET owner = ?, epoch = epoch + 1, lease_until = {self._renewed} "
            "WHERE projection = ? AND place = ? AND partition = ? AND epoch = ? "
            f"AND (owner IS NULL OR owner = ? OR lease_until NOT {self._valid})",
            [(self.owner, *unit[:3], unit.epoch, self.owner) for unit in units],
        )

    def _renew(self) -> None:
        with self._writing() as connection:
            connection.execute(
                f"UPDATE checkpoints SET lease_until = {self._renewed} WHERE owner = ?",
                (self.owner,),
            )

    def _release(self) -> None:
        with self._writing() as connection:
            connection.execute(
                "UPDATE checkpoints SET owner = NULL, lease_until = NULL WHERE owner = ?",
                (self.owner,),
            )
            if self._shares:
                connection.execute("DELETE FROM workers WHERE worker = ?", (self.owner,))

    def _share(self) -> None:
        """Say that this process is there, renew what is its share, and give up what is not."""
        tables = self._store.tables
        book = tables.of(Worker)
        with self._writing() as connection:
            me = Worker(self.owner, sorted(self._able))
            book.write(connection, book.changes({self.owner: me}))
            connection.execute(
                f"UPDATE workers SET seen_until = {self._renewed} WHERE worker = ?", (self.owner,)
            )
            connection.execute(f"DELETE FROM workers WHERE seen_until NOT {self._valid}")
            workers = list(rows(tables, connection, Worker, order="worker"))
            standing = self.standing(connection)
            mine, others = shared_out(standing, self.knows, workers, self.owner)
            connection.executemany(
                "UPDATE checkpoints SET owner = NULL, lease_until = NULL WHERE owner = ? "
                "AND projection = ? AND place = ? AND partition = ?",
                [(self.owner, *unit[:3]) for unit in others if unit.owner == self.owner],
            )
            self._claim(connection, [unit for unit in mine if unit.owner is None])
            connection.execute(
                f"UPDATE checkpoints SET lease_until = {self._renewed} WHERE owner = ?",
                (self.owner,),
            )

    def workers(self, connection: Connection) -> list[Worker]:
        """The processes that share the work."""
        there = f"seen_until {self._valid}"
        return list(rows(self._store.tables, connection, Worker, there, order="worker"))


def shared_out(
    standing: Standing, knows: Mapping[str, Known], workers: Sequence[Worker], owner: str
) -> tuple[list[Unit], list[Unit]]:
    """The units of this code that fall to the owner, and those that fall to others.

    Every worker comes to the same shares, whatever else it knows. Who works on a partition of one
    projection works on that of the others, as far as the number of workers allows.
    """
    mine: list[Unit] = []
    others: list[Unit] = []
    for name, place in product(sorted(knows), (LIVE, NEXT)):
        word = knows[name].named(name)
        able = [worker.worker for worker in workers if word in worker.able]
        within = crc32(name.encode()) / 2**32
        for unit in standing.ours(name, place):
            falls_to = able[int((unit.partition + within) / PARTITIONS * len(able))]
            (mine if falls_to == owner else others).append(unit)
    return mine, others
