"""Many processes share one file, and die while they write: nothing acknowledged is ever lost.

The processes are this file, run as a script: see `SCRIPTS` at its end.
"""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from ordertrail.adapters.sqlite import SQLiteStore
from ordertrail.adapters.store import Record
from ordertrail.domain.errors import StoreError

ROUNDS = 25


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, __file__, script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def result(process: subprocess.Popen[str]) -> list[Record]:
    """The records that the process says were acknowledged."""
    said, complaint = process.communicate(timeout=60)
    assert process.returncode == 0, complaint
    return [acknowledged for line in said.splitlines() for acknowledged in told(line)]


def told(line: str) -> Iterator[Record]:
    for *fields, body in json.loads(line):
        position, stream, version = fields
        yield record(position, stream, version, body.encode())


def record(position: int, stream: str, version: int, body: bytes) -> Record:
    return Record(position, stream, version, "t", 1, body, None, None, 0, *([None] * 10))


def whole_log(path: str) -> list[Record]:
    """All records, after a look whether the file is sound and its positions have no gap."""
    with closing(SQLiteStore(path)) as store:
        records = store.read(limit=10**9)
        with store.reading() as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert [r.position for r in records] == list(range(1, len(records) + 1))
    return records


def test_processes_that_open_and_write_one_file_at_once_leave_no_gap_and_lose_nothing(
    tmp_path: Path,
):
    path = str(tmp_path / "log.db")
    writers = [start("write", path, name, 150) for name in range(4)]
    acknowledged = [record for writer in writers for record in result(writer)]
    assert len(acknowledged) >= 4 * 150
    assert sorted(acknowledged) == whole_log(path)


def test_another_process_wakes_those_who_wait(tmp_path: Path):
    path = str(tmp_path / "log.db")
    with closing(SQLiteStore(path)) as store:
        writer = start("write", path, "w", 1)
        assert store.wait_for_events(0, timeout=30)
        assert store.read(limit=1) == result(writer)[:1]


def test_what_was_acknowledged_survives_kill_9_at_random_moments(tmp_path: Path):
    path = str(tmp_path / "log.db")
    acknowledged = result(start("kill", path, ROUNDS))
    records = whole_log(path)
    assert len(acknowledged) > ROUNDS
    for kept in acknowledged:
        assert records[kept.position - 1] == kept


def test_a_disk_that_is_full_loses_nothing_and_writing_goes_on_when_there_is_room(tmp_path: Path):
    path = str(tmp_path / "log.db")
    acknowledged = result(start("fill", path))
    assert acknowledged == whole_log(path)


def test_a_store_is_not_used_across_a_fork(tmp_path: Path):
    assert len(result(start("fork", str(tmp_path / "log.db")))) == 2


# What the processes do. They tell what was acknowledged as JSON lines, after the `with` block.


def acknowledge(store: SQLiteStore, stream: str, versions: range, room: int = 40) -> None:
    with store.writing() as work:
        head = work.head()[0]
        records = [
            record(head + n, stream, version, b"%d" % version * room)
            for n, version in enumerate(versions, 1)
        ]
        work.append(records, ())
    line = json.dumps([(r.position, r.stream, r.version, r.body.decode()) for r in records])
    os.write(1, line.encode() + b"\n")  # one write: whole or not at all, also when we are killed


def write(path: str, stream: str, units: str) -> None:
    rng = random.Random(stream)
    with closing(SQLiteStore(path)) as store:
        version = 1
        for _ in range(int(units)):
            size = rng.randint(1, 3)
            acknowledge(store, stream, range(version, version + size))
            version += size


def in_fork(work: Callable[[], None]) -> int:
    """Run it in a fork of this process, which has no threads; returns the child's id."""
    child = os.fork()
    if child:
        return child
    try:
        work()
    finally:
        os._exit(0 if sys.exc_info()[0] is None else 1)


def kill(path: str, rounds: str) -> None:
    """Let two processes write, kill each at a moment of its own, again and again on one file."""
    rng = random.Random(20)
    for number in range(int(rounds)):
        children = [
            in_fork(lambda s=f"s-{number}-{twin}": write(path, s, "100000"))  # type: ignore[misc]
            for twin in range(2)
        ]
        for child in children:
            time.sleep(rng.uniform(0.002, 0.05))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        with closing(sqlite3.connect(path)) as raw:  # recovers, as any next process does
            raw.execute("PRAGMA schema_version")


def fill(path: str) -> None:
    import resource

    with closing(SQLiteStore(path)) as store:
        acknowledge(store, "s", range(1, 4))
        # No file of this process may grow above 300 kB, as on a disk without room.
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
        first = 4
        while first < 100_000:
            try:
                acknowledge(store, "s", range(first, first + 10), room=200)
            except StoreError as error:
                said = str(error)
                break
            first += 10
        assert path in said
        assert "nothing was stored" in said
        assert store.head() == first - 1
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        acknowledge(store, "s", range(first, first + 10))


def fork(path: str) -> None:
    with closing(SQLiteStore(path)) as store:
        acknowledge(store, "parent", range(1, 2))

        def use() -> None:
            try:
                store.head()
            except StoreError:
                store.close()  # does nothing here
                with closing(SQLiteStore(path)) as own:
                    acknowledge(own, "child", range(1, 2))

        assert os.waitpid(in_fork(use), 0)[1] == 0
        assert store.head() == 2


SCRIPTS: dict[str, Callable[..., None]] = {"write": write, "kill": kill, "fill": fill, "fork": fork}

if __name__ == "__main__":
    SCRIPTS[sys.argv[1]](*sys.argv[2:])
