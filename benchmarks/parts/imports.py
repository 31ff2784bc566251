"""The import of a real export, beside Python's csv.reader on the same file."""

import csv
import gzip
import json
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.measure import Sample
from benchmarks.parts.memory import watched
from benchmarks.place import Database, Missing
from benchmarks.rows import Row, Settings
from benchmarks.turns import said_missing, take_turns

EXPORT = Path("../shared/data/online-retail.csv.gz")
MAPPING = "online-retail"
QUICK_LINES = 3000


def imports(settings: Settings) -> Iterator[Row]:
    """Import Online Retail, all views caught up; skipped, and said so, where it is missing."""
    if not EXPORT.exists():
        yield said_missing("import", "online-retail", "all", Missing(f"there is no {EXPORT}"))
        return
    export = _cut(settings.folder) if settings.quick else EXPORT
    ways = {
        f"Ordertrail, {each}": partial(_import, settings, export, each)
        for each in settings.databases
    }
    ways["csv.reader"] = partial(_read, export)
    case = f"import of Online Retail, {_read(export).done:,} rows"
    yield from take_turns(settings, ways, settings.rounds, part="import", case=case, unit="rows/s")


def _read(export: Path) -> Sample:
    start = time.perf_counter()
    with gzip.open(export, "rt", encoding="utf-8-sig", newline="") as file:
        rows = sum(1 for _ in csv.reader(file)) - 1
    return Sample(rows, time.perf_counter() - start)


def _import(settings: Settings, export: Path, database: Database) -> Sample:
    """By the command line, in a process of its own."""
    with settings.place() as place:
        seconds, megabytes, said = watched(
            "import",
            str(export),
            "--map",
            MAPPING,
            "--json",
            "--db",
            place.log_url(database),
            "--rejects",
            str(place.folder / "rejects.csv"),
        )
    summary = json.loads(said[-1])
    note = f"{megabytes:.0f} MB at most; {summary['events']:,} events"
    return Sample(summary["rows"], seconds, note=note)


def _cut(folder: Path) -> Path:
    cut = folder / "cut.csv.gz"
    with gzip.open(EXPORT, "rb") as file, gzip.open(cut, "wb") as out:
        for _, line in zip(range(QUICK_LINES), file, strict=False):
            out.write(line)
    return cut
