"""A rule as three sentences: given these events, when this command comes, then those events."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Self

from ordertrail.domain.aggregate import Aggregate, Command, Decided
from ordertrail.domain.errors import Refused
from ordertrail.domain.event import Event

NOON = datetime(2024, 5, 17, 12, 0, tzinfo=UTC)


class Scenario:
    """Streams of one aggregate, and of others that its commands touch as well.

    Events are given to `stream`, or else to the first one that the command names. What a command
    led to is there for the next one.
    """

    def __init__(self, aggregate: Aggregate, *others: Aggregate) -> None:
        self.aggregates = {one.name: one for one in (aggregate, *others)}
        self.decide = aggregate.decide
        self.history: defaultdict[str, list[Event]] = defaultdict(list)
        self.unaddressed: list[Any] = []
        self.bodies: list[Any] = []
        self.refusal: Refused | None = None

    def given(self, *bodies: Any, stream: str = "") -> Self:
        if stream:
            self._add(stream, bodies, NOON)
        else:
            self.unaddressed += bodies
        return self

    def when(self, command: Command) -> Self:
        at = command.occurred_at or NOON
        command = command.model_copy(update={"occurred_at": at})
        self._add(command.streams[0], self.unaddressed, NOON)
        self.unaddressed, self.bodies, self.refusal = [], [], None
        try:
            decided = self.decide(command, *map(self.state, command.streams))
        except Refused as refusal:
            self.refusal = refusal
            return self
        lists = decided if isinstance(decided, tuple) else (decided,)
        for stream, bodies in zip(command.streams, lists, strict=False):
            self.bodies += self._add(stream, bodies, at)
        return self

    def then(self, *bodies: Any) -> Self:
        assert self.refusal is None, self.refusal
        assert self.bodies == list(bodies)
        return self

    def then_nothing(self) -> Self:
        return self.then()

    def then_refused(self, code: str, **arguments: Any) -> Self:
        assert self.refusal is not None, f"not refused, but {self.bodies}"
        assert self.refusal.code == code
        assert arguments.items() <= self.refusal.arguments.items()
        return self

    def state(self, stream: str) -> Any:
        aggregate = self.aggregates[stream.partition("-")[0]]
        state = aggregate.initial
        for event in self.history[stream]:
            state = aggregate.evolve(state, event)
        return state

    def _add(self, stream: str, decided: Iterable[Any], at: datetime) -> list[Any]:
        events = self.history[stream]
        for one in decided:
            told = one if isinstance(one, Decided) else Decided(one, at)
            version = len(events) + 1
            events.append(
                Event(
                    told.body,
                    told.occurred_at,
                    id=f"{stream}/{version}",
                    stream=stream,
                    version=version,
                    causation_id=told.causation_id,
                )
            )
        return [one.body if isinstance(one, Decided) else one for one in decided]
