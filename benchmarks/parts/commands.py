"""Commands a second, end to end: validated, loaded, decided, encoded, durably stored."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.business import Workload, fresh, hot, hot_orders
from benchmarks.contestants.ours import Tasks, Threads
from benchmarks.contestants.package import Package
from benchmarks.contestants.raw_postgres import RawInserts
from benchmarks.contestants.raw_sqlite import RawBatches, RawTurns
from benchmarks.rows import Row, Settings
from benchmarks.team import Team, team
from benchmarks.turns import one_turn, take_turns

CALLERS = (1, 16, 64)
PROCESSES = (2, 4)
CALLERS_EACH = 16
WORKLOADS: dict[str, Workload] = {"fresh": fresh, "hot": hot}

Make = Callable[[], Any]

IN_PROCESSES: tuple[Make, ...] = (
    lambda: Threads("SQLite"),
    lambda: Threads("PostgreSQL"),
    lambda: Package("SQLite"),
    lambda: Package("PostgreSQL"),
    lambda: Package("UmaDB"),
    RawInserts,
)
IN_ONE: tuple[Make, ...] = (
    *IN_PROCESSES,
    lambda: Threads("SQLite", follow=True),
    lambda: Threads("PostgreSQL", follow=True),
    lambda: Tasks("SQLite"),
    lambda: Package("SQLite", cached=True, queued=True),
    lambda: Package("PostgreSQL", cached=True, queued=True),
    RawTurns,
    RawBatches,
)


def commands(settings: Settings) -> Iterator[Row]:
    """Measure each number of callers and of processes, on fresh and on hot streams."""
    for streams, workload in WORKLOADS.items():
        for callers in CALLERS[-1:] if settings.quick else CALLERS:
            case = f"{streams} streams, {callers} caller{'s' * (callers > 1)}"
            yield from _case(settings, case, IN_ONE, callers, workload)
    for processes in PROCESSES[:1] if settings.quick else PROCESSES:
        with team(processes) as workers:
            for streams, workload in WORKLOADS.items():
                case = f"{streams} streams, {processes} processes with {CALLERS_EACH} callers each"
                yield from _case(
                    settings, case, IN_PROCESSES, CALLERS_EACH, workload, workers=workers
                )


def _case(
    settings: Settings,
    case: str,
    contestants: tuple[Make, ...],
    callers: int,
    workload: Workload,
    *,
    workers: Team | None = None,
) -> Iterator[Row]:
    before = list(hot_orders()) if workload is hot else []
    ways = {
        make().name: partial(
            one_turn, settings, make, callers, workload, prepare=before, workers=workers
        )
        for make in contestants
    }
    rounds = settings.rounds if workers else settings.turns
    case = f"commands, {case}"
    return take_turns(settings, ways, rounds, part="commands", case=case, unit="commands/s")
