"""The benchmarks finish and yield their rows; nothing is asserted of how fast."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_quick_run_yields_a_row_for_every_contestant(tmp_path):
    command = [sys.executable, "-m", "benchmarks", "--quick", "--json", "--dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert {row["part"] for row in rows} == {"commands", "rebuild", "import", "follow"}
    for case in ("fresh streams, 64 callers", "hot streams, 64 callers"):
        contestants = [row["contestant"] for row in rows if row["case"] == case]
        assert contestants == [
            "Ordertrail, threads",
            "eventsourcing",
            "Ordertrail, asyncio",
            "eventsourcing, cached",
            "Ordertrail, threads, views following",
            "eventsourcing, cached, one lock",
            "sqlite3, a connection each",
            "sqlite3, one connection",
            "sqlite3, a commit for all callers",
        ]
    assert list(tmp_path.iterdir()) == []
