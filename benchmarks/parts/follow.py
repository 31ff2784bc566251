"""How long after an append an order shows in the orders view, here and in another process."""

import multiprocessing
import random
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread

from benchmarks.business import BODY, fresh
from benchmarks.contestants import package_view
from benchmarks.contestants.uma import UmaServer
from benchmarks.lives import lives
from benchmarks.measure import Sample
from benchmarks.place import Database
from benchmarks.rows import Row, Settings
from benchmarks.turns import take_turns
from ordertrail.engine import Ordertrail

PAUSE = 0.01
"""Seconds that the writer rests at most between two orders."""


def follow(settings: Settings) -> Iterator[Row]:
    """Place orders one by one, and wait for each to be shown by the orders view."""
    ways = {}
    for database in settings.databases:
        name = f"Ordertrail, {database}"
        ways[name] = partial(_here, settings, database)
        ways[f"{name}, another process"] = partial(_elsewhere, settings, database)
    # On SQLite the package can follow no log that grows.
    ways["eventsourcing, PostgreSQL, ProjectionRunner, one small view"] = partial(
        _package, settings
    )
    ways["UmaDB, subscription, no view"] = partial(_subscription, settings)
    yield from take_turns(
        settings, ways, settings.turns, part="follow", case="append to visible", unit="a second"
    )


def _orders(settings: Settings) -> range:
    return range(20 if settings.quick else 100)


def _sample(latencies: list[float]) -> Sample:
    return Sample(len(latencies), sum(latencies), latencies, len(latencies))


def _here(settings: Settings, database: Database) -> Sample:
    chance, latencies = random.Random(1), []
    with settings.place() as place, Ordertrail.open(place.log_url(database)) as trail:
        for _, spec in zip(_orders(settings), fresh(0), strict=False):
            time.sleep(chance.uniform(0, PAUSE))
            receipt = trail.execute(spec.command())
            before = time.monotonic()
            trail.orders(after=receipt, limit=1)
            latencies.append(time.monotonic() - before)
    return _sample(latencies)


def _elsewhere(settings: Settings, database: Database) -> Sample:
    chance, latencies = random.Random(1), []
    context = multiprocessing.get_context("spawn")
    told, tell = context.Pipe()
    with settings.place() as place:
        url = place.log_url(database)
        with Ordertrail.open(url, follow=False) as trail:
            follower = context.Process(target=_show, args=(url, tell), daemon=True)
            follower.start()
            told.recv()
            for _, spec in zip(_orders(settings), fresh(0), strict=False):
                time.sleep(chance.uniform(0, PAUSE))
                position = trail.execute(spec.command()).position
                before = time.monotonic()
                told.send(position)
                latencies.append(told.recv() - before)
            told.send(None)
            follower.join()
    return _sample(latencies)


def _show(url: str, pipe: Connection) -> None:
    """Say when each order is shown; one clock runs for all processes of a machine."""
    with Ordertrail.open(url) as trail:
        trail.orders(after=trail.position)
        pipe.send("ready")
        while (position := pipe.recv()) is not None:
            trail.orders(after=position, limit=1)
            pipe.send(time.monotonic())


def _package(settings: Settings) -> Sample:
    chance, latencies = random.Random(1), []
    records = lives(settings.folder, 60)
    with settings.place() as place, package_view.runner(place, "PostgreSQL") as runner:
        for _ in _orders(settings):
            time.sleep(chance.uniform(0, PAUSE))
            position = runner.app.tell([next(records)])
            before = time.monotonic()
            while not runner.view.has_tracking_id(runner.app.name, position):
                time.sleep(0.0005)
            latencies.append(time.monotonic() - before)
    return _sample(latencies)


def _subscription(settings: Settings) -> Sample:
    chance, latencies = random.Random(1), []
    with settings.place() as place, closing(UmaServer(place.folder)) as server:
        import umadb

        seen: SimpleQueue[float] = SimpleQueue()
        subscription = server.client.subscribe()

        def listen() -> None:
            with suppress(umadb.CancelledByUserError):
                for _ in subscription:
                    seen.put(time.monotonic())

        listener = Thread(target=listen)
        listener.start()
        for _ in _orders(settings):
            time.sleep(chance.uniform(0, PAUSE))
            server.client.append([umadb.Event("order.told", BODY, ["order"])])
            before = time.monotonic()
            latencies.append(max(0.0, seen.get() - before))
        subscription.cancel()
        listener.join()
    return _sample(latencies)
