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
from benchmarks.rows import Row

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

Machine = dict[str, str | int | None]


def machine(server: str | None) -> Machine:
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


def show_json(rows: list[Row], where: Machine, quick: bool) -> None:
    """Print one JSON object with everything."""
    document = {"machine": where, "quick": quick, "rows": [row._asdict() for row in rows]}
    json.dump(document, sys.stdout, indent=1)
    print()


def show(rows: list[Row], where: Machine, quick: bool) -> None:
    """Print one table; times are milliseconds."""
    table = Table(
        title="Ordertrail beside its peers, in one run"
        + " (quick: too short to mean much)" * quick,
        caption=f"{_said(where)}. Ahead: the rate of Ordertrail on that database in the"
        " same case, divided by this one.",
    )
    for heading in ("case", *HEADINGS):
        words = heading in ("case", "contestant", "note")
        table.add_column(heading, justify="left" if words else "right")
    for _, group in groupby(rows, key=lambda row: (row.part, row.case)):
        for number, row in enumerate(group):
            table.add_row("" if number else row.case, *_cells(row))
        table.add_section()
    Console(width=None if sys.stdout.isatty() else 150).print(table)


def show_markdown(rows: list[Row], where: Machine, quick: bool) -> None:
    """Print the table as docs/performance.md has it."""
    print(f"{_said(where)}{' (quick)' * quick}")
    for case, group in groupby(rows, key=lambda row: row.case):
        print(f"\n**{case}**\n\n| {' | '.join(HEADINGS)} |\n|---|{'---:|' * 7}---|")
        for row in group:
            print(f"| {' | '.join(_cells(row))} |")


def _said(where: Machine) -> str:
    return ", ".join(f"{name} {value}" for name, value in where.items() if value is not None)


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
