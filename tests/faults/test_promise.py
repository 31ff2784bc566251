"""Each part of the promise is seen to be broken where it is."""

from dataclasses import dataclass, field

import pytest

from tests.faults.diary import Diary, Note, notes_in
from tests.faults.promise import PROMISE, Seen, Stored, must_be_kept


@dataclass
class History:
    """A history that keeps the promise, in lists that a test can damage.

    Two commands are told one after the other, while somebody follows; a third caller wanted the
    same version as the first one.
    """

    log: list[Stored] = field(
        default_factory=lambda: [
            Stored(1, "order-1", 1, 100, "a.0", "a"),
            Stored(2, "order-1", 2, 100, "b.0", "b"),
            Stored(3, "order-1", 3, 101, "b.1", "b"),
        ]
    )
    writer: list[Note] = field(
        default_factory=lambda: [
            Note("asks", 10, "a"),
            Note("asks", 11, "late"),
            Note("told", 20, "a", 1, ["a.0"]),
            Note("refused", 21, "late"),
            Note("asks", 30, "b"),
            Note("told", 40, "b", 3, ["b.0", "b.1"]),
        ]
    )
    follower: list[Note] = field(
        default_factory=lambda: [
            Note("saw", 15, "a.0", 1),
            Note("saw", 35, "b.0", 2),
            Note("saw", 36, "b.1", 3),
        ]
    )
    views: dict[str, list[str]] = field(default_factory=lambda: {"orders": ["1 of 2 shipped"]})

    faults: list[str] = field(default_factory=list)

    def seen(self) -> Seen:
        diaries = {"writer": self.writer, "follower": self.follower}
        rebuilt = {"orders": ["1 of 2 shipped"]}
        return Seen(self.log, diaries, self.views, rebuilt, self.faults, well=True)


def leaves_a_gap(history):
    history.log[2] = history.log[2]._replace(position=4)


def loses_an_acknowledged_event(history):
    history.log.pop()


def moves_an_acknowledged_event(history):
    history.writer[2] = history.writer[2]._replace(position=2)


def stores_an_event_twice(history):
    history.log.append(history.log[2]._replace(position=4, version=4))


def stores_what_nobody_asked_for(history):
    history.log.append(Stored(4, "order-2", 1, 101, "c.0", "c"))


def stores_what_it_refused(history):
    history.log.append(Stored(4, "order-1", 4, 101, "late.0", "late"))


def stores_what_it_says_it_did_not(history):
    history.writer.append(Note("failed", 50, "b", 0, ["No room is left; nothing was stored."]))


def stores_half_of_a_command(history):
    history.writer[5] = history.writer[5]._replace(position=2, events=["b.0"])


def lets_an_event_come_between(history):
    history.log[1:] = [
        history.log[1],
        Stored(3, "order-2", 1, 100, "c.0", "c"),
        history.log[2]._replace(position=4),
    ]


def decides_a_command_again(history):
    history.writer.append(Note("told", 50, "a", 3, ["b.1"]))


def lets_two_have_a_version(history):
    history.log[1] = history.log[1]._replace(version=1)


def goes_back_in_time(history):
    history.log[2] = history.log[2]._replace(recorded_at=99)


def puts_a_later_command_before_what_was_seen(history):
    history.follower[0] = history.follower[0]._replace(position=3)


def hides_an_event_from_a_follower(history):
    history.follower.pop(1)


def shows_an_event_twice(history):
    history.follower.insert(1, history.follower[0])


def lets_a_follower_stop(history):
    history.follower.pop()


def keeps_a_view_that_is_wrong(history):
    history.views["orders"] = ["2 of 2 shipped"]


def is_damaged(history):
    history.faults.append("Page 7 is never used.")


def fails_without_need(history):
    history.writer.insert(1, Note("failed", 11, "a", 0, ["The log is locked."]))


BROKEN_BY = {
    "positions_are_gapless_from_1": [leaves_a_gap],
    "nothing_acknowledged_is_lost": [loses_an_acknowledged_event, moves_an_acknowledged_event],
    "nothing_is_stored_twice": [stores_an_event_twice],
    "nothing_is_stored_that_nobody_asked_for": [stores_what_nobody_asked_for],
    "what_was_refused_left_nothing": [stores_what_it_refused],
    "where_nothing_was_stored_nothing_was": [stores_what_it_says_it_did_not],
    "a_command_is_stored_whole_and_in_one_piece": [
        stores_half_of_a_command,
        lets_an_event_come_between,
    ],
    "a_command_id_decides_once": [decides_a_command_again],
    "a_contested_version_has_one_winner": [lets_two_have_a_version],
    "recorded_at_never_goes_back": [goes_back_in_time],
    "commit_order_is_position_order": [puts_a_later_command_before_what_was_seen],
    "followers_saw_every_event_once_and_in_order": [
        hides_an_event_from_a_follower,
        shows_an_event_twice,
        lets_a_follower_stop,
    ],
    "views_equal_a_rebuild_of_them": [keeps_a_view_that_is_wrong],
    "ordertrail_verify_finds_nothing_wrong": [is_damaged],
    "a_store_that_is_well_never_fails": [fails_without_need],
}


def test_a_history_without_fault_keeps_the_promise():
    must_be_kept(History().seen())


@pytest.mark.parametrize("part", PROMISE, ids=lambda part: part.__name__)
def test_each_part_of_the_promise_is_seen_to_be_broken(part):
    for damage in BROKEN_BY[part.__name__]:
        history = History()
        damage(history)
        with pytest.raises(AssertionError):
            part(history.seen())


def test_the_part_that_is_broken_is_named():
    history = History()
    leaves_a_gap(history)
    with pytest.raises(AssertionError, match="positions_are_gapless_from_1"):
        must_be_kept(history.seen())


def test_a_note_that_a_kill_tore_is_left_out(tmp_path):
    path = tmp_path / "torn.diary"
    Diary(path).note("told", "a", 1, ["a.0"])
    with path.open("ab") as file:
        file.write(b'["told", 12')
    assert [note.id for note in notes_in(path)] == ["a"]
