"""A round: actors work on a new log while things go wrong; then it must have kept its promise."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.faults.actors import Part, contender, follower, rebuilder, worker, writer
from tests.faults.company import Actor, in_fork
from tests.faults.diary import notes_in
from tests.faults.judge import judge
from tests.faults.places import Place

LENGTH = 0.3  # seconds in which things go wrong
STRIKES = (2, 6)  # how many, at least and at most
PATIENCE = 60.0  # seconds after which whoever does nothing has stalled for ever

ROLES = {
    "writer": writer,
    "contender": contender,
    "follower": follower,
    "worker": worker,
    "rebuilder": rebuilder,
}
LIFE = ("told", "refused", "saw", "lives")  # the notes of an actor that can work


class Scenario(NamedTuple):
    """What is tried: who works, where, and what goes wrong meanwhile.

    `well`: nothing happens to the store itself. `astray`: every clock jumps by hours, back as often
    as forth.
    """

    place: Callable[[Path], Place]
    cast: Mapping[str, int]
    strikes: Sequence[Callable[["Round"], str]]
    well: bool = True
    astray: bool = False


class Round:
    """One round; all that is left to chance in it follows from its seed.

    Attributes:
        chance: the dice of this round.
        place: where its log lies.
        struck: what went wrong, and when.
    """

    def __init__(self, scenario: Scenario, place: Place, seed: int, folder: Path) -> None:
        """`folder` is for the diaries of the actors."""
        self.chance = Random(seed)
        self.place = place
        self.struck: list[str] = []
        self._scenario = scenario
        self._seed = seed
        self._folder = folder
        self._url = place.url(f"round{seed}")
        self._actors = [
            Actor(role, ROLES[role], self._part(f"{role}{number}"))
            for role, many in scenario.cast.items()
            for number in range(many)
        ]

    def play(self) -> None:
        """Let things go wrong at random moments, then let all go well again, and judge.

        Raises:
            AssertionError: the promise was broken, somebody died of an error or does nothing.
        """
        try:
            for actor in self._actors:
                actor.enter()
            self._strike()
            self._let_all_work()
            for actor in self._actors:
                actor.kill()
            self.place.rest()
            for actor in self._actors:
                if actor.role == "follower":
                    actor.enter()  # and come to the end
            self._judge()
        finally:
            for actor in self._actors:
                actor.leave()
        self.place.forget(f"round{self._seed}")

    def one(self, role: str) -> Actor:
        """One of those who play the role."""
        return self.chance.choice([actor for actor in self._actors if actor.role == role])

    def count(self, kind: str) -> int:
        """How many notes of a kind there are in all diaries."""
        return sum(note.kind == kind for actor in self._actors for note in notes_in(actor.diary))

    def _part(self, name: str) -> Part:
        diary = self._folder / f"{name}.diary"
        return Part(name, self._url, diary, str(self._seed), self._scenario.astray)

    def _strike(self) -> None:
        begun = time.monotonic()
        many = self.chance.randint(*STRIKES) if self._scenario.strikes else 0
        for moment in sorted(self.chance.uniform(0, LENGTH) for _ in range(many)):
            _sleep_until(begun + moment)
            strike = self.chance.choice(self._scenario.strikes)
            at = time.monotonic() - begun
            self.struck.append(f"{at:.3f} s: {strike(self)}")
        _sleep_until(begun + LENGTH)

    def _let_all_work(self) -> None:
        self.place.mend()
        since, deadline = time.monotonic_ns(), time.monotonic() + PATIENCE
        for actor in self._actors:
            while not any(n.at > since and n.kind in LIFE for n in notes_in(actor.diary)):
                actor.must_live()
                assert time.monotonic() < deadline, (
                    f"{actor.name} does nothing any more; its last notes: "
                    f"{notes_in(actor.diary)[-3:]}"
                )
                time.sleep(0.005)

    def _judge(self) -> None:
        errors = self._folder / "judge.err"
        diaries = {actor.name: actor.diary for actor in self._actors}
        child = in_fork(lambda: judge(self._url, diaries, well=self._scenario.well), errors)
        _, status = os.waitpid(child, 0)
        assert not status, errors.read_text()


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))
