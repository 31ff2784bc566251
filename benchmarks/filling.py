"""Fills a log with many events, straight from rows: nothing is decided again."""

import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import chain, islice
from pathlib import Path

from benchmarks.lives import lives
from ordertrail.adapters.store import DecidedCommand, Record
from ordertrail.adapters.urls import open_store

AT_ONCE = 10_000
ORDERS = 4000
FINGERPRINT = bytes(32)


def fill(url: str, records: Iterable[Record]) -> int:
    """Append the records, each as a command of its own; returns how many there are then."""
    rest, last = iter(records), 0
    with closing(open_store(url)) as store:
        while chunk := list(islice(rest, AT_ONCE)):
            with store.writing(exclusive=True) as work:
                last, recorded_at = work.head()
                now = max(time.time_ns() // 1000, recorded_at)
                placed = [
                    record._replace(position=position, recorded_at=now)
                    for position, record in enumerate(chunk, last + 1)
                ]
                work.append(placed, list(_commands(placed)))
                last += len(placed)
    return last


def many(folder: Path, events: int) -> Iterator[Record]:
    """So many events: full lives of orders, told again of other orders as often as needed."""
    copies = (_told_of_others(lives(folder, ORDERS), number) for number in range(events))
    return islice(chain.from_iterable(copies), events)


def _told_of_others(records: Iterable[Record], number: int) -> Iterator[Record]:
    """The same events, with other orders, customers and parcels in them."""
    for record in records:
        body = record.body
        for name in (b"SO-", b"C-", b"RM"):
            body = body.replace(b'"' + name, b'"' + name + b"%d-" % number)
        yield record._replace(
            stream=record.stream.replace("-SO-", f"-SO-{number}-"),
            body=body,
            command_id=f"{record.command_id}-{number}",
        )


def _commands(records: list[Record]) -> Iterator[DecidedCommand]:
    for record in records:
        if record.command_id is not None and not record.command_index:
            yield DecidedCommand(record.command_id, FINGERPRINT, record.position, record.position)
