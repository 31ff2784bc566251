"""Which rules are asked of an event: few of those that listen to its class have to be."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from ordertrail.domain.event import Event
from ordertrail.projections.alerts.rule import Rule
from ordertrail.projections.alerts.units import MOVING, moved


class Asked:
    """A rule that is asked of events, with its methods at hand: they are called very often."""

    __slots__ = ("apply", "deadline", "firing", "name", "parts", "prefix", "proves", "rule")

    def __init__(self, rule: Rule) -> None:
        self.rule, self.name, self.prefix = rule, rule.name, f"{rule.name}/"
        self.parts, self.apply, self.firing = rule.parts, rule.apply, rule.firing
        timed = type(rule).deadline is not Rule.deadline
        self.deadline = rule.deadline if timed else None
        selects = type(rule).proves is not Rule.proves
        self.proves = rule.proves if selects else None


class Listening:
    """The rules that listen to one class of event bodies.

    Those to ask follow from what an event has of what they need, and from what it moves. There are
    few combinations of these: the answer for each is kept.
    """

    def __init__(self, cls: type[Any], rules: Sequence[Asked]) -> None:
        self._rules = rules
        self._moving = cls in MOVING
        self._needs = sorted({path for asked in rules for path in asked.rule.needs})
        self._there: Any = attrgetter(*self._needs) if self._needs else lambda event: None
        self._chosen: dict[Any, list[Asked]] = {}

    def to(self, event: Event) -> list[Asked]:
        """The rules that the event may concern."""
        there = self._there(event)
        if len(self._needs) > 1:
            there = tuple(map(bool, there)) if any(there) else None
        elif there is not None:
            there = (bool(there),)
        key = there, moved(event).effects if self._moving else None
        chosen = self._chosen.get(key)
        if chosen is None:
            chosen = self._chosen[key] = self._choose(*key)
        return chosen

    def _choose(
        self, there: tuple[bool, ...] | None, effects: frozenset[str] | None
    ) -> list[Asked]:
        found = {path for path, has in zip(self._needs, there or (), strict=False) if has}
        return [
            asked
            for asked in self._rules
            if (not asked.rule.needs or not found.isdisjoint(asked.rule.needs))
            and (
                not asked.rule.moves or effects is None or not effects.isdisjoint(asked.rule.moves)
            )
        ]
