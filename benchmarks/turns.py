"""Contestants that take turns, and the rows that come of it."""

import gc
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from statistics import median
from typing import Any

from benchmarks.business import Spec
from benchmarks.measure import Sample, figures
from benchmarks.place import Missing
from benchmarks.rows import Row, Settings
from benchmarks.team import Team

ON_SQLITE = "Ordertrail, SQLite"
ON_POSTGRES = "Ordertrail, PostgreSQL"


def take_turns(
    settings: Settings,
    ways: Mapping[str, Callable[[], Sample]],
    rounds: int,
    *,
    part: str,
    case: str,
    unit: str,
) -> Iterator[Row]:
    """Let each contestant work once in each round; medians of the rounds.

    Whoever cannot take part has a row that says so, and is named on standard error.
    """
    samples: dict[str, list[Sample]] = {who: [] for who in ways}
    missing: dict[str, Row] = {}
    for _ in range(rounds):
        for who, way in ways.items():
            if who in missing:
                continue
            settings.tell(f"{part}: {case}: {who}")
            gc.collect()
            try:
                samples[who].append(way())
            except Missing as reason:
                missing[who] = said_missing(part, case, who, reason)
    for who, measured in samples.items():
        if who in missing:
            yield missing[who]
            continue
        said = figures(measured)
        yield Row(
            part,
            case,
            who,
            said.rate,
            unit,
            said.p50,
            said.p95,
            said.p99,
            _ratio(samples.get(ON_SQLITE), measured),
            _ratio(samples.get(ON_POSTGRES), measured),
            said.tries,
            said.note,
        )


def one_turn(
    settings: Settings,
    make: Callable[[], Any],
    callers: int,
    work: Any,
    *,
    prepare: Iterable[Spec] = (),
    workers: Team | None = None,
) -> Sample:
    """Let a new contestant work in a fresh place: in this process, or in all of a team.

    Args:
        make: makes the contestant.
        callers: how many, in each process.
        work: a workload, or events in a batch.
        prepare: commands to execute before the clock runs.
        workers: the processes to work in.
    """
    with settings.place() as place:
        contestant = make()
        contestant.open(place)
        try:
            if prepare:
                contestant.prepare(prepare)
            if workers is not None:
                return workers.run(make(), place, callers, settings.seconds, work)
            sample: Sample = contestant.run(range(callers), settings.seconds, work)
            return sample
        finally:
            contestant.close()


def said_missing(part: str, case: str, who: str, reason: Missing) -> Row:
    """The row of somebody who cannot take part; says so on standard error too."""
    print(f"{part}: {case}: {who} NOT MEASURED: {reason}", file=sys.stderr)
    return Row(part, case, who, 0, "", note=f"NOT MEASURED: {reason}")


def _ratio(ours: list[Sample] | None, theirs: list[Sample]) -> float | None:
    if not ours:
        return None
    return median(our.rate / their.rate for our, their in zip(ours, theirs, strict=True))
