"""What goes wrong in a round; each strike hits one that the dice of the round choose."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from tests.faults.places import Database
from tests.faults.round import Round
from tests.faults.wire import Wire

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
    assert round.place.room is not None
    round.place.room.fill()
    pause = _a_while(round)
    round.place.room.empty()
    return f"the disk was full for {pause:.3f} s"


def backend_killed(round: Round) -> str:
    """A process of the server dies; PostgreSQL then ends all others, and recovers."""
    return _sent_to_backend(round, signal.SIGKILL)


def backend_ended(round: Round) -> str:
    """The server ends one connection."""
    return _sent_to_backend(round, signal.SIGTERM)


def backend_stalled(round: Round) -> str:
    """The server does not answer on one connection for a while, whatever it has locked."""
    stopped = _sent_to_backend(round, signal.SIGSTOP)
    _a_while(round)
    assert isinstance(round.place, Database)
    for backend in round.place.server.backends():
        os.kill(backend, signal.SIGCONT)
    return stopped


def server_killed(round: Round) -> str:
    """The server dies, and is started again a while later."""
    assert isinstance(round.place, Database)
    round.place.server.kill()
    pause = _a_while(round)
    round.place.server.mend()
    return f"the server was gone for {pause:.3f} s and more"


def network_cut(round: Round) -> str:
    """All connections are lost, in the midst of whatever they carry."""
    wire = _wire(round)
    wire.kill()
    wire.enter()
    return "the network was cut"


def network_silent(round: Round) -> str:
    """Nothing comes through for a while."""
    wire = _wire(round)
    wire.stall()
    pause = _a_while(round)
    if round.chance.random() < 0.5:
        wire.kill()
        wire.enter()
        return f"the network was silent for {pause:.3f} s, and then cut"
    wire.go_on()
    return f"the network was silent for {pause:.3f} s"


def _wire(round: Round) -> Wire:
    assert isinstance(round.place, Database)
    assert round.place.wire is not None
    return round.place.wire


def _sent_to_backend(round: Round, what: signal.Signals) -> str:
    assert isinstance(round.place, Database)
    backends = round.place.server.backends()
    if not backends:
        return "no backend was there to strike"
    with suppress(ProcessLookupError):
        os.kill(round.chance.choice(backends), what)
    return f"{what.name} to one of {len(backends)} backends"


def _a_while(round: Round) -> float:
    pause = round.chance.uniform(0.01, 0.1)
    time.sleep(pause)
    return pause
