"""Importing a file: it is read once to find what is wrong with it, and once to import it."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from ordertrail.adapters.importing.cells import LINE, Row
from ordertrail.adapters.importing.events import Events
from ordertrail.adapters.importing.lines import Lines
from ordertrail.adapters.importing.mapping import Mapping
from ordertrail.adapters.importing.outbox import (
    Again,
    ImportSummary,
    RejectsFile,
    Sender,
    Trail,
)
from ordertrail.adapters.importing.reading_mapping import load_mapping
from ordertrail.adapters.importing.seen import Seen
from ordertrail.adapters.importing.source import Source
from ordertrail.domain.aggregate import Command
from ordertrail.domain.errors import BadInput

Progress = Callable[[int, int], None]
"""Told how many bytes of how many are done."""

CHECKING = 0.15
"""The part of the time that the first reading takes, about."""


MOST_COMPLAINTS = 20
"""How many words are complained of at a time."""


class Became(NamedTuple):
    """What some rows would become: commands, or (for one row) the reason of its rejection."""

    lines: tuple[int, ...]
    commands: tuple[Command, ...] = ()
    reason: str | None = None


def import_file(
    trail: Trail,
    path: str | Path,
    mapping: Mapping | str | Path,
    rejects: str | Path | None = None,
    progress: Progress | None = None,
) -> ImportSummary:
    """Import a file; what was imported before is not imported again.

    Args:
        trail: the engine that decides and stores.
        path: CSV or JSON lines, plain or gzip.
        mapping: what its columns and words mean; the path of a mapping, or the name of one that
            comes with Ordertrail, will do.
        rejects: where rejected rows go; FILE.rejects.csv in the current folder when left out.
        progress: told how far it is.

    Raises:
        BadInput: the file or the mapping cannot be used, and nothing was stored; or the file is
            damaged further down, and what stands above that was stored.
        StoreError: the store cannot take more. Import again when it can.
    """
    source, rows_to = _prepared(path, mapping)
    with rows_to as become, _seldom_collecting():
        _check(source, become, progress)
        place = Path(rejects) if rejects is not None else Path(f"{source.path.name}.rejects.csv")
        if place.resolve() == source.path.resolve():
            raise BadInput(f"The rejects file {place} is the file to be imported; name another.")
        with RejectsFile(place, source.original_header, source.original) as rejected:
            sender = Sender(trail, rejected)
            part = _part(progress, source.size, CHECKING, 1)
            become.become(chain.from_iterable(source.chunks(rejected.add, part)), sender)
            sender.flush()
        return ImportSummary(
            rows=sender.imported_rows + rejected.rows,
            imported_rows=sender.imported_rows,
            rejected_rows=rejected.rows,
            orders=become.orders,
            events=sender.events,
            rejects_file=place if rejected.rows else None,
            reasons=dict(rejected.reasons.most_common()),
        )


def dry_run(path: str | Path, mapping: Mapping | str | Path, rows: int = 10) -> Iterator[Became]:
    """What the first rows would become; nothing is stored. The whole file is checked first.

    Raises:
        BadInput: the file or the mapping cannot be used.
    """
    source, rows_to = _prepared(path, mapping)
    with rows_to as become:
        _check(source, become, None)
        shown = _Shown()
        every = chain.from_iterable(source.chunks(shown.reject))
        become.become(islice(every, rows), shown)
        yield from sorted(shown.became)


class _Prepared:
    """The maker of commands for a shape, with what it has seen; a context manager."""

    def __init__(self, mapping: Mapping, source: Source) -> None:
        self._seen = Seen()
        shape = Lines if mapping.shape == "lines" else Events
        self._become: Lines | Events = shape(mapping, source, self._seen)

    def __enter__(self) -> Lines | Events:
        return self._become

    def __exit__(self, *_: object) -> None:
        self._seen.close()


def _prepared(path: str | Path, mapping: Mapping | str | Path) -> tuple[Source, _Prepared]:
    if not isinstance(mapping, Mapping):
        mapping = load_mapping(mapping)
    source = Source(Path(path), mapping)
    return source, _Prepared(mapping, source)


def _check(source: Source, become: Lines | Events, progress: Progress | None) -> None:
    """Read all rows, and find the words that nothing explains.

    Raises:
        BadInput: there are some, or a column that no row has.
    """
    absent = set(source.absent_columns(set()))
    strange: dict[str, str] = {}
    part = _part(progress, source.size, 0, CHECKING)
    for chunk in source.chunks(lambda row, why: None, part):
        for words in become.words:
            for row in words.unexplained(chunk):
                if not any(condition.holds(row) for condition, _ in become.rejects):
                    strange.setdefault(words.word(row), words.complaint(row))
        if len(strange) > MOST_COMPLAINTS:
            break
        if become.returns is not None:
            become.returns.prepare(chunk)
        absent -= {name for name in absent if _occurs(source.header.index(name), chunk)}
    if strange:
        raise BadInput("\n".join(list(strange.values())[:MOST_COMPLAINTS]))
    if absent:
        raise BadInput(f"{source.path.name}: no line has {', '.join(sorted(absent))}.")


def _occurs(index: int, rows: Sequence[Row]) -> bool:
    return any(row[index] for row in rows)


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Look for cycles of garbage less often: rows and events form none, and there are millions.

    Looking at all of them again and again takes a third of the time of an import.
    """
    usual = gc.get_threshold()
    gc.set_threshold(200_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _part(
    progress: Progress | None, size: int, first: float, last: float
) -> Callable[[int], None] | None:
    if progress is None:
        return None
    return lambda done: progress(int(size * first + done * (last - first)), size)


class _Shown:
    """An outbox that keeps what it is given, to be shown."""

    def __init__(self) -> None:
        self.became: list[Became] = []

    def send(
        self, rows: Sequence[Row], commands: Sequence[Command], again: Again | None = None
    ) -> None:
        self.became.append(Became(tuple(row[LINE] for row in rows), tuple(commands)))

    def reject(self, row: Row, reason: str) -> None:
        self.became.append(Became((row[LINE],), reason=reason))
