"""The promise holds whatever goes wrong: 200 rounds of it, or as many as you have time for.

`ORDERTRAIL_FAULT_ROUNDS=1000 pytest tests/faults` plays a thousand rounds of each scenario.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.__main__ import CANNOT_TRY
from tests.faults.scenarios import SCENARIOS

ROUNDS = os.environ.get("ORDERTRAIL_FAULT_ROUNDS", "14")


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_promise_is_kept(scenario):
    # A process of its own, since one with threads, such as pytest, should not fork.
    played = subprocess.run(
        [sys.executable, "-m", "tests.faults", scenario, "--rounds", ROUNDS],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    if played.returncode == CANNOT_TRY:
        pytest.skip(played.stderr)
    assert not played.returncode, played.stderr
