"""`ordertrail copy`: a whole log moves to another place, as from a file to PostgreSQL."""

from contextlib import closing
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from ordertrail import Ordertrail
from ordertrail.adapters.cli.options import Json
from ordertrail.adapters.cli.output import note, page, print_json, progress_bar
from ordertrail.adapters.cli.session import catch_up, loaded_app, must_exist
from ordertrail.adapters.cli.words import plural
from ordertrail.adapters.copy_log import Copied, copy_log
from ordertrail.adapters.urls import open_store


def copy(
    context: typer.Context,
    source: Annotated[
        str,
        typer.Argument(metavar="FROM", help="The URL of a log.", show_default=False),
    ],
    target: Annotated[
        str,
        typer.Argument(
            metavar="TO",
            help="The URL of an empty place, or of an earlier copy.",
            show_default=False,
        ),
    ],
    *,
    json: Json = False,
) -> None:
    """Copy a whole log to another place, compare both, and build the views there.

    Events, ids, times and commands stay as they are. FROM may be written to meanwhile: what comes
    while the copy runs is copied when you run it again. Run it again, too, if it was cut off.
    """
    app = loaded_app(context)
    must_exist(source)
    with (
        closing(open_store(source)) as given,
        closing(open_store(target, unfinished=True)) as taken,
        progress_bar("Copying") as told,
    ):
        copied = copy_log(given, taken, told)
        log_id, behind = given.log_id, given.head() - copied.digest.position
    with Ordertrail.open(target, app=app, follow=False) as trail:
        catch_up(trail)
    if json:
        print_json(
            {
                "log_id": log_id,
                "events": copied.events,
                "commands": copied.commands,
                "position": copied.digest.position,
                "sha256": copied.digest.sha256,
                "behind": behind,
            }
        )
    else:
        _show(copied)
    if behind:
        note(f"FROM has grown by {plural(behind, 'event')} meanwhile: copy again to catch up.")


def _show(copied: Copied) -> None:
    facts = Table.grid(padding=(0, 2), pad_edge=False)
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    facts.add_row(
        "copied", f"{plural(copied.events, 'event')}, {plural(copied.commands, 'command')}"
    )
    equal = f"FROM and TO are equal up to position {copied.digest.position:,}"
    facts.add_row("compared", Text.assemble(("✓ ", "green"), equal))
    facts.add_row("sha256", copied.digest.sha256)
    facts.add_row("views", "built at TO")
    page().print(facts)
