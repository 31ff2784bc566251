"""Read models in memory: rows in dicts, folded as the runner folds them into tables."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from ordertrail.domain.aggregate import Aggregate, Command, Decided
from ordertrail.domain.customer import CUSTOMER
from ordertrail.domain.errors import Refused
from ordertrail.domain.event import Event
from ordertrail.domain.order import ORDER
from ordertrail.projections.projection import Projection

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AGGREGATES = {one.name: one for one in (ORDER, CUSTOMER)}


def fold(projection: Projection[Any], events: Iterable[Event]) -> dict[Any, Any]:
    """The rows of the projection after the events, by key."""
    rows: dict[Any, Any] = {}
    for event in events:
        fold_one(projection, rows, event)
    return rows


def fold_one(projection: Projection[Any], rows: dict[Any, Any], event: Event) -> None:
    """Change the rows as one more event asks."""
    if projection.on is not None and type(event.body) not in projection.on:
        return
    for key, part in projection.parts(event):
        row = rows.get(key)
        if row is None:
            row = projection.row(key) if isinstance(key, str) else projection.row(*key)
        after = projection.apply(row, event, part)
        rows.pop(key, None)
        if after is not None:
            projection.finish(after)
            rows[key] = after


class Log:
    """A small log: commands are decided on the streams they name, an hour after one another."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.states: dict[str, Any] = {}
        self.versions: dict[str, int] = {}

    def tell(self, *commands: Command) -> "Log":
        """Decide the commands; one that is refused raises Refused."""
        for command in commands:
            self._decide(command)
        return self

    def try_to_tell(self, command: Command) -> bool:
        """Decide the command; say whether it was accepted."""
        try:
            self._decide(command)
        except Refused:
            return False
        return True

    def state(self, stream: str) -> Any:
        return self.states.get(stream, AGGREGATES[stream.partition("-")[0]].initial)

    def rows(self, projection: Projection[Any]) -> dict[Any, Any]:
        return fold(projection, self.events)

    def _decide(self, command: Command) -> None:
        number = len(self.events) + 1
        at = command.occurred_at or START + timedelta(hours=number)
        command = command.model_copy(update={"occurred_at": at})
        streams = command.streams
        deciding = _aggregate_of(command)
        decided = deciding.decide(command, *map(self.state, streams))
        groups = decided if isinstance(decided, tuple) else (decided,)
        for stream, group in zip(streams, groups, strict=False):
            for one in group:
                self._append(stream, one, at, command)

    def _append(self, stream: str, one: Any, at: datetime, command: Command) -> None:
        told = one if isinstance(one, Decided) else Decided(one, at)
        position = len(self.events) + 1
        self.versions[stream] = self.versions.get(stream, 0) + 1
        event = Event(
            told.body,
            told.occurred_at,
            id=f"c{position}.0",
            stream=stream,
            version=self.versions[stream],
            position=position,
            recorded_at=at.astimezone(UTC),
            actor=command.actor,
            channel=command.channel,
            source=command.source,
            reason=command.reason,
            causation_id=told.causation_id,
        )
        self.events.append(event)
        self.states[stream] = AGGREGATES[event.aggregate].evolve(self.state(stream), event)


def _aggregate_of(command: Command) -> Aggregate:
    return next(one for one in AGGREGATES.values() if type(command) in one.commands)
