"""`ordertrail import`: the history of another system, by a mapping."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ordertrail.adapters.cli.following import views_following
from ordertrail.adapters.cli.options import Json
from ordertrail.adapters.cli.output import page, plain, print_json, progress_bar
from ordertrail.adapters.cli.session import opened
from ordertrail.adapters.cli.words import bar
from ordertrail.domain.aggregate import ENVELOPE, Command

if TYPE_CHECKING:
    from ordertrail.adapters.importing import Became, ImportSummary

REASONS = 10
"""How many reasons of rejections are shown."""


def import_(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="CSV or JSON lines, plain or gzip.", show_default=False
        ),
    ],
    *,
    mapping: Annotated[
        str,
        typer.Option(
            "--map",
            metavar="MAPPING",
            help="What its columns mean: a TOML file, or the name of a mapping that we ship.",
            show_default=False,
        ),
    ],
    rejects: Annotated[
        Path | None,
        typer.Option(
            "--rejects",
            metavar="FILE",
            help="Where rows go that lead to nothing; FILE.rejects.csv in this folder if not said.",
        ),
    ] = None,
    dry: Annotated[
        bool,
        typer.Option(
            "--dry-run", metavar="", help="Show what the first rows would become; store nothing."
        ),
    ] = False,
    rows: Annotated[
        int,
        typer.Option("--rows", min=1, metavar="N", help="How many rows a dry run shows."),
    ] = 10,
    json: Json = False,
) -> None:
    """Import what another system recorded, with its own dates, and bring the views up to date.

    Importing again adds nothing. Every row is accounted for: imported, or written to the rejects
    file with its line number and the reason. `docs/importing.md` shows how to write a mapping.
    """
    # Nobody else needs all that reading a mapping takes: every other command starts faster.
    from ordertrail.adapters.importing import dry_run, import_file

    if dry:
        for became in dry_run(file, mapping, rows):
            if json:
                print_json(_became_json(became))
            else:
                _show_became(became, page())
        return
    started = time.monotonic()
    with (
        opened(context, create=True, current=False) as trail,
        views_following(context, trail, file),
        progress_bar(f"Importing {file.name}", "bytes") as told,
    ):
        summary = import_file(trail, file, mapping, rejects, told)
    if json:
        print_json(summary_json(summary))
    else:
        show_summary(file.name, summary, time.monotonic() - started, page())


def summary_json(summary: "ImportSummary") -> dict[str, Any]:
    """What became of a file as one JSON object."""
    return {
        "rows": summary.rows,
        "imported_rows": summary.imported_rows,
        "rejected_rows": summary.rejected_rows,
        "orders": summary.orders,
        "events": summary.events,
        "rejects_file": None if summary.rejects_file is None else str(summary.rejects_file),
    }


def show_summary(name: str, summary: "ImportSummary", seconds: float, console: Console) -> None:
    """Print what became of a file."""
    facts = Table.grid(padding=(0, 2), pad_edge=False)
    facts.add_column(style="dim")
    facts.add_column(justify="right")
    facts.add_column(overflow="fold")
    share = summary.imported_rows / summary.rows if summary.rows else 1.0
    facts.add_row("file", "", Text(name))
    facts.add_row("rows", f"{summary.rows:,}", f"in {seconds:.1f} s")
    facts.add_row(
        "imported", f"{summary.imported_rows:,}", Text(f"{bar(share)} {share:.1%}", style="green")
    )
    place = f"see {summary.rejects_file}" if summary.rejects_file else ""
    facts.add_row("rejected", f"{summary.rejected_rows:,}", Text(place))
    for reason, number in list(summary.reasons.items())[:REASONS]:
        facts.add_row("", f"{number:,}", Text(reason, style="yellow"))
    if len(summary.reasons) > REASONS:
        facts.add_row("", "", f"and {len(summary.reasons) - REASONS} more reasons")
    facts.add_row("orders", f"{summary.orders:,}")
    again = "" if summary.events or not summary.imported_rows else "all were imported before"
    facts.add_row("events", f"{summary.events:,}", again)
    console.print(facts)
    if summary.rows and not summary.imported_rows:
        console.print(Text("No row was imported: the reasons above say why.", style="bold yellow"))


def _became_json(became: "Became") -> dict[str, Any]:
    return {
        "lines": became.lines,
        "reason": became.reason,
        "commands": [{"command": type(one).type_name(), **_told(one)} for one in became.commands],
    }


def _show_became(became: "Became", console: Console) -> None:
    first, last = became.lines[0], became.lines[-1]
    head = Text(f"line {first}" if first == last else f"lines {first} to {last}", style="bold")
    if became.reason is not None:
        head.append(f"  rejected: {became.reason}", style="yellow not bold")
    console.print(head)
    for command in became.commands:
        told = _told(command)
        when = command.occurred_at.isoformat(" ") if command.occurred_at else ""
        console.print(Text.assemble("  ", (type(command).type_name(), "cyan"), f"  {when}"))
        table = Table.grid(padding=(0, 1), pad_edge=False)
        table.add_column(style="dim", no_wrap=True)
        table.add_column()
        for name in type(command).model_fields:
            if name in told and name not in ENVELOPE and name != "reported":
                table.add_row(f"    {name}", Text("\n".join(_words(told[name]))))
        console.print(table)


def _told(command: Command) -> dict[str, Any]:
    """What a command says, without what it leaves open, and without what is personal."""
    fields = type(command).model_fields
    given = {name: getattr(command, name) for name in fields if name in command.model_fields_set}
    told: dict[str, Any] = _without_gaps(plain(given))
    return told


def _without_gaps(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: _without_gaps(entry) for name, entry in value.items()}
        return {name: entry for name, entry in kept.items() if entry not in (None, [], {})}
    return [_without_gaps(entry) for entry in value] if isinstance(value, list) else value


def _words(value: Any) -> list[str]:
    """A value in words, a line for each thing in a list."""
    if isinstance(value, list) and any(isinstance(entry, dict) for entry in value):
        return [", ".join(_words(entry)) for entry in value]
    if isinstance(value, list):
        return [", ".join(map(str, value))]
    if isinstance(value, dict):
        return [", ".join(f"{name} {entry}" for name, entry in value.items())]
    return [str(value)]
