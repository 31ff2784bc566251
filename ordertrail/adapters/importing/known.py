"""What the log knows of an order that the same source told of before."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from ordertrail.adapters.importing.cells import Row
from ordertrail.domain.event import Event
from ordertrail.domain.order.events import OrderAmended, OrderLine, OrderPlaced

CHANGED = "was imported before, with other content"


class Known:
    """The lines that an order was placed with, or that were added, each with its command's id.

    Attributes:
        promised: the first promise.
        lines: by id, as they were told.
        commands: the ids of all commands that led to something.
    """

    def __init__(self, events: Iterable[Event]) -> None:
        self.promised: datetime | None = None
        self.lines: dict[str, OrderLine] = {}
        self.commands: set[str | None] = set()
        self._told_by: dict[str, str | None] = {}
        self._free: dict[str, OrderLine] = {}
        for event in events:
            body: Any = event.body
            self.commands.add(event.command_id)
            lines: Sequence[OrderLine] = ()
            if isinstance(body, OrderPlaced):
                self.promised = self.promised or body.promised_at
                lines = body.lines
            elif isinstance(body, OrderAmended):
                lines = body.added
            for line in lines:
                if line.line not in self.lines:
                    self.lines[line.line] = line
                    self._told_by[line.line] = event.command_id
        self._free.update(self.lines)

    def told_by(self, line: str) -> str | None:
        """The id of the command that told of a line."""
        return self._told_by.get(line)

    def add(self, line: OrderLine, command: str) -> None:
        """Remember a line that is new."""
        self.lines[line.line] = line
        self._told_by[line.line] = command

    def same(self, line: OrderLine, named: bool) -> str | None:
        """The id of the line that this is, as long as no row before was that line.

        Lines whose ids are only numbers that an import gave are known by what they say.
        """
        if named:
            before = self._free.get(line.line)
            found = None if before is None or _said(before) != _said(line) else line.line
        else:
            said = _said(line)
            first = self._free.get(line.line)
            if first is not None and _said(first) == said:
                found = line.line
            else:
                found = next((id for id, one in self._free.items() if _said(one) == said), None)
        if found is not None:
            del self._free[found]
        return found

    def changed(self, line: OrderLine, named: bool) -> bool:
        """Whether there is such a line that says something else."""
        if named:
            return line.line in self.lines
        return any(one.sku == line.sku for one in self._free.values())

    def next_number(self) -> str:
        """The number of the next line that has no id of its own."""
        number = len(self.lines) + 1
        while str(number) in self.lines:
            number += 1
        return str(number)


def _said(line: OrderLine) -> tuple[Any, ...]:
    return (line.sku, line.quantity, line.price, line.adjustments)


Refused = list[tuple[Row, str]]
"""Rows that are rejected, each with the reason."""
