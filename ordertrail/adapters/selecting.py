"""Which records a process has to decode that folds only some partitions."""

from collections.abc import Iterable
from typing import Any

from ordertrail.adapters.partitions import EVERY, partition_of
from ordertrail.adapters.store import Record
from ordertrail.projections.projection import Projection


class Selection:
    """The records from which something may follow for these partitions of these projections.

    Attributes:
        all: whether every record is one.
    """

    def __init__(self, wanted: Iterable[tuple[Projection[Any], frozenset[int]]]) -> None:
        wanted = list(wanted)
        self._partitions: frozenset[int] = frozenset().union(
            *(partitions for _, partitions in wanted)
        )
        self._types: set[str] = set()  # wanted from any stream
        self.all = self._partitions == EVERY or any(one.on is None for one, _ in wanted)
        if not self.all:
            for one, _ in wanted:
                self._types |= {kind.type for kind in one.on or () if not one.stays(kind)}

    def has(self, record: Record) -> bool:
        """Whether the record is one."""
        return (
            record.type in self._types
            or partition_of(record.stream.partition("-")[2]) in self._partitions
        )
