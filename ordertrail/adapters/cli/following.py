"""`ordertrail follow`, and how a long import lets it keep the views up to date meanwhile."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Annotated

import typer

from ordertrail import Ordertrail
from ordertrail.adapters.cli.output import progress_bar
from ordertrail.adapters.cli.session import opened, settings

WORTHWHILE = 1_000_000
"""From so many bytes of a file on, a second process earns the half second of its start."""

BULK = 2_000
"""How many events a follower of a bulk load waits for: a row that many of them touch is then saved
once, and not each time."""


def follow(
    context: typer.Context,
    *,
    while_input: Annotated[
        bool,
        typer.Option(
            "--while-input",
            metavar="",
            help="Follow a bulk load: in large steps, and until standard input ends.",
        ),
    ] = False,
) -> None:
    """Keep the views up to date while other processes write, until Ctrl-C.

    Any number may run: each event has its effect on each view once.
    """
    over = Event()

    def wait_for_the_end() -> None:
        sys.stdin.buffer.read()
        over.set()

    if while_input:
        Thread(target=wait_for_the_end, daemon=True).start()
    with opened(context, create=True) as trail:
        seen = trail.position
        while not over.is_set():
            if while_input and trail.position - seen < BULK:
                over.wait(0.1)
            else:
                trail.wait_for_events(seen, 0.25)
                seen = trail.position
                trail.catch_up()
        trail.catch_up()


@contextmanager
def views_following(context: typer.Context, trail: Ordertrail, file: Path) -> Iterator[None]:
    """While the block writes, another process keeps the views up to date; at its end they are.

    So the two halves of a long import use two processors. Whether the other process lives or dies
    makes no difference to what is stored.
    """
    chosen = settings(context)
    small = not file.exists() or file.stat().st_size < WORTHWHILE
    if small or not chosen.db.startswith("sqlite:///") or (os.cpu_count() or 1) < 2:
        yield
    else:
        app = [] if chosen.app is None else ["--app", chosen.app]
        command = [sys.executable, "-m", "ordertrail", "--db", chosen.db, *app]
        with subprocess.Popen(
            [*command, "follow", "--while-input"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as follower:
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
