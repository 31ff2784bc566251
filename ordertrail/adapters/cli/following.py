"""`ordertrail follow`, and how a long import lets it keep the views up to date meanwhile."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer

from ordertrail import Ordertrail
from ordertrail.adapters.cli.options import WhileInput
from ordertrail.adapters.cli.output import progress_bar
from ordertrail.adapters.cli.processes import begun, input_over
from ordertrail.adapters.cli.session import opened, settings

WORTHWHILE = 1_000_000
"""From so many bytes of a file on, a second process earns the half second of its start."""

BULK = 2_000
"""How many events a follower of a bulk load waits for: a row that many of them touch is then saved
once, and not each time."""


def follow(
    context: typer.Context,
    *,
    bulk: Annotated[
        bool,
        typer.Option("--bulk", metavar="", help="Follow a bulk load, by itself, in large steps."),
    ] = False,
    while_input: WhileInput = False,
) -> None:
    """Keep the views up to date while other processes write, until Ctrl-C.

    Any number may run, and share the work: each event has its effect on each view once. When one
    is gone, the others take its share over within seconds.
    """
    over = input_over(while_input)
    with opened(context, create=True, current=False) as trail:
        if not bulk:
            trail.share(over)
            return
        seen = 0
        while not over.is_set():
            if trail.position - seen < BULK:
                over.wait(0.1)
            else:
                seen = trail.position
                trail.catch_up()
        trail.catch_up()


@contextmanager
def views_following(context: typer.Context, trail: Ordertrail, file: Path) -> Iterator[None]:
    """While the block writes, another process keeps the views up to date; at its end they are.

    So the two halves of a long import use two processors. Whether the other process lives or dies
    makes no difference to what is stored.
    """
    small = not file.exists() or file.stat().st_size < WORTHWHILE
    if small or settings(context).db.startswith("memory:") or (os.cpu_count() or 1) < 2:
        yield
    else:
        with begun(context, "follow", "--bulk") as follower:
            assert follower.stdin is not None
            yield
            follower.stdin.close()
            with progress_bar("Updating the views") as told:
                while follower.poll() is None:
                    told(min(view.position for view in trail.status()), trail.position)
                    with suppress(subprocess.TimeoutExpired):
                        follower.wait(0.2)
    with progress_bar("Updating the views") as told:
        trail.catch_up(told)
