"""What PostgreSQL adds: a log that guards itself, and gets along with all that others do there."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from threading import Event
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
import pytest

from ordertrail.adapters.postgres import PostgresStore, address_of, schema, steps
from ordertrail.adapters.store import DecidedCommand, Record, Store
from ordertrail.adapters.urls import migrate, open_store, shown
from ordertrail.domain.errors import BadInput, Conflict, StoreError
from tests.proxy import proxy


@pytest.fixture
def store(postgres_url: str) -> Iterator[PostgresStore]:
    with closing(PostgresStore(address_of(postgres_url))) as store:
        yield store


def event(position: int, body: bytes = b"{}") -> Record:
    return Record(
        position, "order-1", position, "order.placed", 1, body, None, None, 0, *([None] * 10)
    )


def append(store: Store, *events: Record) -> None:
    with store.writing() as work:
        work.append(events)


def append_next(store: PostgresStore, stream: str, version: int) -> None:
    with store.writing() as work:
        head = work.head()[0]
        work.append([event(head + 1)._replace(stream=stream, version=version)])


@contextmanager
def raw(url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of somebody else, whose unqualified names are those of the log."""
    log = address_of(url)
    with psycopg.connect(autocommit=True, **log.parameters) as connection:
        connection.execute(f"SET search_path = {log.schema}")
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def test_a_log_is_reopened_with_all_that_was_in_it(postgres_url: str):
    with closing(open_store(postgres_url)) as store:
        append(store, event(1))
        log_id = store.log_id
    with closing(open_store(postgres_url)) as store:
        assert (store.log_id, store.read()) == (log_id, [event(1)])
        append(store, event(2))


def test_several_logs_stand_beside_each_other(postgres_url: str):
    with closing(open_store(postgres_url)) as one, closing(open_store(f"{postgres_url}_b")) as two:
        append(one, event(1))
        assert (two.head(), one.log_id == two.log_id) == (0, False)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET body = '' WHERE position = 1",
        "DELETE FROM events WHERE position = 2",
        "TRUNCATE events",
        "UPDATE commands SET last_position = 9",
        "DELETE FROM commands",
        "TRUNCATE commands",
        "INSERT INTO events SELECT * FROM events ON CONFLICT (position) DO UPDATE SET body = ''",
        "INSERT INTO events SELECT * FROM events",
    ],
)
def test_the_log_refuses_whatever_would_rewrite_it(
    store: PostgresStore, postgres_url: str, change: str
):
    with store.writing() as work:
        work.append([event(1), event(2)], [DecidedCommand("c", b"f", 1, 2)])
    with raw(postgres_url) as connection, pytest.raises(psycopg.Error, match=r"append-only|unique"):
        connection.execute(change)
    assert store.read() == [event(1), event(2)]


def test_an_auditor_reads_the_view_with_nothing_but_sql(store: PostgresStore, postgres_url: str):
    append(
        store,
        event(1, b'{"total": "9.90"}')._replace(
            occurred_at=1_700_000_000_000_001,
            occurred_offset=-210,
            recorded_at=1_700_000_000_100_000,
            actor="person:p-17",
            command_id="c-1",
            command_index=2,
        ),
        event(2, b"\x00\xff")._replace(recorded_at=1_800_000_000_000_000),
        event(3, b'"\\u0000"')._replace(occurred_at=-1, recorded_at=1_800_000_000_000_000),
    )
    with raw(postgres_url) as connection, connection.cursor(row_factory=psycopg.rows.dict_row) as c:
        first, second, third = c.execute("SELECT * FROM event_log ORDER BY position")
    assert first == {
        "position": 1,
        "event_id": "c-1.2",
        "stream": "order-1",
        "version": 1,
        "type": "order.placed",
        "schema": 1,
        "occurred_at": datetime(2023, 11, 14, 22, 13, 20, 1, UTC),
        "occurred_offset": -210,
        "recorded_at": datetime(2023, 11, 14, 22, 13, 20, 100_000, UTC),
        "actor": "person:p-17",
        "on_behalf_of": None,
        "channel": None,
        "source": None,
        "source_id": None,
        "reason": None,
        "correlation_id": None,
        "causation_id": None,
        "command_id": "c-1",
        "body": {"total": "9.90"},
    }
    assert (second["event_id"], second["occurred_at"], second["body"]) == (None, None, None)
    assert third["occurred_at"] == datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC)
    assert third["body"] is None  # PostgreSQL's JSON has no such character


def test_every_table_and_column_says_what_it_means(store: PostgresStore, postgres_url: str):
    with raw(postgres_url) as connection:
        silent = connection.execute(
            "SELECT c.relname, a.attname FROM pg_class AS c"
            " LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND relkind = 'r'"
            " WHERE relnamespace = current_schema::regnamespace AND relkind IN ('r', 'v')"
            " AND (col_description(c.oid, a.attnum) IS NULL AND a.attnum IS NOT NULL"
            " OR obj_description(c.oid) IS NULL)"
        ).fetchall()
    assert silent == []


def test_a_schema_of_something_else_is_refused_and_left_alone(postgres_url: str):
    name = address_of(postgres_url).schema
    with raw(postgres_url) as connection:
        connection.execute(f"CREATE SCHEMA {name} CREATE TABLE events (id integer)")
    with pytest.raises(StoreError, match=f"schema '{name}' holds something else: give the log"):
        open_store(postgres_url)
    with raw(postgres_url) as connection:
        count = "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema::regnamespace"
        assert connection.execute(count).fetchone() == (1,)


def test_empty_schemas_that_somebody_else_made_are_used(postgres_url: str):
    name = address_of(postgres_url).schema
    with raw(postgres_url) as connection:
        connection.execute(f"CREATE SCHEMA {name}; CREATE SCHEMA {name}_views")
    with closing(open_store(postgres_url)) as store:
        assert store.head() == 0


def test_a_log_of_a_newer_schema_is_refused_with_the_remedy(postgres_url: str):
    open_store(postgres_url).close()
    with raw(postgres_url) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    for use in (open_store, migrate):
        with pytest.raises(StoreError, match=r"newer version .* install that version"):
            use(postgres_url)


ANOTHER_STEP = "CREATE TABLE {log}.next_step (id integer)"


def test_an_older_log_is_migrated_once_by_whoever_comes_first(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
):
    with closing(open_store(postgres_url)) as store:
        append(store, event(1))
        monkeypatch.setattr(schema, "STEPS", (*steps.STEPS, (ANOTHER_STEP,)))
        with pytest.raises(StoreError, match=r"older version .* run `ordertrail migrate` once"):
            open_store(postgres_url)
        with ThreadPoolExecutor(4) as pool:
            ran = [*pool.map(migrate, [postgres_url] * 4)]
        assert sorted(ran) == [[], [], [], [2]]
        append(store, event(2))  # whoever has it open goes on meanwhile
    with closing(open_store(postgres_url)) as store:
        assert store.head() == 2


def test_many_that_open_a_new_log_at_once_find_one(postgres_url: str):
    opener = [sys.executable, "-c", OPEN, postgres_url]
    openers = [subprocess.Popen(opener, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    ids = {one.communicate(timeout=60)[0] for one in openers}
    assert len(ids) == 1
    assert len(ids.pop().strip()) == 36


OPEN = (
    "import sys; from ordertrail.adapters.urls import open_store as o; print(o(sys.argv[1]).log_id)"
)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://h/d?schema=Big", "no name for a log"),
        ("postgresql://h/d?schema=pg_x", "no name for a log"),
        ("postgresql://h/d?no_such=1", "no URL of a PostgreSQL database"),
        ("postgresql://u:sec%ret@h:99999999/d", "no URL of a PostgreSQL database|no way to"),
    ],
)
def test_a_url_that_names_no_log_is_bad_input_without_its_password(url: str, sentence: str):
    with pytest.raises((BadInput, StoreError), match=sentence) as caught:
        open_store(url)
    assert "sec" not in str(caught.value)


def test_no_password_is_shown():
    assert shown("postgresql://u:sec%20ret@h/d?schema=x") == "postgresql://u@h/d?schema=x"
    assert shown("postgres://u@h/d?password=secret&schema=x") == "postgres://u@h/d?schema=x"
    assert shown("postgres://h/d?schema=x&password=secret") == "postgres://h/d?schema=x"
    assert shown("postgres://u:se/c?r@t@h/d") == "postgres://u@h/d"
    assert shown("postgresql:/u:secret@h/d") == "postgresql:/u@h/d"
    assert shown("sqlite:///a:b@c.db") == "sqlite:///a:b@c.db"


def test_where_there_is_no_way_a_sentence_says_so(postgres_url: str):
    with pytest.raises(StoreError, match=r"no way to .* check host and port"):
        open_store("postgresql://127.0.0.1:1/d")
    with pytest.raises(StoreError, match=r"'no_such_db' .* is not there: create that database"):
        open_store(with_parameters(postgres_url, dbname="no_such_db"))
    with pytest.raises(StoreError, match=r"is read-only, as on a standby: name the primary"):
        open_store(with_parameters(postgres_url, options="-c default_transaction_read_only=on"))


def with_parameters(url: str, **more: str) -> str:
    given = address_of(url)
    parameters = {**given.parameters, **more, "schema": given.schema}
    return f"postgresql://?{urlencode(parameters, quote_via=quote)}"


def test_a_user_without_rights_is_told_what_it_lacks(store: PostgresStore, postgres_url: str):
    name = address_of(postgres_url).schema
    with raw(postgres_url) as connection:
        connection.execute(
            f"CREATE ROLE {name}_guest LOGIN; GRANT USAGE ON SCHEMA {name} TO public"
        )
    try:
        with pytest.raises(
            StoreError, match=r"may not do that .*permission denied.* ask its owner"
        ):
            open_store(with_parameters(postgres_url, user=f"{name}_guest"))
    finally:
        with raw(postgres_url) as connection:
            connection.execute(f"DROP ROLE {name}_guest")


def test_after_a_fork_the_store_asks_to_be_opened_anew(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as child:
        child.setattr(os, "getpid", lambda: -1)
        for use in (store.head, lambda: append(store, event(1))):
            with pytest.raises(StoreError, match="before a fork: open it anew"):
                use()
        store.close()  # the parent's connections stay open
    append(store, event(1))


def test_reading_sees_one_state_and_writes_nothing(store: PostgresStore):
    with store.reading() as connection:
        for _ in range(2):
            assert connection.execute("SELECT count(*) FROM events").fetchall() == [(0,)]
            append_next(store, "s", store.head() + 1)
        with pytest.raises(StoreError, match="read-only"), store.reading() as other:
            other.execute("CREATE TABLE t (n integer)")
    assert store.head() == 2


def test_tables_of_a_read_model_live_beside_the_log_all_or_nothing(
    store: PostgresStore, postgres_url: str
):
    with store.transaction(synced=False) as connection:
        connection.execute("CREATE TABLE view (n integer, t text)")
        connection.executemany("INSERT INTO view VALUES (?, ?)", [(1, "a?%"), (2, "b")])

    def fail_half_way() -> None:
        with store.transaction() as connection:
            connection.execute("INSERT INTO view VALUES (3)")
            connection.execute("INSERT INTO no_such_table VALUES (3)")

    with pytest.raises(psycopg.Error, match="no_such_table"):
        fail_half_way()
    with store.reading() as connection:
        found = connection.execute("SELECT n FROM view WHERE t LIKE 'a?%%' OR n = ?", [2])
        assert found.fetchall() == [(1,), (2,)]
        assert connection.execute("SELECT t FROM view WHERE t LIKE '%?%'").fetchall() == [("a?%",)]
        ours = f"{address_of(postgres_url).schema}_views"
        assert connection.execute("SELECT current_schema::text").fetchall() == [(ours,)]


def test_a_batch_whose_times_differ_keeps_them(store: PostgresStore):
    append(store, *(event(n)._replace(recorded_at=n) for n in range(1, 4)))
    assert [record.recorded_at for record in store.read()] == [1, 2, 3]


def test_a_stream_that_was_only_read_may_not_have_grown(store: PostgresStore, postgres_url: str):
    append(store, event(1))
    with closing(PostgresStore(address_of(postgres_url))) as other:

        def decide_on_what_grows() -> None:
            with store.writing() as work:
                work.load({"order-1": 0, "order-2": 0})
                append_next(other, "order-2", 1)
                work.append([event(2)])

        with pytest.raises(Conflict):
            decide_on_what_grows()
        with store.writing(exclusive=True) as work:
            work.load({"order-1": 0, "order-2": 0})
            work.append([event(3)._replace(version=2)])
    assert [(record.stream, record.version) for record in store.read()] == [
        ("order-1", 1),
        ("order-2", 1),
        ("order-1", 2),
    ]


def test_vacuum_and_indexing_go_on_while_others_append(store: PostgresStore, postgres_url: str):
    stop = Event()
    versions: list[int] = []

    def write() -> None:
        while not stop.is_set():
            versions.append(len(versions) + 1)
            append_next(store, "busy", versions[-1])

    with ThreadPoolExecutor(1) as pool, raw(postgres_url) as connection:
        writing = pool.submit(write)
        connection.execute("SET lock_timeout = '20s'")
        before = len(versions)
        connection.execute("VACUUM (ANALYZE) events")
        connection.execute("CREATE INDEX CONCURRENTLY by_type ON events (type)")
        connection.execute("VACUUM commands")
        time.sleep(0.1)
        stop.set()
        writing.result(30)
    assert store.head() == len(versions) > before


def test_an_append_that_waits_for_a_locked_table_is_stored_once(
    store: PostgresStore, postgres_url: str
):
    with (
        closing(PostgresStore(address_of(postgres_url), patience=4)) as hasty,  # asks again after 1
        ThreadPoolExecutor(1) as pool,
        raw(postgres_url) as connection,
    ):
        with connection.transaction():
            connection.execute("LOCK TABLE events")
            waiting = pool.submit(append, hasty, event(1))
            time.sleep(1.5)
        waiting.result(30)
    assert store.read() == [event(1)]


def test_a_table_that_stays_locked_leaves_open_what_became_of_an_append(
    store: PostgresStore, postgres_url: str
):
    with (
        closing(PostgresStore(address_of(postgres_url), patience=0.4)) as hasty,
        raw(postgres_url) as connection,
    ):
        with connection.transaction():
            connection.execute("LOCK TABLE events")
            with pytest.raises(StoreError, match=r"not known whether .*no answer came"):
                append(hasty, event(1))
        append_next(store, "other", 1)  # it waits behind the first one, which nobody called off
    assert [record.stream for record in store.read()] == ["order-1", "other"]


# Live


def test_another_store_wakes_those_who_wait(store: PostgresStore, postgres_url: str):
    with closing(PostgresStore(address_of(postgres_url))) as other:
        assert not store.wait_for_events(0, timeout=0.01)
        append(other, event(1))
        assert store.wait_for_events(0, timeout=20)
        assert store.read() == [event(1)]


def followed(store: PostgresStore, count: int, stop: Event) -> list[int]:
    seen = []
    for record in store.follow(stop=stop):
        seen.append(record.position)
        if len(seen) == count:
            break
    return seen


@pytest.mark.parametrize("loss", ["cut", "silent", "no notification"])
def test_a_follower_misses_nothing_whatever_becomes_of_its_listener(
    store: PostgresStore, postgres_server: str, postgres_url: str, loss: str
):
    log, stop = address_of(postgres_url).schema, Event()
    with proxy(postgres_server) as way, ThreadPoolExecutor(1) as pool:
        address = address_of(f"{way.url}?schema={log}")
        with closing(PostgresStore(address, patience=4)) as follower:
            if loss == "silent":
                way.strike("silent after", b"LISTEN")
            following = pool.submit(followed, follower, 40, stop)
            for n in range(1, 41):
                if n == 10 and loss == "cut":
                    way.cut()
                elif n == 10 and loss == "no notification":
                    follower._listener.stop()
                append_next(store, "s", n)
                time.sleep(0.002)
            assert following.result(30) == list(range(1, 41))
            stop.set()


def test_a_writer_that_rolls_back_or_stands_still_stops_nobody(
    store: PostgresStore, postgres_url: str
):
    with standing_still(postgres_url) as writer:
        append(store, event(1))
        assert followed(store, 1, Event()) == [1]
    assert writer.returncode == 0

    def fail() -> None:
        with store.writing(exclusive=True) as work:
            work.append([event(2)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    append(store, event(2))
    assert store.head() == 2


@pytest.mark.slow
def test_a_writer_that_stands_still_while_it_is_alone_is_thrown_out(
    store: PostgresStore, postgres_url: str
):
    with standing_still(postgres_url, "alone") as writer:
        append(store, event(1))
    assert writer.returncode == 1
    assert store.head() == 1


@contextmanager
def standing_still(url: str, *how: str) -> Iterator[subprocess.Popen[str]]:
    """A writer that was stopped amid its unit of work, and goes on at the end of the block."""
    with subprocess.Popen(
        [sys.executable, "-c", STANDS_STILL, url, *how],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "amid its unit of work\n"
        writer.send_signal(signal.SIGSTOP)
        try:
            yield writer
        finally:
            writer.send_signal(signal.SIGCONT)
            writer.wait(30)


STANDS_STILL = """
import sys, time
from ordertrail.adapters.urls import open_store
store = open_store(sys.argv[1])
with store.writing(exclusive="alone" in sys.argv) as work:
    work.load({"order-1": 0})
    print("amid its unit of work", flush=True)
    time.sleep(0.5)
    work.load({"order-1": 0})
"""
