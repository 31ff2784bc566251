"""Where output goes: pages for people and JSON for programs to stdout, notes to stderr."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
from rich.console import Console, RenderableType

from ordertrail.domain.values import Personal

if TYPE_CHECKING:
    from rich.progress import Progress

HIDDEN = "(personal)"
"""What is printed in the place of something personal."""

Told = Callable[[int, int], None]
Row = TypeVar("Row")

A_SCREEN = 50
"""How many rows are shown at a terminal where nobody says how many."""


class Page(Console):
    """A console that tells of a closed pipe as any other writer does."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def page() -> Page:
    """The console for people, on stdout."""
    return Page(highlight=False)


def note(*sentences: RenderableType) -> None:
    """Say something beside the result, on stderr."""
    console = Page(stderr=True, highlight=False, soft_wrap=True)
    for sentence in sentences:
        console.print(sentence, markup=False)


def screenful(rows: Sequence[Row], limit: int | None) -> Sequence[Row]:
    """The rows to show: at a terminal the first ones, unless somebody says how many."""
    return rows[:A_SCREEN] if limit is None and sys.stdout.isatty() else rows


def say_what_is_left_out(shown: Sequence[Any], rows: Sequence[Any]) -> None:
    """Say on stderr how to see the rest of the rows."""
    if len(shown) < len(rows):
        note(f"The first {len(shown)} are shown; --limit {len(rows)} shows them all.")


def print_json(value: Any, *, personal: bool = False) -> None:
    """Print one JSON object on one line."""
    sys.stdout.write(as_text(plain(value, personal=personal)) + "\n")


def as_text(document: Any, *, indent: bool = False) -> str:
    """A plain value as JSON; where stdout has no Unicode, in ASCII, so that nothing gets lost."""
    if (sys.stdout.encoding or "utf-8").lower().startswith("utf"):
        return orjson.dumps(document, option=orjson.OPT_INDENT_2 if indent else None).decode()
    layout: Any = {"indent": 2} if indent else {"separators": (",", ":")}
    return json.dumps(document, **layout)


def plain(value: Any, *, personal: bool = False) -> Any:
    """The value as JSON has it: times in ISO 8601, money as strings, what is personal hidden."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Personal):
        return plain(value.value, personal=True) if personal else HIDDEN
    if isinstance(value, Mapping):
        return {_key(key): plain(entry, personal=personal) for key, entry in value.items()}
    if hasattr(value, "_fields"):
        return {name: plain(getattr(value, name), personal=personal) for name in value._fields}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(entry, personal=personal) for entry in value]
    if is_dataclass(value):
        return {
            field.name: plain(getattr(value, field.name), personal=personal)
            for field in fields(value)
        }
    return str(value)


def _key(key: Any) -> str:
    return "/".join(map(str, key)) if isinstance(key, tuple) else str(key)


@contextmanager
def progress_bar(what: str, unit: str = "events") -> Iterator[Told]:
    """A function to be told (done, of how many), which shows a bar with an estimate.

    The bar stands on stderr while it is a terminal, and only where the work takes several steps.
    """
    bar: Progress | None = None
    console = Console(stderr=True)

    def told(done: int, total: int) -> None:
        nonlocal bar
        if bar is None and done < total and console.is_terminal:
            bar = _started_bar(what, total, unit, console)
        if bar is not None:
            bar.update(bar.task_ids[0], completed=done, total=total)

    try:
        yield told
    finally:
        if bar is not None:
            bar.stop()


def _started_bar(what: str, total: int, unit: str, console: Console) -> "Progress":
    from rich import progress

    counted: tuple[progress.ProgressColumn, ...] = (progress.DownloadColumn(),)
    if unit != "bytes":
        counted = (progress.MofNCompleteColumn(), progress.TextColumn(unit))
    bar = progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(bar_width=None),
        *counted,
        progress.TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    bar.add_task(what, total=total)
    bar.start()
    return bar
