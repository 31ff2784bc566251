"""Settings for all tests: how many examples Hypothesis tries, and a PostgreSQL to try things on.

`HYPOTHESIS_PROFILE=thorough pytest` tries a hundred times as many.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import postgres

settings.register_profile("ci", max_examples=100, deadline=None, print_blob=True)
settings.register_profile("thorough", max_examples=10_000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a running PostgreSQL."""
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_16_server() -> Iterator[str]:
    """The URL of a running PostgreSQL 16."""
    with postgres.server(16) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_15_server() -> Iterator[str]:
    """The URL of a running PostgreSQL 15, where Debian's is installed."""
    if not postgres.is_there(15):
        pytest.skip("apt-get install postgresql-15, to try PostgreSQL 15 as well")
    with postgres.server(15) as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """The URL of a log of its own, still empty, on a running PostgreSQL."""
    return postgres.log_url(postgres_server)


@pytest.fixture(params=["sqlite", "postgres"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a log of its own, still empty: the test runs on each kind of store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/log.db"
    url: str = request.getfixturevalue("postgres_url")
    return url
