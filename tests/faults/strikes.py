"""What goes wrong in a round; each strike hits one that the dice of the round choose."""

import time
from collections.abc import Callable

from tests.faults.places import FolderWithLittleRoom
from tests.faults.round import Round

Strike = Callable[[Round], str]
"""Does it to the round, and tells what it did."""


def killed(role: str) -> Strike:
    """Somebody is killed as by `kill -9`, and somebody else goes on in their place."""

    def strike(round: Round) -> str:
        actor = round.one(role)
        actor.kill()
        actor.enter()
        return f"{actor.name} was killed"

    return strike


def stalled(role: str) -> Strike:
    """Somebody stands still for a while, whatever they hold."""

    def strike(round: Round) -> str:
        actor = round.one(role)
        actor.stall()
        pause = _a_while(round)
        actor.go_on()
        return f"{actor.name} stood still for {pause:.3f} s"

    return strike


def disk_full(round: Round) -> str:
    """No byte can be written for a while."""
    assert isinstance(round.place, FolderWithLittleRoom)
    round.place.room.fill()
    pause = _a_while(round)
    round.place.mend()
    return f"the disk was full for {pause:.3f} s"


def _a_while(round: Round) -> float:
    pause = round.chance.uniform(0.01, 0.1)
    time.sleep(pause)
    return pause
