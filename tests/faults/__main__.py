"""`python -m tests.faults`: plays rounds of a scenario, and shows how to repeat one that fails."""

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from ordertrail import Ordertrail
from tests.faults.places import Place
from tests.faults.room import CannotTry
from tests.faults.round import Round, Scenario
from tests.faults.scenarios import SCENARIOS

CANNOT_TRY = 5  # the exit code where this machine does not let us

COUNTED = ("told", "refused", "failed", "saw")


def main() -> int:
    """Play the rounds; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1, help="of the first round, the next has +1")
    asked = parser.parse_args()
    Ordertrail.open("memory:", follow=False).close()  # what every actor needs, before all fork
    scenario = SCENARIOS[asked.scenario]
    folder = Path(tempfile.mkdtemp(prefix="ordertrail-faults-"))
    (folder / "place").mkdir()
    try:
        place = scenario.place(folder / "place")
    except CannotTry as reason:
        shutil.rmtree(folder)
        print(f"{asked.scenario} cannot be tried here: {reason}", file=sys.stderr)
        return CANNOT_TRY
    counts: Counter[str] = Counter()
    try:
        for seed in range(asked.seed, asked.seed + asked.rounds):
            counts += _played(scenario, place, seed, folder / f"diaries-{seed}")
    except AssertionError as broken:
        print(
            f"{broken}\nThe diaries are kept in {folder}. To repeat it:\n"
            f"python -m tests.faults {asked.scenario} --rounds 1 --seed {seed}",
            file=sys.stderr,
        )
        return 1
    finally:
        place.close()
    shutil.rmtree(folder)
    said = ", ".join(f"{counts[kind]} {kind}" for kind in COUNTED)
    print(f"{asked.scenario}: {asked.rounds} rounds, {counts['strikes']} strikes, {said}")
    return 0


def _played(scenario: Scenario, place: Place, seed: int, folder: Path) -> Counter[str]:
    """Play a round; returns how often what was noted.

    Raises:
        AssertionError: the promise was broken.
    """
    folder.mkdir()
    round = Round(scenario, place, seed, folder)
    try:
        round.play()
    except AssertionError as broken:
        struck = "\n".join(round.struck)
        raise AssertionError(f"{broken}\nWhat went wrong before:\n{struck}") from broken
    counts = Counter({kind: round.count(kind) for kind in COUNTED})
    counts["strikes"] = len(round.struck)
    shutil.rmtree(folder)
    return counts


if __name__ == "__main__":
    sys.exit(main())
