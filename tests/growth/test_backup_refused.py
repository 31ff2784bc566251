"""What is no backup, stands in the way, or is missing is named, with what to do about it."""

import os
import stat
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from ordertrail import CORE
from ordertrail.adapters.backup import Backups
from ordertrail.adapters.beside import LEFT
from ordertrail.adapters.codec import Codec
from ordertrail.adapters.postgres import address_of
from ordertrail.adapters.postgres.programs import must_be_there, run
from ordertrail.adapters.urls import open_store
from ordertrail.domain.errors import BadInput, StoreError
from tests.growth.logs import Writer
from tests.postgres import log_url, programs

BACKUPS = Backups(Codec(CORE.aggregates))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A backup of a log in a file."""
    url = f"sqlite:///{tmp_path}/orders.db"
    with closing(open_store(url)) as store:
        Writer(store).write(5)
    BACKUPS.make(url, tmp_path / "saved.db")
    return tmp_path / "saved.db"


@pytest.fixture
def with_programs(postgres_server, monkeypatch) -> str:
    """The URL of a server whose programs are on PATH."""
    monkeypatch.setenv("PATH", str(programs(postgres_server)), prepend=os.pathsep)
    return str(postgres_server)


@pytest.mark.parametrize("ending", LEFT)
def test_what_an_earlier_log_left_is_not_mixed_with_a_restored_one(saved, tmp_path, ending):
    (tmp_path / f"new.db{ending}").write_bytes(b"old")
    with pytest.raises(BadInput, match="Move it away first"):
        BACKUPS.restore(saved, f"sqlite:///{tmp_path}/new.db")
    assert not (tmp_path / "new.db").exists()


def test_a_file_that_is_no_backup_is_refused(saved, tmp_path):
    saved.write_text("no backup, but long enough to be looked at")
    with pytest.raises(BadInput, match="is no backup"):
        BACKUPS.restore(saved, f"sqlite:///{tmp_path}/new.db")
    with pytest.raises(BadInput, match="cannot be read"):
        BACKUPS.restore(tmp_path / "none", f"sqlite:///{tmp_path}/new.db")


def test_a_note_that_is_none_is_refused(saved, tmp_path):
    saved.with_name("saved.db.json").write_text("{}")
    with pytest.raises(BadInput, match="not the note"):
        BACKUPS.restore(saved, f"sqlite:///{tmp_path}/new.db")


def test_a_copy_that_is_not_complete_is_no_backup(tmp_path):
    half = f"sqlite:///{tmp_path}/half.db"
    with closing(open_store(half)) as store:
        store.adopt("11111111-2222-3333-4444-555555555555")
    with pytest.raises(BadInput, match="not complete"):
        BACKUPS.restore(tmp_path / "half.db", f"sqlite:///{tmp_path}/new.db")
    with pytest.raises(StoreError, match="not complete"):
        BACKUPS.make(half, tmp_path / "saved.db")
    assert [path.name for path in tmp_path.iterdir()] == ["half.db"]


def test_a_folder_that_is_not_there_is_named(saved, tmp_path):
    with pytest.raises(BadInput, match=r"saved\.db cannot be written"):
        BACKUPS.make(f"sqlite:///{tmp_path}/orders.db", tmp_path / "none" / "saved.db")


def test_what_is_only_in_memory_has_no_backup(tmp_path):
    with pytest.raises(BadInput, match="only in memory"):
        BACKUPS.make("memory:", tmp_path / "saved.db")


def test_each_kind_of_backup_goes_back_to_its_kind_of_store(saved, with_programs, tmp_path):
    with pytest.raises(BadInput, match=r"--db sqlite:///FILE"):
        BACKUPS.restore(saved, log_url(with_programs))
    url = log_url(with_programs)
    open_store(url).close()
    BACKUPS.make(url, tmp_path / "saved.dump")
    with pytest.raises(BadInput, match=r"--db postgresql://"):
        BACKUPS.restore(tmp_path / "saved.dump", f"sqlite:///{tmp_path}/new.db")
    with pytest.raises(BadInput, match="can only be restored under this name"):
        BACKUPS.restore(tmp_path / "saved.dump", log_url(with_programs))


def test_an_archive_of_something_else_is_refused(with_programs, tmp_path):
    archive = tmp_path / "else.dump"
    subprocess.run(
        ["pg_dump", with_programs, "-Fc", "--schema=information_schema", f"--file={archive}"],
        check=True,
    )
    with pytest.raises(BadInput, match="something else"):
        BACKUPS.restore(archive, log_url(with_programs))


def test_without_the_programs_of_postgresql_another_way_is_shown(
    postgres_url, tmp_path, monkeypatch
):
    with closing(open_store(postgres_url)):
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(BadInput, match=r"pg_dump is not on PATH.*`ordertrail copy`"):
            BACKUPS.make(postgres_url, tmp_path / "saved.dump")


def test_programs_older_than_the_server_are_refused(postgres_url, tmp_path, monkeypatch):
    stand_in(tmp_path / "pg_dump", "echo 'pg_dump (PostgreSQL) 9.6.1'")
    with closing(open_store(postgres_url)):
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        with pytest.raises(BadInput, match=r"9\.6\.1 is older than the server"):
            BACKUPS.make(postgres_url, tmp_path / "saved.dump")


@pytest.mark.parametrize(
    ("server", "program", "fits"),
    [(16, 16, True), (16, 17, False), (15, 18, False), (17, 18, True)],
)
def test_a_pg_restore_that_old_servers_do_not_understand_is_refused(
    server, program, fits, tmp_path, monkeypatch
):
    stand_in(tmp_path / "pg_restore", f"echo 'pg_restore (PostgreSQL) {program}.2'")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    if fits:
        assert must_be_there("pg_restore", server) == str(tmp_path / "pg_restore")
    else:
        with pytest.raises(BadInput, match=f"programs of version {server} first on PATH"):
            must_be_there("pg_restore", server)


def test_a_password_is_not_shown_to_other_users_of_the_machine(tmp_path, monkeypatch):
    told = tmp_path / "told"
    stand_in(
        tmp_path / "pg_restore",
        f'[ "$1" = --version ] && echo "x (PostgreSQL) 99" || echo "$@" "$PGPASSWORD" > {told}',
    )
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    address = address_of("postgresql://u:s3cret@h:5433/d?application_name=x")
    run("pg_restore", address, 18, ["--list"])
    shown = told.read_text().split()
    assert "s3cret" in shown[-1:]
    assert not any("s3cret" in argument for argument in shown[:-1])
    assert {"host=h", "port=5433", "user=u"} <= set(
        " ".join(shown).replace("--dbname=", "").split()
    )


def stand_in(program: Path, script: str) -> None:
    """Put a program there that does no more than this."""
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
