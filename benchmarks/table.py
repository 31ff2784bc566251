"""How the rows look: a table for a reader, an object for each run for a script."""

import json
import os
import platform
import sqlite3
import sys
from importlib.metadata import version
from itertools import groupby

from rich.console import Console
from rich.table import Table

from benchmarks.rows import Row

HEADINGS = ("contestant", "rate", "p50 ms", "p95 ms", "p99 ms", "ratio", "tries", "note")


def machine() -> dict[str, str | int | None]:
    """What the figures depend on, without a name or a path."""
    return {
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "eventsourcing": version("eventsourcing"),
        "pydantic": version("pydantic"),
    }


def show_json(rows: list[Row], quick: bool) -> None:
    """Print one JSON object with everything."""
    document = {"machine": machine(), "quick": quick, "rows": [row._asdict() for row in rows]}
    json.dump(document, sys.stdout, indent=1)
    print()


def show(rows: list[Row], quick: bool) -> None:
    """Print one table; times are milliseconds."""
    said = ", ".join(f"{name} {value}" for name, value in machine().items())
    table = Table(
        title="Ordertrail beside its peers, in one run"
        + " (quick: too short to mean much)" * quick,
        caption=f"{said}. Ratio: Ordertrail's rate in the same case divided by this one.",
    )
    for heading in ("case", *HEADINGS):
        words = heading in ("case", "contestant", "note")
        table.add_column(heading, justify="left" if words else "right")
    for _, group in groupby(rows, key=lambda row: (row.part, row.case)):
        for number, row in enumerate(group):
            table.add_row("" if number else row.case, *_cells(row))
        table.add_section()
    Console(width=None if sys.stdout.isatty() else 150).print(table)


def show_markdown(rows: list[Row], quick: bool) -> None:
    """Print the table as docs/performance.md has it."""
    print(
        f"{', '.join(f'{name} {value}' for name, value in machine().items())}{' (quick)' * quick}"
    )
    for case, group in groupby(rows, key=lambda row: row.case):
        print(f"\n**{case}**\n\n| {' | '.join(HEADINGS)} |\n|---|{'---:|' * 6}---|")
        for row in group:
            print(f"| {' | '.join(_cells(row))} |")


def _cells(row: Row) -> list[str]:
    digits = 0 if row.rate >= 100 else 2
    return [
        row.contestant,
        f"{row.rate:,.{digits}f} {row.unit}" if row.rate else "",
        *("" if time is None else f"{time:.2f}" for time in (row.p50, row.p95, row.p99)),
        "" if row.ratio is None else f"{row.ratio:.2f}",
        "" if row.tries is None else f"{row.tries:.1f}",
        row.note,
    ]
