"""Settings for all tests: how many examples Hypothesis tries, and a PostgreSQL to try things on.

`HYPOTHESIS_PROFILE=thorough pytest` tries a hundred times as many.
"""

import os
from collections.abc import Iterator

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


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """The URL of a log of its own, still empty, on a running PostgreSQL."""
    return postgres.log_url(postgres_server)
