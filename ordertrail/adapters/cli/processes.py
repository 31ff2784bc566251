"""Other processes of this command line, on the same log; they end when this one does."""

import os
import subprocess
import sys
from threading import Event, Thread

import typer

from ordertrail.adapters.cli.session import settings


def begun(context: typer.Context, *arguments: str, quiet: bool = True) -> "subprocess.Popen[bytes]":
    """A command in a process of its own; it has to take --while-input, which ends it when its
    standard input is closed, and so also when this process is killed."""
    chosen = settings(context)
    app = [] if chosen.app is None else ["--app", chosen.app]
    output = subprocess.DEVNULL if quiet else None
    return subprocess.Popen(
        [sys.executable, "-m", "ordertrail", *app, *arguments, "--while-input"],
        env={**os.environ, "ORDERTRAIL_DB": chosen.db},  # unlike arguments, for nobody else to see
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        start_new_session=True,  # Ctrl-C is for this process, which ends the others
    )


def end(process: "subprocess.Popen[bytes]", patience: float = 10.0) -> None:
    """Let the process end what it is at; kill it if that takes too long."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def input_over(wanted: bool) -> Event:
    """A flag that is set when standard input ends, if that is wanted."""
    over = Event()

    def wait_for_the_end() -> None:
        sys.stdin.buffer.read()
        over.set()

    if wanted:
        Thread(target=wait_for_the_end, daemon=True).start()
    return over
