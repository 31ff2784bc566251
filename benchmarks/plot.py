"""Draws what the table says of appends and commands, for a reader who wants one look."""

from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.rows import Run

COLOURS = {
    "Ordertrail, SQLite": "#0b6e4f",
    "Ordertrail, PostgreSQL": "#1f4e9c",
    "eventsourcing, SQLite": "#7fbf9f",
    "eventsourcing, PostgreSQL": "#8fb0e0",
    "eventsourcing, UmaDB": "#c98b2b",
    "UmaDB": "#c98b2b",
    "sqlite3, one connection": "#b0b0b0",
    "psycopg, INSERT, 16 connections": "#707070",
    "psycopg, COPY": "#707070",
}


class Panel(NamedTuple):
    """One picture: a figure of each contestant in each of several cases."""

    title: str
    figure: str  # of the rows
    unit: str
    cases: dict[str, str]  # case: what stands below it


def _callers(case: str) -> dict[str, str]:
    return {
        f"{case}, {callers} caller{'s' * (callers > 1)}": f"{callers}" for callers in (1, 16, 64)
    }


BATCHES = {f"bare appends, batches of {size:,}": f"{size:,}" for size in (10, 100, 2000)}
PROCESSES = {"bare appends, 16 callers": "1"} | {
    f"bare appends, {processes} processes with 16 callers each": f"{processes}"
    for processes in (2, 4)
}
PANELS = (
    Panel("Bare appends, by callers", "rate", "events/s", _callers("bare appends")),
    Panel("Bare appends, by callers: p99", "p99", "ms", _callers("bare appends")),
    Panel("Bare appends, by processes of 16 callers", "rate", "events/s", PROCESSES),
    Panel("Bare appends, by size of a batch", "rate", "events/s", BATCHES),
    Panel(
        "Commands on hot streams, by callers",
        "rate",
        "commands/s",
        _callers("commands, hot streams"),
    ),
    Panel(
        "Commands on hot streams, by callers: p99", "p99", "ms", _callers("commands, hot streams")
    ),
)


def draw(run: Run, file: Path) -> None:
    """Write the picture of a run, of what was measured, as .svg or .png."""
    import matplotlib  # which `make bench` installs

    matplotlib.use("agg")
    matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "ordertrail", "font.size": 9}
    from matplotlib import pyplot
    from matplotlib.ticker import LogLocator, NullFormatter

    measured = {(row.case, row.contestant): row for row in run.rows if row.rate}
    cases = {case for case, _ in measured}
    panels = [panel for panel in PANELS if cases & panel.cases.keys()]
    height = max(1, -(-len(panels) // 2))
    figure, places = pyplot.subplots(
        height, 2, figsize=(11, 4 * height), layout="constrained", squeeze=False
    )
    handles: dict[str, Any] = {}
    for axes, panel in zip(places.flat, panels, strict=False):
        for who, colour in COLOURS.items():
            points = [
                (below, getattr(measured[case, who], panel.figure))
                for case, below in panel.cases.items()
                if (case, who) in measured
            ]
            if points:
                ours = who.startswith("Ordertrail")
                (line,) = axes.plot(
                    *zip(*points, strict=True),
                    color=colour,
                    marker="o" if ours else "s",
                    linewidth=2.4 if ours else 1.2,
                    linestyle="--" if who.startswith(("sqlite3", "psycopg")) else "-",
                )
                handles.setdefault(who, line)
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:,g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_title(panel.title, loc="left", fontsize=10)
        axes.set_ylabel(panel.unit)
        axes.grid(axis="y", alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=3)
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)
    pyplot.close(figure)
