"""How long after an append an order shows in the orders view, in the process that appended it."""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.business import fresh
from benchmarks.measure import Sample, figures
from benchmarks.rows import Row, Settings
from ordertrail.engine import Ordertrail


def follow(settings: Settings, tell: Callable[[str], None]) -> Iterator[Row]:
    """Place orders one by one and wait for each to be shown by `orders(after=receipt)`."""
    tell("follow: append to visible")
    chance = random.Random(1)
    latencies: list[float] = []
    with (
        tempfile.TemporaryDirectory(dir=settings.folder) as folder,
        Ordertrail.open(f"sqlite:///{Path(folder) / 'ours.db'}") as trail,
    ):
        start = time.perf_counter()
        for _, spec in zip(range(20 if settings.quick else 500), fresh(0), strict=False):
            time.sleep(chance.uniform(0, 0.01))
            receipt = trail.execute(spec.command())
            before = time.perf_counter()
            trail.orders(after=receipt, limit=1)
            latencies.append(time.perf_counter() - before)
        seconds = time.perf_counter() - start
    said = figures([Sample(len(latencies), seconds, latencies, len(latencies))])
    yield Row(
        "follow",
        "append to visible, one writer",
        "Ordertrail, all views following",
        said.rate,
        "orders/s",
        said.p50,
        said.p95,
        said.p99,
        note="from the receipt to the answer of orders(after=receipt)",
    )
