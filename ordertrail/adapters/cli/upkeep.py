"""`ordertrail status`, `rebuild` and `watch`: how the views stand, and what time has to say."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.text import Text

from ordertrail import Ordertrail
from ordertrail.adapters.cli.do import receipt_json
from ordertrail.adapters.cli.options import Every, Json, WhileInput
from ordertrail.adapters.cli.output import note, page, print_json, progress_bar
from ordertrail.adapters.cli.processes import begun, end, input_over
from ordertrail.adapters.cli.session import opened, settings
from ordertrail.adapters.cli.status_page import show
from ordertrail.adapters.cli.timeline import event_line
from ordertrail.adapters.cli.words import plural


def status(context: typer.Context, *, json: Json = False) -> None:
    """Show the log, how far each view has followed it, and what could not be followed."""
    with opened(context, current=False) as trail:
        standing = trail.status()
        if json:
            print_json(
                {
                    "last_position": trail.position,
                    "projections": [
                        {
                            "name": one.projection,
                            "position": one.position,
                            "lag": one.lag,
                            "parked": one.parked,
                            "rate": None if one.rate is None else round(one.rate, 1),
                            "owners": one.owners,
                            "building": one.building,
                        }
                        for one in standing
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
    workers: Annotated[
        int,
        typer.Option("--workers", min=1, max=64, metavar="N", help="How many processes do it."),
    ] = 1,
    json: Json = False,
) -> None:
    """Build views anew from the first event on, beside those that serve meanwhile.

    Each takes the place of the old one when it is complete. One that was interrupted is gone on
    with, by this command or by whoever follows the log.
    """
    with opened(context, current=False) as trail:
        started = time.monotonic()
        with _workers(context, trail, workers), progress_bar("Rebuilding") as told:
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


@contextmanager
def _workers(context: typer.Context, trail: Ordertrail, many: int) -> Iterator[None]:
    """While the block waits, so many processes share the work; one does it by itself."""
    if many == 1 or settings(context).db.startswith("memory:"):
        yield
        return
    processes = [begun(context, "follow") for _ in range(many)]
    try:
        while len(trail.workers()) < many and all(one.poll() is None for one in processes):
            time.sleep(0.05)
        yield
    finally:
        for process in processes:
            end(process)


def watch(
    context: typer.Context,
    *,
    once: Annotated[bool, typer.Option("--once", metavar="", help="Look once, and stop.")] = False,
    every: Every = 60.0,
    while_input: WhileInput = False,
    json: Json = False,
) -> None:
    """Turn deadlines that have passed into events, until Ctrl-C.

    Any number of watchers may run: each deadline becomes an event once.
    """
    over = input_over(while_input)
    with opened(context, create=True, current=False) as trail:
        if not once and not json:
            note(Text(f"Watching, every {every:g} seconds; Ctrl-C ends it.", style="dim"))
        while True:
            _tell(trail, as_json=json, quietly=not once)
            if once:
                return
            if over.wait(every):
                return


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
