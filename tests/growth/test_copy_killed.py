"""A copy is killed with -9 at random moments, again and again, until it gets through."""

import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from ordertrail.adapters.store import Store
from ordertrail.adapters.urls import open_store
from ordertrail.domain.errors import StoreError
from tests.growth.logs import Writer, contents
from tests.postgres import log_url

COPY = """
import sys
from ordertrail.adapters import copy_log as copying, log_digest
from ordertrail.adapters.urls import open_store

copying.PAGE = log_digest.PAGE = 10  # so that there are many moments to be killed at
source, target = sys.argv[1:]
print("ready", flush=True)
copying.copy_log(open_store(source), open_store(target, unfinished=True))
print("done", flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("way", ["file to file", "file to server", "server to file"])
def test_a_copy_killed_again_and_again_is_completed_in_the_end(way, request, tmp_path: Path):
    urls = [
        f"sqlite:///{tmp_path}/{name}.db"
        if kind == "file"
        else log_url(request.getfixturevalue("postgres_server"))
        for name, kind in zip("ab", way.split(" to "), strict=True)
    ]
    chance = random.Random(way)
    with closing(open_store(urls[0])) as source:
        writer = Writer(source)
        writer.write(300)
        kills = 0
        patience = 0.02
        while not copied_within(patience * chance.random(), urls):
            kills += 1
            patience *= 1.3
            assert is_a_beginning(urls[1], source)
            writer.write(1)
        assert kills, "it was never killed"
        with closing(open_store(urls[1])) as target:
            assert contents(target) == contents(source)


def copied_within(seconds: float, urls: list[str]) -> bool:
    """Whether the copy was complete before it was killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", COPY, *urls], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    told, _ = process.communicate()
    return told == "done\n"


def is_a_beginning(url: str, source: Store) -> bool:
    """Whether the log holds the beginning of the source, and says that it is no more than that."""
    with closing(open_store(url, unfinished=True)) as target:
        events, commands, _ = contents(target)
        adopted = target.log_id == source.log_id
        unfinished = target.is_unfinished()
    if adopted and unfinished:
        with pytest.raises(StoreError, match="not complete"):
            open_store(url)
    led = [c for c in commands if c.first_position <= c.last_position]
    return (
        events == source.read(limit=len(events))
        and sorted(led) == sorted(source.commands_from(1, len(events)))
        and (adopted or not events)
    )
