"""The rows that Ordertrail writes, for the bare databases to write the same bytes."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from functools import cache, partial
from itertools import count
from typing import Any

from benchmarks.business import Spec, Workload, append_after_append, fresh, hot, hot_orders
from ordertrail.adapters.store import Record
from ordertrail.adapters.stored_events import stream_of
from ordertrail.adapters.urls import open_store
from ordertrail.domain.order.commands import OrderCommand
from ordertrail.engine import Ordertrail

Work = Workload | int
"""Commands of a workload, or appends of so many events."""

Values = tuple[Any, ...]
"""Of all columns but the position, which the database gives."""

COLUMNS = Record._fields[1:]


APART = 1_000_000_000
"""Between the versions that two callers write to one stream: nobody decides them here."""


def inserts(caller: int, work: Work) -> Iterator[list[Values]]:
    """The rows that a caller inserts, each time those of one command or one append."""
    if isinstance(work, int):
        return ([_told(*event) for event in events] for events in append_after_append(work))
    samples = _samples()  # made before the clock runs
    versions: defaultdict[str, Iterator[int]] = defaultdict(partial(count, 1 + caller * APART))

    def row(spec: Spec) -> Values:
        stream = f"order-{spec.fields['order_id']}"
        return samples[spec.kind]._replace(stream=stream, version=next(versions[stream]))[1:]

    return ([row(spec)] for spec in work(caller))


def each(work: Work) -> int:
    """How much of the work one insert does."""
    return work if isinstance(work, int) else 1


def _told(stream: Any, version: int, type: str, body: bytes) -> Values:
    values = dict.fromkeys(COLUMNS) | {
        "stream": stream_of(stream),
        "version": version,
        "type": type,
        "body": body,
        "recorded_at": time.time_ns() // 1000,
    }
    return tuple(values.values())


@cache
def definition() -> str:
    """The table of events of Ordertrail on SQLite, without its guards."""
    with closing(open_store("memory:")) as store, store.reading() as connection:
        query = "SELECT sql FROM sqlite_master WHERE name = 'events'"
        return str(connection.execute(query).fetchone()[0])


@cache
def _samples() -> dict[type[OrderCommand], Record]:
    """The row that the first command of each kind leads to."""
    store = open_store("memory:")
    with Ordertrail(store, follow=False) as trail:
        trail.execute_many([spec.command() for spec in hot_orders()])
        specs = next(fresh(0)), *(spec for _, spec in zip(range(2), hot(0), strict=False))
        return {
            spec.kind: store.read(trail.execute(spec.command()).position - 1, 1)[0]
            for spec in specs
        }
