"""`ordertrail run` keeps its processes running, and ends them when it is told to."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from ordertrail import Ordertrail, PlaceOrder

MAIN = [sys.executable, "-m", "ordertrail"]


def line_with(process, word):
    """The next line that holds the word."""
    for line in process.stderr:
        if word in line:
            return line
    raise AssertionError(f"it ended without {word!r}")


@pytest.mark.slow
def test_workers_are_started_again_when_they_die_and_ended_at_the_end(any_url):
    command = [*MAIN, "--db", any_url, "run", "--workers", "2", "--every", "0.2"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        first = line_with(process, "worker 1: started")
        line_with(process, "watch: started")
        pid = int(re.findall(r"process (\d+)", first)[0])
        with Ordertrail.open(any_url, follow=False) as trail:
            while len(trail.workers()) < 2:
                time.sleep(0.05)
            line = {"line": "1", "sku": "MUG", "quantity": 1}
            trail.execute(PlaceOrder(order_id="A", lines=[line]))
            trail.catch_up()
            assert [row.order_id for row in trail.orders()] == ["A"]
            assert {len(status.owners) for status in trail.status()} <= {1, 2}
            os.kill(pid, signal.SIGKILL)
            assert "by signal 9, starts again in 0.5 s" in line_with(process, "worker 1: ended")
            line_with(process, "worker 1: started")
        process.send_signal(signal.SIGTERM)
        line_with(process, "Ending.")
        assert process.wait(30) == 0


def test_a_log_in_memory_is_refused(run):
    ran = run("run", "--db", "memory:")
    assert ran.code == 2
    assert "of one process" in ran.err


def test_a_rebuild_by_two_processes_gives_the_same(story):
    before = story("orders", "--json").out
    rebuilt = story("rebuild", "--workers", "2", "--json").object
    assert len(rebuilt["rebuilt"]) == 6
    assert story("orders", "--json").out == before
