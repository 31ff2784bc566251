"""The promise of a log, as it is checked after every round of faults.

Whoever wants to know what Ordertrail promises when processes, servers, disks and networks fail
reads the names of the functions in `PROMISE`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, Self

from ordertrail.adapters.store import Record
from tests.faults.diary import Note


class Stored(NamedTuple):
    """An event in the log: its place, the id of the event, and that of its command."""

    position: int
    stream: str
    version: int
    recorded_at: int
    event: str
    command: str

    @classmethod
    def of(cls, record: Record) -> Self:
        """What the log has; an append without a command says in its body who it is."""
        raw = record.body.decode() if record.type == "contested" else ""
        return cls(
            record.position,
            record.stream,
            record.version,
            record.recorded_at,
            raw or f"{record.command_id}.{record.command_index}",
            raw.rpartition(".")[0] or str(record.command_id),
        )


class Seen(NamedTuple):
    """All that is known after a round: the log, the diaries of the actors by their names, the
    rows of the views as they were followed and as they are when they are built anew, what
    `ordertrail verify` finds wrong, and whether the store itself was well all the time, whatever
    happened to those who use it."""

    log: Sequence[Stored]
    diaries: Mapping[str, Sequence[Note]]
    views: Mapping[str, Sequence[str]]
    rebuilt: Mapping[str, Sequence[str]]
    faults: Sequence[str]
    well: bool

    def notes(self, kind: str) -> Iterator[Note]:
        """The notes of one kind, of all actors."""
        return (note for diary in self.diaries.values() for note in diary if note.kind == kind)

    def events_of(self, command: str) -> list[str]:
        """The ids of the events that the command led to, in their order in the log."""
        return [stored.event for stored in self.log if stored.command == command]


def positions_are_gapless_from_1(seen: Seen) -> None:
    assert [stored.position for stored in seen.log] == list(range(1, len(seen.log) + 1))


def nothing_acknowledged_is_lost(seen: Seen) -> None:
    stored = {one.event: one.position for one in seen.log}
    for told in seen.notes("told"):
        lost = [event for event in told.events if event not in stored]
        assert not lost, f"{told} was acknowledged, and {lost} is not in the log"
        if told.events:
            at = stored[told.events[-1]]
            assert at == told.position, f"{told} was acknowledged, and stands at {at}"


def nothing_is_stored_twice(seen: Seen) -> None:
    assert not (twice := _twice(stored.event for stored in seen.log)), f"stored twice: {twice}"


def nothing_is_stored_that_nobody_asked_for(seen: Seen) -> None:
    asked = {note.id for note in seen.notes("asks")}
    unasked = {one.command for one in seen.log if not one.command.startswith("deadline:")} - asked
    assert not unasked, f"in the log, and in no diary: {sorted(unasked)}"


def what_was_refused_left_nothing(seen: Seen) -> None:
    commands = {stored.command for stored in seen.log}
    stored = [note for note in seen.notes("refused") if note.id in commands]
    assert not stored, f"refused, and yet in the log: {stored}"


def where_nothing_was_stored_nothing_was(seen: Seen) -> None:
    commands = {stored.command for stored in seen.log}
    asked = Counter(note.id for note in seen.notes("asks"))
    for failed in seen.notes("failed"):
        if "nothing was stored" in failed.events[0] and asked[failed.id] == 1:
            assert failed.id not in commands, f"stored, and yet: {failed}"


def a_command_is_stored_whole_and_in_one_piece(seen: Seen) -> None:
    pieces: defaultdict[str, list[Stored]] = defaultdict(list)
    for stored in seen.log:
        pieces[stored.command].append(stored)
    for command, events in pieces.items():
        assert [stored.event for stored in events] == [
            f"{command}.{index}" for index in range(len(events))
        ]
        places = [stored.position for stored in events]
        assert places[-1] - places[0] == len(places) - 1, f"{command} is torn apart: {places}"
    for told in seen.notes("told"):
        assert [stored.event for stored in pieces[told.id]] == list(told.events), told


def a_command_id_decides_once(seen: Seen) -> None:
    first: dict[str, Note] = {}
    for told in seen.notes("told"):
        other = first.setdefault(told.id, told)
        assert (other.position, other.events) == (told.position, told.events), (
            f"{told.id} was answered in two ways: {other}, {told}"
        )


def a_contested_version_has_one_winner(seen: Seen) -> None:
    versions: defaultdict[str, list[int]] = defaultdict(list)
    for stored in seen.log:
        versions[stored.stream].append(stored.version)
    for stream, found in versions.items():
        assert found == list(range(1, len(found) + 1)), f"{stream} has the versions {found}"


def recorded_at_never_goes_back(seen: Seen) -> None:
    for before, after in pairwise(seen.log):
        assert before.recorded_at <= after.recorded_at, f"{before} was recorded after {after}"


def commit_order_is_position_order(seen: Seen) -> None:
    """What was asked for after somebody knew of a position stands above that position."""
    stands = {stored.command: stored.position for stored in seen.log}
    moments = [(note.at, "known", note.position) for note in seen.notes("saw")]
    moments += [(note.at, "known", note.position) for note in seen.notes("told") if note.events]
    begun: dict[str, int] = {}
    for note in seen.notes("asks"):
        begun[note.id] = min(note.at, begun.get(note.id, note.at))
    moments += [(at, "asked", stands[id]) for id, at in begun.items() if id in stands]
    known = 0
    for _, what, position in sorted(moments):
        if what == "known":
            known = max(known, position)
        else:
            assert position > known, f"asked for when {known} was known, and stored at {position}"


def followers_saw_every_event_once_and_in_order(seen: Seen) -> None:
    log = [(stored.position, stored.event) for stored in seen.log]
    for name, diary in seen.diaries.items():
        saw = [(note.position, note.id) for note in diary if note.kind == "saw"]
        if saw:
            wrong = next((pair for pair in zip(saw, log, strict=False) if pair[0] != pair[1]), None)
            assert wrong is None, f"{name} saw {wrong[0]} where the log has {wrong[1]}"
            assert len(saw) == len(log), f"{name} saw {len(saw)} of {len(log)} events"


def views_equal_a_rebuild_of_them(seen: Seen) -> None:
    for name, rows in seen.views.items():
        rebuilt = seen.rebuilt[name]
        differing = sorted(set(rows) ^ set(rebuilt))
        assert rows == rebuilt, f"{name} differs when it is built anew: {differing[:4]}"


def ordertrail_verify_finds_nothing_wrong(seen: Seen) -> None:
    assert not seen.faults, seen.faults


def a_store_that_is_well_never_fails(seen: Seen) -> None:
    failed = list(seen.notes("failed")) if seen.well else []
    assert not failed, f"nothing happened to the store, and yet: {failed[:3]}"


PROMISE = (
    positions_are_gapless_from_1,
    nothing_acknowledged_is_lost,
    nothing_is_stored_twice,
    nothing_is_stored_that_nobody_asked_for,
    what_was_refused_left_nothing,
    where_nothing_was_stored_nothing_was,
    a_command_is_stored_whole_and_in_one_piece,
    a_command_id_decides_once,
    a_contested_version_has_one_winner,
    recorded_at_never_goes_back,
    commit_order_is_position_order,
    followers_saw_every_event_once_and_in_order,
    views_equal_a_rebuild_of_them,
    ordertrail_verify_finds_nothing_wrong,
    a_store_that_is_well_never_fails,
)


def must_be_kept(seen: Seen) -> None:
    """Check every part of the promise.

    Raises:
        AssertionError: one is broken; it says which, and by what.
    """
    for part in PROMISE:
        try:
            part(seen)
        except AssertionError as broken:
            raise AssertionError(f"{part.__name__}: {broken}") from broken


def _twice(ids: Iterator[str]) -> list[str]:
    return [id for id, times in Counter(ids).items() if times > 1]
