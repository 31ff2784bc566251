"""Backups and restores are killed with -9: what is there is complete, or it is not there."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ordertrail import CORE
from ordertrail.adapters.backup import Backups
from ordertrail.adapters.codec import Codec
from ordertrail.adapters.store import Store
from ordertrail.adapters.urls import open_store
from tests.growth.logs import Writer, contents
from tests.growth.places import is_there, lose
from tests.postgres import log_url, programs

BACKUPS = Backups(Codec(CORE.aggregates))

WORK = """
import sys
from pathlib import Path
from ordertrail import CORE
from ordertrail.adapters.backup import Backups
from ordertrail.adapters.codec import Codec

backups = Backups(Codec(CORE.aggregates))
print("ready", flush=True)
what, url, place = sys.argv[1:]
if what == "make":
    backups.make(url, Path(place))
else:
    backups.restore(Path(place), url)
print("done", flush=True)
"""


@pytest.fixture(params=["file", "server"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch) -> str:
    """The URL of an empty log."""
    if request.param == "file":
        return f"sqlite:///{tmp_path}/orders.db"
    server = request.getfixturevalue("postgres_server")
    monkeypatch.setenv("PATH", str(programs(server)), prepend=os.pathsep)
    return log_url(server)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A log with some of everything."""
    with closing(open_store(url)) as store:
        Writer(store).write(300)
        yield store


@pytest.mark.slow
def test_a_backup_that_was_killed_is_none(store, url, tmp_path):
    kills, place = 0, tmp_path / "saved"
    before = contents(store)
    while not done_within(growing(kills), "make", url, place) and not place.exists():
        kills += 1
        assert all(".part" in path.name for path in tmp_path.glob("saved*"))
    assert kills, "it was never killed"
    store.close()
    lose(url, tmp_path)
    assert BACKUPS.restore(place, url).passed
    with closing(open_store(url)) as restored:
        assert contents(restored) == before


@pytest.mark.slow
def test_a_restore_that_was_killed_left_nothing_or_everything(store, url, tmp_path):
    BACKUPS.make(url, tmp_path / "saved")
    before = contents(store)
    store.close()
    lose(url, tmp_path)
    kills = 0
    while not done_within(growing(kills), "restore", url, tmp_path / "saved"):
        kills += 1
        if is_there(url, tmp_path):
            with closing(open_store(url)) as restored:
                assert contents(restored) == before
            lose(url, tmp_path)
    assert kills, "it was never killed"
    with closing(open_store(url)) as restored:
        assert contents(restored) == before


def growing(kills: int) -> float:
    """Seconds to live, at random, and longer each time."""
    return 0.02 * 1.25**kills * random.Random(kills).random()


def done_within(seconds: float, what: str, url: str, place: Path) -> bool:
    """Whether it was done before it was killed, with all programs that it had started."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORK, what, url, str(place)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    told, _ = process.communicate()
    return told == "done\n"
