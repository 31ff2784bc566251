"""The import of a real export, beside Python's csv.reader on the same file."""

import csv
import gzip
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from benchmarks.rows import Row, Settings

EXPORT = Path("../shared/data/online-retail.csv.gz")
MAPPING = "online-retail"
QUICK_LINES = 3000

# Between this process and the import stands a small one: a process is charged with the memory of
# the one that started it.
WATCHED = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run(sys.argv[1:], check=True)
cost = {"seconds": time.perf_counter() - start}
cost["kilobytes"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps(cost))
"""


def imports(settings: Settings, tell: Callable[[str], None]) -> Iterator[Row]:
    """Import Online Retail, all views caught up; skipped, and said so, where it is missing."""
    if not EXPORT.exists():
        print(f"import: SKIPPED, there is no {EXPORT}", file=sys.stderr)
        yield Row("import", "online-retail", f"SKIPPED: there is no {EXPORT.name}", 0, "rows/s")
        return
    export = _cut(settings.folder) if settings.quick else EXPORT
    read: list[float] = []
    imported: list[float] = []
    peak = 0.0
    for _ in range(settings.rounds):
        tell("import: csv.reader")
        rows, seconds = _read(export)
        read.append(seconds)
        tell("import: ordertrail import")
        seconds, megabytes, events = _import(settings.folder, export)
        imported.append(seconds)
        peak = max(peak, megabytes)
    ours, bare = median(imported), median(read)
    case = f"online-retail, {rows:,} rows"
    note = f"{ours / bare:.1f} times csv.reader; {peak:.0f} MB at most; {events:,} events"
    yield Row(
        "import", case, "ordertrail import, views caught up", rows / ours, "rows/s", note=note
    )
    yield Row("import", case, "csv.reader", rows / bare, "rows/s", ratio=bare / ours)


def _read(export: Path) -> tuple[int, float]:
    start = time.perf_counter()
    with gzip.open(export, "rt", encoding="utf-8-sig", newline="") as file:
        rows = sum(1 for _ in csv.reader(file)) - 1
    return rows, time.perf_counter() - start


def _import(folder: Path, export: Path) -> tuple[float, float, int]:
    """Seconds, the most memory in use (MB), and events; of a process of its own."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        url = f"sqlite:///{Path(place).absolute() / 'imported.db'}"
        command = [sys.executable, "-m", "ordertrail", "import", str(export), "--db", url]
        command += ["--map", MAPPING, "--json", "--rejects", str(Path(place, "rejects.csv"))]
        done = subprocess.run(
            [sys.executable, "-c", WATCHED, *command], stdout=subprocess.PIPE, text=True, check=True
        )
        *_, summary, cost = map(json.loads, done.stdout.splitlines())
        return cost["seconds"], cost["kilobytes"] / 1024, summary["events"]


def _cut(folder: Path) -> Path:
    cut = folder / "cut.csv.gz"
    with gzip.open(EXPORT, "rb") as file, gzip.open(cut, "wb") as out:
        for _, line in zip(range(QUICK_LINES), file, strict=False):
            out.write(line)
    return cut
