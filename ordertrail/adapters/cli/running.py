"""`ordertrail run`: everything that goes on beside the engine, each in a process of its own."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Annotated, Any

import typer
from rich.text import Text

from ordertrail.adapters.cli.options import Every
from ordertrail.adapters.cli.output import note
from ordertrail.adapters.cli.processes import begun, end
from ordertrail.adapters.cli.session import opened, settings
from ordertrail.domain.errors import BadInput

SHORTEST, LONGEST = 0.5, 30.0
"""Seconds before a process that ended is started again; they double while it ends soon."""

STEADY = 60.0
"""Seconds after which a process is thought to work well."""


def run(
    context: typer.Context,
    *,
    workers: Annotated[
        int,
        typer.Option(
            "--workers", min=1, max=64, metavar="N", help="How many processes share the views."
        ),
    ] = 1,
    every: Every = 60.0,
) -> None:
    """Keep the views up to date and watch for deadlines, until Ctrl-C or SIGTERM.

    Each part is a process of its own, which is started again when it ends. Several machines may
    do this for one log: they share the work.
    """
    if settings(context).db.startswith("memory:"):
        raise BadInput("A log in memory is that of one process: name a file or a database.")
    with opened(context, create=True, current=False):
        pass  # what is wrong with it is said once, and not by each process
    parts = [Part(context, f"worker {n}", "follow") for n in range(1, workers + 1)]
    parts.append(Part(context, "watch", "watch", "--every", str(every)))
    with _told_to_end() as over:
        try:
            while not over.is_set():
                for part in parts:
                    part.look()
                over.wait(0.2)
        finally:
            _say("Ending.")
            for part in parts:
                part.end()


class Part:
    """A command that is kept running."""

    def __init__(self, context: typer.Context, name: str, *arguments: str) -> None:
        self._context = context
        self._name = name
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self._pause = SHORTEST
        self._start_at = self._started = time.monotonic()

    def look(self) -> None:
        """Start the process if it is time to; notice when it has ended."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._start_at:
                self._process = begun(self._context, *self._arguments, quiet=False)
                self._started = now
                _say(f"{self._name}: started, process {self._process.pid}")
        elif (code := self._process.poll()) is not None:
            self._pause = SHORTEST if now - self._started > STEADY else self._pause
            how = f"with code {code}" if code >= 0 else f"by signal {-code}"
            _say(f"{self._name}: ended {how}, starts again in {self._pause:g} s")
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process = None
            self._start_at = now + self._pause
            self._pause = min(2 * self._pause, LONGEST)

    def end(self) -> None:
        """End the process, after what it is at."""
        if self._process is not None:
            end(self._process)


@contextmanager
def _told_to_end() -> Iterator[Event]:
    """A flag that Ctrl-C and SIGTERM set."""
    over = Event()

    def told(number: int, frame: Any) -> None:
        over.set()

    before = {number: signal.signal(number, told) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield over
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(line: str) -> None:
    note(Text(line, style="dim"))
