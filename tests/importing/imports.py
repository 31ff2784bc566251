"""Imports of small files that tests write down, and the log that they lead to."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ordertrail import Ordertrail
from ordertrail.adapters.importing import ImportSummary, import_file
from ordertrail.adapters.importing.reading_mapping import read_mapping
from ordertrail.adapters.receipt import Receipt
from ordertrail.domain.aggregate import Command
from ordertrail.domain.errors import OrdertrailError
from ordertrail.domain.event import Event

PLAIN = """\
name = "shop"
shape = "lines"
[order]
id = "order"
[line]
sku = "sku"
quantity = "qty"
price = "price"
[steps]
placed = "placed"
"""


class Checked:
    """An engine that looks at each command first: is it what its own validation would make?"""

    def __init__(self, trail: Ordertrail) -> None:
        self.trail = trail
        self.commands: list[Command] = []

    def execute_many(self, commands: Sequence[Command]) -> list[Receipt | OrdertrailError]:
        """Decide commands that are valid."""
        for command in commands:
            assert type(command).model_validate(command.model_dump()) == command
        self.commands += commands
        return self.trail.execute_many(commands)

    def events(self, *, stream: str | None = None) -> Iterator[Event]:
        """Events as they are."""
        return self.trail.events(stream=stream)


class Shop:
    """A log in memory, into which files in one folder are imported."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trail = Ordertrail.open("memory:", follow=False)
        self.checked = Checked(self.trail)
        self.summary: ImportSummary | None = None

    def imports(self, text: str | bytes, mapping: str, name: str = "shop.csv") -> ImportSummary:
        """Write a file down and import it."""
        file = self.folder / name
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        found = import_file(self.checked, file, read_mapping(mapping), self.rejects_file)
        assert found.rows == found.imported_rows + found.rejected_rows
        assert found.rejected_rows == sum(found.reasons.values())
        assert (found.rejects_file is None) == (found.rejected_rows == 0)
        return found

    @property
    def rejects_file(self) -> Path:
        """Where rejected rows go."""
        return self.folder / "rejects.csv"

    @property
    def events(self) -> list[Event]:
        """All events."""
        return [*self.trail.events()]

    @property
    def story(self) -> list[str]:
        """The types of all events with their orders, such as "o1 placed"."""
        return [f"{e.subject} {e.type.removeprefix('order.')}" for e in self.events]
