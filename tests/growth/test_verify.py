"""Whatever happened to a log that must not: a check finds it, and says where."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ordertrail import CORE, Ordertrail
from ordertrail.adapters import log_digest
from ordertrail.adapters import verify_log as looking
from ordertrail.adapters.codec import Codec
from ordertrail.adapters.copy_log import copy_log
from ordertrail.adapters.log_digest import digest_of
from ordertrail.adapters.sqlite import SQLiteStore
from ordertrail.adapters.store import Store
from ordertrail.adapters.urls import open_store
from ordertrail.adapters.verify_log import verify_log
from ordertrail.domain.errors import BadInput, StoreError
from tests.growth.logs import Writer, place_orders
from tests.postgres import log_url

CODEC = Codec(CORE.aggregates)

HARM: dict[str, tuple[str, str, str]] = {
    "an event is gone": (
        "DELETE FROM events WHERE position = 7",
        "positions",
        "Event 7 is missing; 8 comes next.",
    ),
    "the first events are gone": (
        "DELETE FROM events WHERE position < 4",
        "positions",
        "Event 1 is missing; 4 comes next.",
    ),
    "a time goes back": (
        "UPDATE events SET recorded_at = -5 WHERE position = 9",
        "times",
        "Event 9 was recorded before the one ahead of it.",
    ),
    "a version is left out": (
        "UPDATE events SET version = version + 100 WHERE stream = 'order-1' AND version > 2",
        "streams",
        "Stream 'order-1' has version 103 after 2.",
    ),
    "a stream does not begin": (
        "UPDATE events SET version = version + 4 WHERE stream = 'order-2'",
        "streams",
        "Stream 'order-2' has version 5 after 0.",
    ),
    "two events changed places": (
        "UPDATE events SET version = -1 WHERE stream = 'order-1' AND version = 1;"
        "UPDATE events SET version = 1 WHERE stream = 'order-1' AND version = 2;"
        "UPDATE events SET version = 2 WHERE stream = 'order-1' AND version = -1",
        "streams",
        "Stream 'order-1' has version 2 in the wrong place.",
    ),
    "a command says more than is so": (
        "UPDATE commands SET last_position = last_position + 1 WHERE command_id = 'place-1'",
        "commands",
        "Command 'place-1' says it led to events 1 to 2.",
    ),
    "a command is gone": (
        "DELETE FROM commands WHERE command_id = 'place-1'",
        "events",
        "Event 1 belongs to no command that was decided.",
    ),
    "an event says it came of another command": (
        "UPDATE events SET command_id = 'place-2' WHERE position = 1",
        "commands",
        "Command 'place-1' says it led to events 1 to 1.",
    ),
    "a body is cut off": (
        "UPDATE events SET body = substr(body, 1, 9) WHERE position = 2",
        "events",
        "Event 2 (stream 'order-1') cannot be read",
    ),
    "a type is not known": (
        "UPDATE events SET type = 'order.plcaed' WHERE position = 1",
        "events",
        "does not know the type 'order.plcaed'",
    ),
}


@pytest.fixture(params=["file", "server"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty log."""
    if request.param == "server":
        return log_url(request.getfixturevalue("postgres_server"))
    return f"sqlite:///{tmp_path}/orders.db"


@pytest.fixture
def log(url: str, tmp_path: Path) -> Iterator[Store]:
    """A log with two orders, and some of what it does not know."""
    made = f"sqlite:///{tmp_path}/made.db"
    with Ordertrail.open(made, follow=False) as trail:
        place_orders(trail)
    with closing(open_store(made)) as source, closing(open_store(url)) as store:
        copy_log(source, store)
        Writer(store).write(5)
        yield store


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    """Pages that a test fills."""
    for module in (looking, log_digest):
        monkeypatch.setattr(module, "PAGE", 3)


def harm(store: Store, statements: str) -> None:
    """Change what nobody can change by accident: the guards are taken away first."""
    file = isinstance(store, SQLiteStore)
    with store.transaction() as connection:
        if file:
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall():
                connection.execute(f"DROP TRIGGER {name}")
        else:
            for table in ("events", "commands"):
                connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        for statement in statements.split(";"):
            connection.execute(statement)


def test_a_sound_log_passes_every_check(log):
    found = verify_log(log, CODEC)
    assert found.passed
    assert [check.name for check in found.checks] == [
        "database",
        "positions",
        "times",
        "events",
        "streams",
        "commands",
    ]
    assert found.position == log.head()
    assert found.digest == digest_of(log, log.head())


def test_an_empty_log_passes(url):
    with closing(open_store(url)) as store:
        assert verify_log(store, CODEC).passed


@pytest.mark.parametrize("statement", HARM, ids=lambda name: name.replace(" ", "_"))
def test_harm_is_found_and_located(log, statement):
    sql, check, sentence = HARM[statement]
    harm(log, sql)
    found = verify_log(log, CODEC)
    assert not found.passed
    faults = {one.name: " ".join(one.faults) for one in found.checks}
    assert sentence in faults[check]


def test_of_many_faults_the_first_are_told_and_the_rest_counted():
    with closing(open_store("memory:")) as store:
        Writer(store).write(50)
        harm(store, "DELETE FROM events WHERE position % 2 = 0 AND position <= 30")
        check = next(one for one in verify_log(store, CODEC).checks if one.name == "positions")
    assert len(check.faults) == 11
    assert check.faults[-1] == "There are 5 more."


def test_the_digest_is_the_same_on_every_database_and_changes_with_every_byte(log):
    sound = digest_of(log, log.head())
    with closing(open_store("memory:")) as other:
        copy_log(log, other)
        assert digest_of(other, other.head()) == sound
        for change in (
            "UPDATE events SET body = CAST(body || x'20' AS BLOB) WHERE position = 3",
            "UPDATE events SET reason = 'x' WHERE position = 3",
            "UPDATE commands SET fingerprint = x'00' WHERE command_id = 'place-1'",
        ):
            before = digest_of(other, other.head())
            harm(other, change)
            assert digest_of(other, other.head()) != before


def test_the_digest_of_a_beginning_stays_as_it_is_whatever_comes(log):
    position = log.head()
    before = digest_of(log, position)
    Writer(log, seed=3).write(9)
    assert digest_of(log, position) == before
    assert digest_of(log, log.head()) != before


def test_a_log_is_looked_at_up_to_a_position_for_the_digest_that_it_had_then(log):
    position = log.head()
    before = verify_log(log, CODEC)
    Writer(log, seed=3).write(9)
    later = verify_log(log, CODEC, until=position)
    assert later.passed
    assert later.digest == before.digest
    with pytest.raises(BadInput, match="The log goes to position"):
        verify_log(log, CODEC, until=10**9)


def test_a_text_that_is_none_is_found_and_not_shown(tmp_path):
    url = f"sqlite:///{tmp_path}/orders.db"
    with closing(open_store(url)) as store:
        Writer(store).write(20)
        harm(
            store,
            "UPDATE events SET reason = CAST(x'ff' || 'Ms Secret' AS TEXT) WHERE position = 8",
        )
        found = verify_log(store, CODEC)
        with pytest.raises(StoreError, match="is damaged"):
            store.read(7)
    faults = " ".join(fault for check in found.checks for fault in check.faults)
    assert "Event 8 cannot be read." in faults
    assert "Secret" not in faults
    assert found.digest is None


def test_damage_to_the_file_is_found(tmp_path):
    path = tmp_path / "orders.db"
    with closing(open_store(f"sqlite:///{path}")) as store:
        Writer(store).write(300)
    whole = bytearray(path.read_bytes())
    half = len(whole) // 2 // 4096 * 4096
    whole[half : half + 4096] = bytes(4096)
    path.write_bytes(whole)
    with closing(open_store(f"sqlite:///{path}")) as store:
        found = verify_log(store, CODEC)
    assert not found.passed
    assert found.checks[0].faults
