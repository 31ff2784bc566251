"""`ordertrail status`, `rebuild` and `watch`: how the views stand, and what time has to say."""

import sys
import time
from typing import Annotated

import typer
from rich.text import Text

from ordertrail import Ordertrail
from ordertrail.adapters.cli.do import receipt_json
from ordertrail.adapters.cli.options import Json
from ordertrail.adapters.cli.output import note, page, print_json, progress_bar
from ordertrail.adapters.cli.session import opened, settings
from ordertrail.adapters.cli.status_page import show
from ordertrail.adapters.cli.timeline import event_line
from ordertrail.adapters.cli.words import plural

A_YEAR = 365 * 86_400


def status(context: typer.Context, *, json: Json = False) -> None:
    """Show the log, how far each view has followed it, and what could not be followed."""
    with opened(context, current=False) as trail:
        standing = trail.status()
        if json:
            print_json(
                {
                    "last_position": trail.position,
                    "projections": [
                        {"name": name, "position": position, "lag": lag, "parked": parked}
                        for name, position, lag, parked in standing
                    ],
                    "parked": trail.parked(),
                    "log_id": trail.log_id,
                }
            )
            return
        show(trail, settings(context).db, standing)


def rebuild(
    context: typer.Context,
    *,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAMES", help="The views to rebuild; all, where none is named."),
    ] = None,
    json: Json = False,
) -> None:
    """Build views anew from the first event on."""
    with opened(context, current=False) as trail:
        started = time.monotonic()
        with progress_bar("Rebuilding") as told:
            trail.rebuild(names or None, told)
        seconds = time.monotonic() - started
        built = [one for one in trail.status() if not names or one.projection in names]
        if json:
            print_json(
                {
                    "rebuilt": [one.projection for one in built],
                    "position": trail.position,
                    "seconds": round(seconds, 3),
                    "parked": sum(one.parked for one in built),
                }
            )
            return
        page().print(
            f"Rebuilt {plural(len(built), 'view')} from {plural(trail.position, 'event')} "
            f"in {seconds:.1f} s ({trail.position / max(seconds, 0.001):,.0f} events/s).",
            markup=False,
        )


def watch(
    context: typer.Context,
    *,
    once: Annotated[bool, typer.Option("--once", metavar="", help="Look once, and stop.")] = False,
    every: Annotated[
        float,
        typer.Option(
            "--every",
            min=0.1,
            max=A_YEAR,
            metavar="SECONDS",
            help="How long to wait between looks.",
        ),
    ] = 60.0,
    json: Json = False,
) -> None:
    """Turn deadlines that have passed into events, until Ctrl-C.

    Any number of watchers may run: each deadline becomes an event once.
    """
    with opened(context, create=True, current=False) as trail:
        if not once and not json:
            note(Text(f"Watching, every {every:g} seconds; Ctrl-C ends it.", style="dim"))
        while True:
            _tell(trail, as_json=json, quietly=not once)
            if once:
                return
            time.sleep(every)


def _tell(trail: Ordertrail, *, as_json: bool, quietly: bool) -> None:
    receipts = trail.watch()
    for receipt in receipts:
        if as_json:
            print_json(receipt_json(receipt))
        for event in () if as_json else receipt.events:
            page().print(event_line(event))
    if not receipts and not quietly and not as_json:
        page().print("Nothing is due.")
    sys.stdout.flush()
