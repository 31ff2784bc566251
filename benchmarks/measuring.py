"""Measures in processes of their own, of which none is left at the end, however it comes."""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from benchmarks.parts.appends import appends
from benchmarks.parts.commands import commands
from benchmarks.parts.follow import follow
from benchmarks.parts.growth import growth
from benchmarks.parts.imports import imports
from benchmarks.parts.memory import memory
from benchmarks.parts.queries import queries
from benchmarks.parts.rebuild import rebuild
from benchmarks.parts.workers import workers
from benchmarks.rows import Part, Row, Settings

PARTS: dict[str, Part] = {
    "appends": appends,
    "commands": commands,
    "follow": follow,
    "queries": queries,
    "rebuild": rebuild,
    "workers": workers,
    "memory": memory,
    "growth": growth,
    "import": imports,
}
PATIENCE = 5.0
"""Seconds until processes that were killed are gone."""


def measured(settings: Settings, parts: Sequence[str]) -> Iterator[Row]:
    """The rows of the parts named, as they come.

    Raises:
        SystemExit: a part failed; standard error has the reason.
    """
    context = multiprocessing.get_context("spawn")
    heard, say = context.Pipe(duplex=False)
    told = settings._replace(tell=say.send)
    process = context.Process(target=_measure, args=(told, parts, say))
    process.start()
    say.close()
    try:
        with suppress(EOFError):
            while True:
                said = heard.recv()
                if isinstance(said, Row):
                    yield said
                else:
                    settings.tell(said)
        process.join()
    finally:
        _end(process)
    if process.exitcode:
        raise SystemExit(f"A part failed (exit code {process.exitcode}), see above.")


def _measure(settings: Settings, parts: Sequence[str], say: Connection) -> None:
    os.setpgrp()  # with all that is started here: clients, workers, the servers of UmaDB
    for part in parts:
        for row in PARTS[part](settings):
            say.send(row)


def _end(process: SpawnProcess) -> None:
    """Kill whoever is left of the process and all that it started; wait until they are gone."""
    group = process.pid or 0
    for kill in (os.killpg, os.kill):  # the group, or him who has not made it yet
        with suppress(ProcessLookupError):
            kill(group, signal.SIGKILL)
    process.join()
    deadline = time.monotonic() + PATIENCE
    with suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(group, 0)
            time.sleep(0.01)
