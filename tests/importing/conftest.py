"""A shop for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.importing.imports import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A log in memory, and a folder for files to import into it."""
    shop = Shop(tmp_path)
    with shop.trail:
        yield shop
