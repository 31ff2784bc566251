"""What was saved comes back as it was; what is half, damaged or in the way is noticed."""

import os
import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ordertrail import CORE, Ordertrail
from ordertrail.adapters import backup as backing
from ordertrail.adapters.backup import Backups
from ordertrail.adapters.codec import Codec
from ordertrail.adapters.log_digest import digest_of
from ordertrail.adapters.sqlite import SQLiteStore
from ordertrail.adapters.store import Store
from ordertrail.adapters.urls import open_store
from ordertrail.domain.errors import BadInput, OrdertrailError, StoreError
from tests.growth.logs import Writer, contents, place_orders
from tests.growth.places import lose
from tests.postgres import log_url, programs

CODEC = Codec(CORE.aggregates)
BACKUPS = Backups(CODEC)


@pytest.fixture(params=["file", "server"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch) -> str:
    """The URL of an empty log."""
    if request.param == "file":
        return f"sqlite:///{tmp_path}/orders.db"
    server = request.getfixturevalue("postgres_server")
    monkeypatch.setenv("PATH", str(programs(server)), prepend=os.pathsep)
    return log_url(server)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A log with some of everything."""
    with closing(open_store(url)) as store:
        Writer(store).write(30)
        yield store


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where a backup shall be."""
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder / "one"


def test_what_was_saved_comes_back_as_it_was(store, url, place, tmp_path):
    saved = BACKUPS.make(url, place)
    assert saved.passed
    before = contents(store)
    store.close()
    lose(url, tmp_path)
    assert BACKUPS.restore(place, url).passed
    with closing(open_store(url)) as restored:
        assert contents(restored) == before
        assert restored.log_id == store.log_id
        Writer(restored, seed=2).write(1)  # and goes on


def test_a_backup_has_its_name_and_its_note_and_leaves_nothing_else(store, url, place):
    saved = BACKUPS.make(url, place)
    assert saved.digest == digest_of(store, store.head())
    assert sorted(path.name for path in place.parent.iterdir()) == ["one", "one.json"]


def test_others_write_while_a_backup_is_made(store, url, place, tmp_path):
    writer = Writer(store, seed=2)

    @contextmanager
    def phase(what, unit="events"):
        writer.write(3)
        yield lambda done, total: writer.write(1)

    saved = Backups(CODEC, phase=phase).make(url, place)
    assert saved.passed
    before = contents(store)
    store.close()
    lose(url, tmp_path)
    assert BACKUPS.restore(place, url).passed
    with closing(open_store(url)) as restored:
        events, commands, _ = contents(restored)
    assert len(events) >= saved.position > 100
    assert events == before[0][: len(events)]
    assert set(commands) <= set(before[1])


def test_nothing_that_is_there_is_overwritten(store, url, place, tmp_path):
    BACKUPS.make(url, place)
    content = place.read_bytes()
    with pytest.raises(BadInput, match="never overwritten"):
        BACKUPS.make(url, place)
    before = contents(store)
    with pytest.raises(BadInput, match="never overwritten"):
        BACKUPS.restore(place, url)
    assert place.read_bytes() == content
    assert contents(store) == before


def test_a_backup_that_is_not_equal_to_the_log_is_none(store, url, place, monkeypatch):
    monkeypatch.setattr(backing, "digest_of", lambda *args: None)
    monkeypatch.setattr(backing, "tally_of", lambda *args: None)
    with pytest.raises(StoreError, match="do not use it"):
        BACKUPS.make(url, place)
    assert list(place.parent.iterdir()) == []


def test_a_damaged_byte_is_found_or_makes_no_difference(store, url, place, tmp_path):
    Writer(store, seed=2).write(150)
    BACKUPS.make(url, place)
    before = contents(store)
    store.close()
    lose(url, tmp_path)
    sound = place.read_bytes()
    chance = random.Random(7)
    refused = 0
    for _ in range(15):
        damaged = bytearray(sound)
        damaged[chance.randrange(100, len(damaged))] ^= 1 << chance.randrange(8)
        place.write_bytes(damaged)
        try:
            passed = BACKUPS.restore(place, url).passed
        except OrdertrailError:
            passed = False
        if passed:  # it stands where nothing is, as in a page that is not full
            with closing(open_store(url)) as restored:
                assert contents(restored) == before
        refused += not passed
        lose(url, tmp_path)
    assert refused > 2


def test_a_note_of_another_log_is_noticed(store, url, place, tmp_path):
    BACKUPS.make(url, place)
    other = place.with_name("two")
    Writer(store, seed=3).write(1)
    BACKUPS.make(url, other)
    other.with_name("two.json").replace(place.with_name("one.json"))
    store.close()
    lose(url, tmp_path)
    with pytest.raises(StoreError, match="not what the note beside it says"):
        BACKUPS.restore(place, url)


def test_a_backup_whose_note_got_lost_is_restored_and_that_is_said(store, url, place, tmp_path):
    BACKUPS.make(url, place)
    place.with_name("one.json").unlink()
    store.close()
    lose(url, tmp_path)
    found = BACKUPS.restore(place, url)
    assert found.passed
    assert found.checks[-1].found == "has no note to compare with"


def test_views_come_back_with_the_log_and_analysts_may_read_them(url, place, tmp_path):
    with Ordertrail.open(url, follow=False) as trail:
        place_orders(trail, 3)
        trail.catch_up()
    backups = Backups(CODEC, CORE.followed)
    assert backups.make(url, place).passed
    lose(url, tmp_path)
    assert backups.restore(place, url).passed
    with closing(open_store(url)) as restored, restored.reading() as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (3,)
        if not isinstance(restored, SQLiteStore):
            reader, orders = f"{restored.log_schema}_reader", f"{restored.log_schema}_views.orders"
            may = connection.execute(
                "SELECT has_table_privilege(?, ?, 'SELECT')", (reader, orders)
            ).fetchone()
            assert may == (True,)
