"""The benchmarks finish and yield their rows; nothing is asserted of how fast."""

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from benchmarks.measure import Sample
from benchmarks.place import Missing
from benchmarks.rows import Row, Run, Settings
from benchmarks.turns import take_turns

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "benchmarks", "--quick"]


def processes_that_name(folder: Path) -> list[str]:
    shown = subprocess.run(["ps", "-eww", "-o", "args"], capture_output=True, text=True, check=True)
    return [line for line in shown.stdout.splitlines() if str(folder) in line]


@pytest.fixture(scope="module")
def folder():
    """Not one of pytest's: other runs take it away from the user that a server of root runs as."""
    with tempfile.TemporaryDirectory(prefix="ordertrail-bench-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def rows(folder, tmp_path_factory):
    file = tmp_path_factory.mktemp("said") / "run.json"
    command = [*COMMAND, "--dir", str(folder), "--json", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [Row(**row) for row in json.loads(file.read_text())["rows"]]


def who_did(rows, case):
    return {row.contestant.split(",")[0] for row in rows if row.case == case}


@pytest.mark.slow
@pytest.mark.xdist_group("benchmarks")
def test_a_quick_run_yields_rows_for_every_part_on_both_databases(rows):
    parts = [
        "appends",
        "commands",
        "follow",
        "queries",
        "rebuild",
        "workers",
        "memory",
        "growth",
    ]
    for part in parts:
        measured = {row.contestant for row in rows if row.part == part and row.rate}
        assert {"Ordertrail, SQLite", "Ordertrail, PostgreSQL"} <= measured, part
    assert {row.part for row in rows} == {*parts, "import"}


@pytest.mark.slow
@pytest.mark.xdist_group("benchmarks")
@pytest.mark.parametrize(
    "case",
    [
        "bare appends, 64 callers",
        "bare appends, 2 processes with 16 callers each",
        "bare appends, batches of 2,000",
    ],
)
def test_the_peers_append_beside_us(rows, case):
    assert who_did(rows, case) == {"Ordertrail", "eventsourcing", "UmaDB", "sqlite3", "psycopg"}


@pytest.mark.slow
@pytest.mark.xdist_group("benchmarks")
@pytest.mark.parametrize(
    "case", ["commands, fresh streams, 64 callers", "commands, hot streams, 64 callers"]
)
def test_the_peers_execute_commands_beside_us(rows, case):
    assert who_did(rows, case) == {"Ordertrail", "eventsourcing", "sqlite3", "psycopg"}


@pytest.mark.slow
@pytest.mark.xdist_group("benchmarks")
def test_whoever_was_not_measured_says_why(rows):
    for row in rows:
        assert bool(row.rate) != row.note.startswith("NOT MEASURED: "), row


@pytest.mark.slow
@pytest.mark.xdist_group("benchmarks")
def test_a_run_leaves_no_file_and_no_server_behind(rows, folder):
    assert list(folder.iterdir()) == []
    assert processes_that_name(folder) == []


@pytest.mark.slow
@pytest.mark.xdist_group("benchmarks")
def test_a_run_that_is_stopped_stops_its_servers(folder):
    run = subprocess.Popen(
        [*COMMAND, "--dir", str(folder), "appends"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while run.poll() is None and not list(folder.glob("bench-*/bench_*")):
        time.sleep(0.05)
    running = processes_that_name(folder)
    run.send_signal(signal.SIGTERM)

    assert run.wait(60) == 128 + signal.SIGTERM
    assert any("postgres -D" in line for line in running)
    assert list(folder.iterdir()) == []
    assert processes_that_name(folder) == []


def test_a_peer_that_cannot_start_is_said_loudly_and_keeps_its_row(tmp_path, capsys):
    def away() -> Sample:
        raise Missing("it is not installed")

    ways = {"Ordertrail, SQLite": lambda: Sample(10, 2.0), "a peer": away}
    ours, theirs = take_turns(
        Settings(tmp_path, None), ways, 3, part="appends", case="bare", unit="events/s"
    )

    assert (ours.rate, ours.sqlite) == (5.0, 1.0)
    assert theirs.note == "NOT MEASURED: it is not installed"
    assert "a peer NOT MEASURED: it is not installed" in capsys.readouterr().err


def test_a_ratio_is_the_median_of_the_rounds(tmp_path):
    rates = iter([(10, 5), (30, 10), (10, 10)])
    turn: list[int] = []

    def ours() -> Sample:
        turn[:] = next(rates)
        return Sample(turn[0], 1.0)

    ways = {"Ordertrail, SQLite": ours, "a peer": lambda: Sample(turn[1], 1.0)}
    _, theirs = take_turns(
        Settings(tmp_path, None), ways, 3, part="appends", case="bare", unit="events/s"
    )

    assert theirs.sqlite == 2.0
    assert theirs.postgres is None


def test_the_plot_shows_what_was_measured(tmp_path):
    pytest.importorskip("matplotlib")
    from benchmarks.plot import draw

    rows = [
        Row("appends", f"bare appends, {callers} callers", who, 1000, "events/s", p99=2.0)
        for callers in (16, 64)
        for who in ("Ordertrail, SQLite", "UmaDB")
    ]
    draw(Run({}, False, rows), tmp_path / "drawn.svg")

    drawn = (tmp_path / "drawn.svg").read_text()
    for words in ("Bare appends, by callers", "Ordertrail, SQLite", "UmaDB", "64"):
        assert words in drawn
    assert "hot streams" not in drawn
