"""`ordertrail verify`: whether a log and its views are what they should be."""

from contextlib import closing
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ordertrail.adapters.checks import Verification
from ordertrail.adapters.cli.failures import REFUSED
from ordertrail.adapters.cli.options import Json
from ordertrail.adapters.cli.output import page, print_json, progress_bar
from ordertrail.adapters.cli.session import loaded_app, must_exist, settings
from ordertrail.adapters.codec import Codec
from ordertrail.adapters.urls import open_store
from ordertrail.adapters.verify import verify as look


def verify(
    context: typer.Context,
    *,
    log: Annotated[
        bool, typer.Option("--log", metavar="", help="Look at the log alone, not at the views.")
    ] = False,
    until: Annotated[
        int | None,
        typer.Option(
            "--until",
            min=0,
            metavar="POSITION",
            help="Look at the log only up to here, for a digest that was noted then.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Check every event, stream and command, and compare the views with a rebuild of them.

    It changes nothing, and others may write meanwhile. The last line is a digest of the log up to
    this position: it is the same on every database, and never changes unless the past does.
    """
    app, url = loaded_app(context), settings(context).db
    must_exist(url)
    with closing(open_store(url)) as store:
        projections = () if log else app.followed
        found = look(store, Codec(app.aggregates), projections, progress_bar, until)
    if json:
        print_json(verification_json(found))
    else:
        show(found, page())
    if not found.passed:
        raise typer.Exit(REFUSED)


def verification_json(found: Verification) -> dict[str, Any]:
    """What was found, as one JSON object."""
    return {
        "passed": found.passed,
        "log_id": found.log_id,
        "position": found.position,
        "sha256": found.digest and found.digest.sha256,
        "checks": [
            {"check": one.name, "passed": one.passed, "found": one.found, "faults": one.faults}
            for one in found.checks
        ],
    }


def show(found: Verification, console: Console) -> None:
    """Print a mark and a line for each check, and whatever is wrong below it."""
    table = Table.grid(padding=(0, 1), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for check in found.checks:
        mark = Text("✓", "green") if check.passed else Text("✗", "bold red")
        table.add_row(mark, check.name, Text(check.found, "dim"))
        for fault in check.faults:
            table.add_row("", "", Text(fault, "red"))
    console.print(table)
    if found.digest is not None:
        console.print(Text(f"sha256 {found.digest.sha256}", "dim"))
        console.print(Text(f"of the log {found.log_id} up to position {found.position:,}", "dim"))
