"""Commands a second, end to end: validated, loaded, decided, encoded, durably stored."""

import gc
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from benchmarks.business import Workload, fresh, hot, hot_orders
from benchmarks.contestant import Contestant
from benchmarks.measure import Sample, figures
from benchmarks.ours import Tasks, Threads
from benchmarks.package import Package
from benchmarks.raw import Raw, RawBatches, RawTurns
from benchmarks.rows import Row, Settings

CALLERS = (1, 16, 64)
WORKLOADS: dict[str, Workload] = {"fresh": fresh, "hot": hot}
CONTESTANTS: tuple[Callable[[], Contestant], ...] = (
    Threads,
    Package,
    Tasks,
    lambda: Package(cached=True),
    lambda: Threads(follow=True),
    lambda: Package(cached=True, queued=True),
    Raw,
    RawTurns,
    RawBatches,
)


def commands(settings: Settings, tell: Callable[[str], None]) -> Iterator[Row]:
    """Measure each number of callers on fresh and on hot streams; contestants take turns."""
    for name, workload in WORKLOADS.items():
        for callers in CALLERS[-1:] if settings.quick else CALLERS:
            samples: defaultdict[str, list[Sample]] = defaultdict(list)
            for _ in range(settings.turns):
                for make in CONTESTANTS:
                    contestant = make()
                    tell(f"{name} streams, {callers} callers: {contestant.name}")
                    samples[contestant.name].append(_once(contestant, settings, callers, workload))
            ours = [sample.rate for sample in samples[Threads().name]]
            for who, measured in samples.items():
                said = figures(measured)
                yield Row(
                    "commands",
                    f"{name} streams, {callers} caller{'s' * (callers > 1)}",
                    who,
                    said.rate,
                    "commands/s",
                    said.p50,
                    said.p95,
                    said.p99,
                    median(o / sample.rate for o, sample in zip(ours, measured, strict=True)),
                    said.tries,
                    said.note,
                )


def _once(contestant: Contestant, settings: Settings, callers: int, workload: Workload) -> Sample:
    with tempfile.TemporaryDirectory(dir=settings.folder) as folder:
        contestant.open(Path(folder))
        try:
            if workload is hot:
                contestant.prepare(hot_orders())
            gc.collect()
            return contestant.run(callers, settings.seconds, workload)
        finally:
            contestant.close()
