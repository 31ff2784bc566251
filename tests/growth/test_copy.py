"""A log is moved as a whole: nothing is lost, nothing is changed, and nothing is mixed."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from uuid import uuid4

import pytest

from ordertrail.adapters import copy_log as copying
from ordertrail.adapters import log_digest
from ordertrail.adapters.copy_log import copy_log
from ordertrail.adapters.store import DecidedCommand, Store
from ordertrail.adapters.urls import open_store
from ordertrail.domain.errors import BadInput, StoreError
from tests.growth.logs import Writer, contents
from tests.postgres import log_url


@pytest.fixture(
    params=[
        "file to file",
        "memory to file",
        "file to server",
        "server to file",
        "server to server",
    ]
)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    """A store to copy from and one to copy to, both still empty."""
    with ExitStack() as stack:
        source, target = (
            stack.enter_context(closing(open_store(place(kind, request, tmp_path))))
            for kind in request.param.split(" to ")
        )
        yield source, target


def place(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """The URL of an empty place."""
    if kind == "server":
        return log_url(request.getfixturevalue("postgres_server"))
    return "memory:" if kind == "memory" else f"sqlite:///{folder}/{uuid4()}.db"


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    """Pages that a test fills."""
    for module in (copying, log_digest):
        monkeypatch.setattr(module, "PAGE", 7)


def test_everything_arrives_as_it_is(pair):
    source, target = pair
    Writer(source).write(60)
    copied = copy_log(source, target)
    assert contents(target) == contents(source)
    assert target.log_id == source.log_id
    assert copied.events == source.head() == copied.digest.position
    assert copied.commands == len(source.commands(limit=10**6))
    assert not target.is_unfinished()


def test_an_empty_log_is_copied_too(pair):
    source, target = pair
    assert copy_log(source, target).events == 0
    assert target.log_id == source.log_id
    assert not target.is_unfinished()


def test_copying_again_brings_what_came_since_and_nothing_else(pair):
    source, target = pair
    writer = Writer(source)
    for units in (10, 0, 25):
        writer.write(units)
        before = target.head()
        copied = copy_log(source, target)
        assert copied.events == source.head() - before
        assert contents(target) == contents(source)
    assert copy_log(source, target)[:2] == (0, 0)


def test_what_comes_while_the_copy_runs_waits_for_the_next_one(pair):
    source, target = pair
    writer = Writer(source)
    writer.write(20)
    head = source.head()
    copied = copy_log(source, target, lambda done, total: writer.write(1))
    assert copied.digest.position == target.head() == head < source.head()
    assert copy_log(source, target).events == source.head() - head
    assert contents(target) == contents(source)


def test_a_command_that_led_to_nothing_is_copied_and_stays_decided(pair):
    source, target = pair
    Writer(source).write(3)
    copy_log(source, target)
    barren = DecidedCommand("said twice", b"what it said", source.head() + 1, source.head())
    with source.writing() as work:
        work.append((), [barren])
    assert copy_log(source, target)[:2] == (0, 1)
    with target.writing() as work:
        assert work.decided(["said twice"]) == {"said twice": barren}


def test_a_copy_that_was_cut_off_is_the_beginning_of_the_log_and_can_be_completed(pair):
    source, target = pair
    Writer(source).write(30)
    cut_off_after(source, target, pages=3)
    events, commands, _ = contents(target)
    assert 0 < len(events) < source.head()
    assert events == source.read(limit=len(events))
    led = [c for c in source.commands(limit=10**6) if c.first_position <= c.last_position]
    assert commands == [c for c in led if c.last_position <= len(events)]
    copy_log(source, target)
    assert contents(target) == contents(source)


def test_a_copy_that_was_cut_off_opens_for_nothing_else_until_it_is_complete(tmp_path):
    here, there = f"sqlite:///{tmp_path}/a.db", f"sqlite:///{tmp_path}/b.db"
    with closing(open_store(here)) as source, closing(open_store(there)) as target:
        Writer(source).write(10)
        cut_off_after(source, target, pages=1)
        with pytest.raises(StoreError, match="not complete: run `ordertrail copy` again"):
            open_store(there)
        copy_log(source, target)
        open_store(there).close()


def test_a_place_that_holds_another_log_is_left_alone(pair):
    source, target = pair
    Writer(source).write(3)
    Writer(target, seed=2).write(3)
    before = contents(target)
    with pytest.raises(BadInput, match="another log"):
        copy_log(source, target)
    assert contents(target) == before


@pytest.mark.parametrize("more", [0, 5])
def test_a_copy_that_others_wrote_to_is_left_alone(pair, more):
    source, target = pair
    writer = Writer(source)
    writer.write(3)
    copy_log(source, target)
    Writer(target, seed=2).write(2)
    writer.write(more)
    before = contents(target)
    with pytest.raises(BadInput, match=r"nothing was copied|Nothing was copied"):
        copy_log(source, target)
    assert contents(target) == before


def test_who_writes_to_the_copy_while_it_is_made_stops_it(pair):
    source, target = pair
    Writer(source).write(20)
    other = Writer(target, seed=2)

    def once(done: int, total: int) -> None:
        if target.head() < 20:
            other.write(1)

    with pytest.raises(StoreError, match="Somebody else writes to TO"):
        copy_log(source, target, once)


def test_what_is_not_read_back_as_it_was_is_no_copy(pair, monkeypatch):
    source, target = pair
    Writer(source).write(10)
    append = copying._append

    def careless(target, records, commands):
        append(target, [r._replace(reason="changed") for r in records], commands)

    monkeypatch.setattr(copying, "_append", careless)
    with pytest.raises(StoreError, match="do not use TO"):
        copy_log(source, target)
    assert target.is_unfinished()


def cut_off_after(source: Store, target: Store, pages: int) -> None:
    """Copy some pages, then fall."""
    steps = iter(range(pages))

    def fall(done: int, total: int) -> None:
        if next(steps, None) is None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_log(source, target, fall)
