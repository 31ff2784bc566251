"""Events a second, bare: no command, no view; a version of a stream is taken once everywhere."""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.contestant import Contestant
from benchmarks.contestants.disk import Disk
from benchmarks.contestants.ours import Appends
from benchmarks.contestants.package import PackageAppends
from benchmarks.contestants.raw_postgres import RawCopy, RawInserts
from benchmarks.contestants.raw_sqlite import RawBatches, RawTurns
from benchmarks.contestants.uma import UmaAppends
from benchmarks.rows import Row, Settings
from benchmarks.team import Team, team
from benchmarks.turns import one_turn, take_turns

CALLERS = (1, 16, 64)
PROCESSES = (2, 4)
CALLERS_EACH = 16
BATCHES = (10, 100, 2000)

Make = Callable[[], Contestant[Any]]

STORES: tuple[Make, ...] = (
    lambda: Appends("SQLite"),
    lambda: Appends("PostgreSQL"),
    lambda: PackageAppends("SQLite"),
    lambda: PackageAppends("PostgreSQL"),
    UmaAppends,
    RawTurns,
)
SINGLY = (*STORES, RawInserts)
IN_BATCHES = (*STORES, RawCopy)


def appends(settings: Settings) -> Iterator[Row]:
    """Measure one event at a time by callers and by processes, then batches by one caller."""
    for callers in CALLERS[-1:] if settings.quick else CALLERS:
        alone: tuple[Make, ...] = (Disk,) if callers == 1 else (RawBatches,)
        case = f"{callers} caller{'s' * (callers > 1)}"
        rows = list(_case(settings, case, (*SINGLY, *alone), callers))
        yield from _flushed(rows) if callers == 1 else rows
    for processes in PROCESSES[:1] if settings.quick else PROCESSES:
        with team(processes) as workers:
            case = f"{processes} processes with {CALLERS_EACH} callers each"
            yield from _case(settings, case, SINGLY, CALLERS_EACH, workers=workers)
    for batch in BATCHES[-1:] if settings.quick else BATCHES:
        yield from _case(settings, f"batches of {batch:,}", IN_BATCHES, 1, batch=batch)


def _case(
    settings: Settings,
    case: str,
    contestants: tuple[Make, ...],
    callers: int,
    *,
    batch: int = 1,
    workers: Team | None = None,
) -> Iterator[Row]:
    ways = {
        make().name: partial(one_turn, settings, make, callers, batch, workers=workers)
        for make in contestants
    }
    rounds = settings.rounds if workers else settings.turns
    case = f"bare appends, {case}"
    return take_turns(settings, ways, rounds, part="appends", case=case, unit="events/s")


def _flushed(rows: list[Row]) -> Iterator[Row]:
    """Say loudly who is faster than the disk: his appends are not durable."""
    (disk,) = (row for row in rows if row.contestant == Disk.name)
    for row in rows:
        if row.p50 and disk.p50 and row.p50 < 0.8 * disk.p50:
            print(f"appends: {row.contestant} IS FASTER THAN THE DISK", file=sys.stderr)
            yield row._replace(note="FASTER THAN THE DISK: not flushed")
        else:
            yield row
