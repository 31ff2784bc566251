"""What SQLite adds: a log in one file that guards itself, and that an auditor can read alone."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ordertrail.adapters.sqlite import SQLiteStore
from ordertrail.adapters.sqlite.connections import Connections
from ordertrail.adapters.store import DecidedCommand, Record
from ordertrail.domain.errors import StoreError


def event(position: int, body: bytes = b"{}") -> Record:
    return Record(
        position, "order-1", position, "order.placed", 1, body, None, None, 0, *([None] * 10)
    )


def append(store: SQLiteStore, *events: Record) -> None:
    with store.writing() as work:
        work.append(events, ())


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "log.db")


def test_a_log_is_reopened_with_all_that_was_in_it(path: str):
    with closing(SQLiteStore(path)) as store:
        append(store, event(1))
        log_id = store.log_id
    with closing(SQLiteStore(path)) as store:
        assert (store.log_id, store.read()) == (log_id, [event(1)])
        append(store, event(2))
    assert os.listdir(os.path.dirname(path)) == ["log.db"]


def test_a_log_of_a_newer_schema_is_refused_with_the_remedy(path: str):
    SQLiteStore(path).close()
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE meta SET value = '2' WHERE key = 'schema_version'")
    with pytest.raises(StoreError, match=r"newer version of Ordertrail .* install that version"):
        SQLiteStore(path)


def test_a_database_of_something_else_is_refused_and_left_alone(path: str):
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("CREATE TABLE events (id)")
    before = Path(path).read_bytes()
    with pytest.raises(StoreError, match="something else: give the log its own file"):
        SQLiteStore(path)
    assert Path(path).read_bytes() == before


def test_a_path_that_cannot_be_a_log_gives_a_sentence_that_helps(tmp_path: Path):
    text = tmp_path / "text"
    text.write_text("not a database, but longer than the header of one is: " * 20)
    for unfit, sentence in {
        tmp_path: f"{tmp_path} is a folder: name a file in it",
        tmp_path / "none" / "log.db": f"make the folder {tmp_path / 'none'} first",
        text: f"{text} is not a SQLite database: name another file",
        text / "log.db": f"{text} is a file and not a folder",
    }.items():
        with pytest.raises(StoreError) as caught:
            SQLiteStore(str(unfit))
        assert sentence in str(caught.value)


def test_the_store_finds_its_file_after_the_process_changed_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    with closing(SQLiteStore("log.db")) as store, store.reading():
        monkeypatch.chdir("/")
        assert store.head() == 0  # over a second connection, opened only now


@contextmanager
def as_a_user_without_rights() -> Iterator[None]:
    """Root may write everywhere; what these tests forbid holds for everybody else."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        yield Path(folder)
        os.chmod(folder, 0o700)


def test_a_log_that_is_read_only_can_be_read_and_says_so_when_written(shared_folder: Path):
    path = shared_folder / "log.db"
    with closing(SQLiteStore(str(path))) as store:
        append(store, event(1))
    path.chmod(0o444)
    with as_a_user_without_rights(), closing(SQLiteStore(str(path))) as store:
        assert store.read() == [event(1)]
        with pytest.raises(StoreError, match=f"{path} is read-only: give this user the right"):
            append(store, event(2))


def test_a_folder_that_is_read_only_gives_a_sentence_that_helps(shared_folder: Path):
    SQLiteStore(str(shared_folder / "log.db")).close()
    shared_folder.chmod(0o555)
    for name in ("log.db", "new.db"):
        with (
            as_a_user_without_rights(),
            pytest.raises(StoreError, match=f"{name} .*: give this user the right"),
        ):
            SQLiteStore(str(shared_folder / name))


def test_a_writer_that_never_ends_is_named_after_the_patience_is_over(path: str):
    SQLiteStore(path).close()
    hasty = Connections(path, patience=0.05)
    with closing(hasty), closing(SQLiteStore(path)) as other, other.writing():
        with pytest.raises(StoreError, match="is locked: another process"), hasty.transaction():
            pass
        assert other.head() == 0  # readers do not wait
    with pytest.raises(StoreError, match="is closed"), hasty.reading():
        pass


def test_after_a_fork_the_store_asks_to_be_opened_anew(path: str, monkeypatch: pytest.MonkeyPatch):
    with closing(SQLiteStore(path)) as store:
        with monkeypatch.context() as child:
            child.setattr(os, "getpid", lambda: -1)
            for use in (store.head, lambda: append(store, event(1))):
                with pytest.raises(StoreError, match="before a fork: open it anew"):
                    use()
            store.close()  # the parent's connections stay open
        append(store, event(1))


def test_a_second_store_on_the_file_sees_what_the_first_appends(path: str):
    with closing(SQLiteStore(path)) as writer, closing(SQLiteStore(path)) as reader:
        assert reader.log_id == writer.log_id
        assert not reader.wait_for_events(0, timeout=0)
        append(writer, event(1))
        assert reader.wait_for_events(0, timeout=5)
        assert reader.read() == [event(1)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET body = x'00' WHERE position = 1",
        "DELETE FROM events WHERE position = 2",
        "UPDATE commands SET last_position = 9",
        "DELETE FROM commands",
        "INSERT OR REPLACE INTO events SELECT * FROM events WHERE position = 1",
        "REPLACE INTO events (position, stream, version, type, body, recorded_at)"
        " VALUES (3, 'order-1', 1, 'forged', x'00', 0)",
        "INSERT INTO events (position, stream, version, type, body, recorded_at)"
        " VALUES (9, 'order-1', 9, 'forged', x'00', 0)",
        "REPLACE INTO commands VALUES ('c', x'00', 1, 1)",
    ],
)
def test_the_file_refuses_whatever_would_rewrite_the_log(path: str, change: str):
    with closing(SQLiteStore(path)) as store:
        with store.writing() as work:
            work.append([event(1), event(2)], [DecidedCommand("c", b"f", 1, 2)])
        with closing(sqlite3.connect(path)) as raw:
            with pytest.raises(sqlite3.IntegrityError):
                raw.execute(change)
            raw.rollback()
        assert store.read() == [event(1), event(2)]
        with store.writing() as work:
            assert work.decided(["c"]) == {"c": DecidedCommand("c", b"f", 1, 2)}


def test_an_auditor_reads_the_view_with_nothing_but_sqlite(path: str):
    with closing(SQLiteStore(path)) as store:
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
            event(3)._replace(
                occurred_at=-1, occurred_offset=60, recorded_at=1_800_000_000_000_000
            ),
        )
    with closing(sqlite3.connect(path)) as raw:
        raw.row_factory = sqlite3.Row
        first, second, third = map(dict, raw.execute("SELECT * FROM event_log ORDER BY position"))
    assert first == {
        "position": 1,
        "event_id": "c-1.2",
        "stream": "order-1",
        "version": 1,
        "type": "order.placed",
        "schema": 1,
        "occurred_at": "2023-11-14T18:43:20.000001-03:30",
        "recorded_at": "2023-11-14T22:13:20.100000Z",
        "actor": "person:p-17",
        "on_behalf_of": None,
        "channel": None,
        "source": None,
        "source_id": None,
        "reason": None,
        "correlation_id": None,
        "causation_id": None,
        "command_id": "c-1",
        "body": '{"total": "9.90"}',
    }
    assert (second["event_id"], second["occurred_at"], second["body"]) == (None, None, None)
    assert third["occurred_at"] == "1970-01-01T00:59:59.999999+01:00"


def test_tables_of_a_read_model_live_beside_the_log_all_or_nothing(path: str):
    with closing(SQLiteStore(path)) as store:
        with store.transaction() as connection:
            connection.execute("CREATE TABLE view (n)")
            connection.execute("INSERT INTO view VALUES (1)")

        def fail_half_way() -> None:
            with store.transaction() as connection:
                connection.execute("INSERT INTO view VALUES (2)")
                connection.execute("INSERT INTO no_such_table VALUES (3)")

        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            fail_half_way()
        with store.reading() as connection:
            assert connection.execute("SELECT n FROM view").fetchall() == [(1,)]
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                connection.execute("DELETE FROM view")


def test_reading_sees_one_state_of_the_file(path: str):
    with closing(SQLiteStore(path)) as store, store.reading() as connection:
        (before,) = connection.execute("SELECT count(*) FROM events").fetchone()
        append(store, event(1))
        (after,) = connection.execute("SELECT count(*) FROM events").fetchone()
        assert before == after == 0
        assert store.head() == 1


def test_every_commit_is_put_on_disk_and_deleted_rows_leave_no_trace(path: str):
    with closing(SQLiteStore(path)) as store, store.transaction() as connection:
        for pragma, value in {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}.items():
            assert connection.execute(f"PRAGMA {pragma}").fetchone() == (value,)


def test_a_full_file_refuses_keeps_what_it_has_and_goes_on_when_there_is_room(path: str):
    with closing(SQLiteStore(path)) as store:
        append(store, event(1))
        with store.transaction() as connection:
            connection.execute("PRAGMA max_page_count = 40")
        with pytest.raises(StoreError, match=f"No room is left for {path}"):
            append(store, *(event(n, bytes(500)) for n in range(2, 1000)))
        assert store.head() == 1
        with store.transaction() as connection:
            connection.execute("PRAGMA max_page_count = 1000000")
        append(store, *(event(n, bytes(500)) for n in range(2, 1000)))
        assert [record.position for record in store.read()] == list(range(1, 1000))
