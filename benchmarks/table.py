"""How the rows look: a table for a reader, an object for each run for a script."""

import json
import os
import platform
import sqlite3
import sys
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby

from rich.console import Console
from rich.table import Table

from benchmarks import postgres
from benchmarks.rows import Row, Run

HEADINGS = (
    "contestant",
    "rate",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "SQLite ahead",
    "PostgreSQL ahead",
    "tries",
    "note",
)
PACKAGES = ("eventsourcing", "psycopg", "pydantic", "umadb")


def machine(server: str | None) -> dict[str, str | int | None]:
    """What the figures depend on, without a name or a path."""
    return {
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "postgresql": server and postgres.version(server),
        **{package: _version(package) for package in PACKAGES},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def show(run: Run) -> None:
    """Print one table; times are milliseconds."""
    table = Table(
        title="Ordertrail beside its peers, in one run"
        + " (quick: too short to mean much)" * run.quick,
        caption=f"{_said(run)}. Ahead: the rate of Ordertrail on that database in the"
        " same case, divided by this one.",
    )
    for heading in ("case", *HEADINGS):
        words = heading in ("case", "contestant", "note")
        table.add_column(heading, justify="left" if words else "right")
    for _, group in groupby(run.rows, key=lambda row: (row.part, row.case)):
        for number, row in enumerate(group):
            table.add_row("" if number else row.case, *_cells(row))
        table.add_section()
    Console(width=None if sys.stdout.isatty() else 150).print(table)


def as_json(run: Run) -> str:
    """One JSON object with everything."""
    rows = [row._asdict() for row in run.rows]
    document = {"machine": run.where, "quick": run.quick, "rows": rows}
    return json.dumps(document, indent=1) + "\n"


def as_markdown(run: Run) -> str:
    """A table for each case, as docs/performance.md has them."""
    lines = [_said(run) + " (quick)" * run.quick]
    for case, group in groupby(run.rows, key=lambda row: row.case):
        lines += ["", f"**{case}**", "", f"| {' | '.join(HEADINGS)} |", f"|---|{'---:|' * 7}---|"]
        lines += [f"| {' | '.join(_cells(row))} |" for row in group]
    return "\n".join(lines) + "\n"


def _said(run: Run) -> str:
    return ", ".join(f"{name} {value}" for name, value in run.where.items() if value is not None)


def _cells(row: Row) -> list[str]:
    digits = 0 if row.rate >= 100 else 2
    return [
        row.contestant,
        f"{row.rate:,.{digits}f} {row.unit}" if row.rate else "",
        *("" if time is None else f"{time:.2f}" for time in (row.p50, row.p95, row.p99)),
        *("" if ratio is None else f"{ratio:.2f}" for ratio in (row.sqlite, row.postgres)),
        "" if row.tries is None else f"{row.tries:.1f}",
        row.note,
    ]
