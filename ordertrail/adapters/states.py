"""The states of streams that were touched lately, so that they need not be loaded again."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from ordertrail.domain.aggregate import Aggregate
from ordertrail.domain.event import Event

CACHED_STREAMS = 2048


class States:
    """The states of streams that were touched lately, each with its version.

    Events are folded when the state is next asked for, and not before.
    """

    def __init__(self, aggregates: Mapping[str, Aggregate]) -> None:
        self._aggregates = aggregates
        self._known: OrderedDict[str, tuple[Any, int, list[Event]]] = OrderedDict()

    def version(self, stream: str) -> int:
        """The version up to which the stream is known."""
        known = self._known.get(stream)
        return 0 if known is None else known[1]

    def add(self, stream: str, event: Event) -> None:
        """Append the next event to a stream."""
        state, version, waiting = self._known.get(stream) or (self._initial(stream), 0, [])
        waiting.append(event)
        self._known[stream] = (state, version + 1, waiting)
        self._known.move_to_end(stream)

    def get(self, stream: str) -> Any:
        """The state of the stream."""
        known = self._known.get(stream)
        if known is None:
            return self._initial(stream)
        state, version, waiting = known
        if waiting:
            evolve = self._aggregates[stream.partition("-")[0]].evolve
            for event in waiting:
                state = evolve(state, event)
            self._known[stream] = (state, version, [])
        return state

    def forget(self, streams: set[str]) -> None:
        """Forget streams whose last events were not stored."""
        for stream in streams:
            self._known.pop(stream, None)

    def trim(self) -> None:
        """Forget the streams that were not touched for longest."""
        while len(self._known) > CACHED_STREAMS:
            self._known.popitem(last=False)

    def _initial(self, stream: str) -> Any:
        aggregate = self._aggregates.get(stream.partition("-")[0])
        return None if aggregate is None else aggregate.initial
