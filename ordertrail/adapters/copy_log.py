"""Moves a whole log to another store: positions, ids and times as they are, every byte compared."""

from collections.abc import Sequence
from typing import NamedTuple

from ordertrail.adapters.log_digest import PAGE, Digest, Hashed, command_pages, pages
from ordertrail.adapters.progress import Progress, Step, steps
from ordertrail.adapters.store import DecidedCommand, Record, Store
from ordertrail.domain.errors import BadInput, StoreError


class Copied(NamedTuple):
    """What a copy did: how many events and commands it added, and what both logs say now."""

    events: int
    commands: int
    digest: Digest


def copy_log(source: Store, target: Store, progress: Progress | None = None) -> Copied:
    """Bring the target up to where the source is now; the source may be written to meanwhile.

    Whoever is killed on the way just copies again: a page of events is committed with the commands
    that led to them, so that the target is at any moment the beginning of the source. It counts as
    unfinished, and opens for nothing else, until it was complete and found equal for once.

    Raises:
        BadInput: the target holds another log, or is not the beginning of the source.
        StoreError: a store fails, somebody else writes to the target, or what was read back from
            it is not what was written.
    """
    head, begun = source.head(), target.head()
    if target.log_id != source.log_id:
        _must_be_empty(target)
        target.adopt(source.log_id)
    if begun > head:
        raise BadInput(f"TO has {begun:,} events, FROM only {head:,}: nothing was copied.")
    step = steps(2 * begun + 3 * (head - begun), head, progress)
    ours, theirs = Hashed(head), Hashed(head)
    _read(source, 0, begun, ours, step)
    _read(target, 0, begun, theirs, step)
    if ours.so_far() != theirs.so_far():
        raise BadInput(
            f"The {begun:,} events in TO are not the first ones of FROM: name an empty place. "
            "Nothing was copied."
        )
    commands = _copy_events(source, target, begun, head, ours=ours, step=step)
    commands += _copy_commands(source, target, head, ours)
    _copy_trackings(source, target)
    _read(target, begun, head, theirs, step)
    for found in command_pages(target):
        theirs.add_commands(found)
    if ours.digest() != theirs.digest():
        raise StoreError(
            "What was read back from TO is not what FROM holds: do not use TO. Check the disks of "
            "both with `ordertrail verify`, and copy again to an empty place."
        )
    target.finish()
    return Copied(head - begun, commands, ours.digest())


def _must_be_empty(target: Store) -> None:
    if target.head() or target.commands(limit=1) or target.trackings():
        raise BadInput(f"TO holds another log already ({target.log_id}): name an empty place.")


def _read(store: Store, after: int, until: int, hashed: Hashed, step: Step) -> None:
    for page in pages(store, after, until):
        hashed.add(page)
        step(len(page))


def _copy_events(
    source: Store, target: Store, after: int, until: int, *, ours: Hashed, step: Step
) -> int:
    """Copy events and the commands that led to them; returns how many commands."""
    commands = 0
    while after < until:
        records = source.read(after, PAGE, until=until)
        if not records:
            raise StoreError(f"FROM has no event {after + 1}: see `ordertrail verify`.")
        decided = source.commands_from(after + 1, records[-1].position)
        last = max((command.last_position for command in decided), default=0)
        if last > records[-1].position:  # what one command led to is stored at once
            after = records[-1].position
            records += source.read(after, last - after)
        _append(target, records, decided)
        ours.add(records)
        commands += len(decided)
        after = records[-1].position
        step(2 * len(records))
    return commands


def _copy_commands(source: Store, target: Store, head: int, ours: Hashed) -> int:
    """Copy the commands that led to no event; returns how many were new."""
    copied = 0
    for commands in command_pages(source):
        ours.add_commands(commands)
        barren = [c for c in commands if c.last_position < c.first_position <= head + 1]
        missing = _missing(target, barren)
        if missing:
            _append(target, (), missing)
        copied += len(missing)
    return copied


def _missing(target: Store, commands: list[DecidedCommand]) -> list[DecidedCommand]:
    if not commands:
        return []
    with target.writing(exclusive=True) as work:
        known = work.decided([command.command_id for command in commands])
    for command in commands:
        if known.get(command.command_id, command) != command:
            raise BadInput(f"The command {command.command_id!r} is another one in TO than in FROM.")
    return [command for command in commands if command.command_id not in known]


def _append(target: Store, records: Sequence[Record], commands: Sequence[DecidedCommand]) -> None:
    with target.writing(exclusive=True) as work:  # so that every position and time stays as it is
        if records and work.head()[0] != records[0].position - 1:
            raise StoreError(
                "Somebody else writes to TO: stop that, and copy again. What they wrote may have "
                "to go with all of TO."
            )
        work.append(records, commands)


def _copy_trackings(source: Store, target: Store) -> None:
    reached = {one.application_name: one.notification_id for one in target.trackings()}
    for tracking in source.trackings():
        if reached.get(tracking.application_name, -1) < tracking.notification_id:
            with target.writing() as work:
                work.append((), (), tracking)
