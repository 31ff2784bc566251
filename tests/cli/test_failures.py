"""Every way a command can fail: a sentence on stderr, an exit code, never a traceback."""

import os
import sqlite3

import pytest

from ordertrail.adapters.cli import root
from ordertrail.adapters.cli.failures import exit_code

ARGUMENTS = [
    "orders",
    "order X",
    "customers",
    "customer X",
    "alerts",
    "events",
    "status",
    "rebuild",
]


def is_a_sentence(text):
    return text.endswith(".\n") and "Traceback" not in text and text.count("\n") == 1


@pytest.mark.parametrize("command", ARGUMENTS)
def test_a_log_that_is_not_there_is_not_made_by_looking(run, tmp_path, command):
    ran = run(*command.split(), "--db", "sqlite:///none.db")
    assert ran.code == 2
    assert is_a_sentence(ran.err)
    assert "There is no file none.db" in ran.err
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("url", ["orders.db", "postgres://x", "sqlite://", "sqlite:///", ""])
def test_a_url_that_names_no_store_is_explained(run, url):
    ran = run("orders", "--db", url)
    if url == "sqlite://":  # a log in memory, which is empty
        assert ran.code == 0
    else:
        assert ran.code == 2
        assert is_a_sentence(ran.err)


def test_a_log_is_named_before_or_behind_the_command_or_in_the_environment(
    story, tmp_path, monkeypatch
):
    (tmp_path / "orders.db").rename(tmp_path / "else.db")
    assert story("status", "--json").code == 2
    assert story("--db", "sqlite:///else.db", "status", "--json").code == 0
    assert story("status", "--json", "--db", "sqlite:///else.db").code == 0
    assert story("status", "--db=sqlite:///else.db", "--json").code == 0
    monkeypatch.setenv("ORDERTRAIL_DB", "sqlite:///else.db")
    assert story("status", "--json").code == 0


def test_a_file_that_is_no_database_is_named(run, tmp_path):
    (tmp_path / "orders.db").write_text(
        "This is no database, but long enough to be looked at." * 50
    )
    ran = run("orders")
    assert ran.code == 2
    assert is_a_sentence(ran.err)
    assert "orders.db" in ran.err


def test_a_damaged_file_is_named(story, tmp_path):
    with sqlite3.connect(tmp_path / "orders.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray((tmp_path / "orders.db").read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    (tmp_path / "orders.db").write_bytes(bytes(content))
    ran = story("orders")
    assert ran.code == 2
    assert is_a_sentence(ran.err)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to_is_named(story, tmp_path):
    (tmp_path / "orders.db").chmod(0o400)
    tmp_path.chmod(0o500)
    try:
        ran = story("orders")
    finally:
        tmp_path.chmod(0o700)
    assert ran.code == 2
    assert is_a_sentence(ran.err)


def test_a_folder_in_the_place_of_a_log_is_named(run, tmp_path):
    (tmp_path / "orders.db").mkdir()
    ran = run("orders")
    assert ran.code == 2
    assert is_a_sentence(ran.err)


@pytest.mark.parametrize(
    ("command", "code", "sentence"),
    [
        ("order NOPE", 1, "There is no order NOPE."),
        ("customer NOPE", 1, "There is no customer NOPE."),
        ("alerts ack short_pick/NOPE", 1, "There is no alert short_pick/NOPE."),
        ("events --stream order-NOPE", 1, "There is no stream order-NOPE."),
        ("events --type order.shiped", 2, "Did you mean order.shipped"),
        ("events --since yesterday", 2, "--since 'yesterday' is no time"),
        ("events --until 2026-13-01", 2, "--until '2026-13-01' is no time"),
        ("events --until 9 --follow", 2, "--follow has no end"),
        ("orders --state delivred", 2, "Did you mean delivered"),
        ("orders --since 12", 2, "--since '12' is no time"),
        ("alerts --rule short_pik", 2, "Did you mean short_pick"),
        ("alerts --state close", 2, "close"),
        ("rebuild ordrs", 2, "There is no projection ordrs"),
        ("do place-order --json none.json", 2, "none.json cannot be read"),
        ("demo --keep orders.db", 2, "orders.db is there already"),
        ("ordrs", 2, "Did you mean"),
        ("orders --lat", 2, "--late"),
        ("orders --limit 0", 2, "--limit"),
        ("order", 2, "Missing argument"),
        ("watch --every soon", 2, "--every"),
    ],
)
def test_what_is_refused_not_found_or_wrong_is_said_in_a_sentence(story, command, code, sentence):
    ran = story(*command.split())
    assert ran.code == code
    assert sentence in ran.err.replace("\n", " ")
    assert ran.out == ""


def test_a_fault_of_ours_shows_no_traceback_and_no_data(story, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("Ms Secret")

    monkeypatch.delenv("ORDERTRAIL_DEBUG", raising=False)
    monkeypatch.setattr("ordertrail.Ordertrail.status", broken)
    ran = story("status")
    assert ran.code == 70
    assert is_a_sentence(ran.err)
    assert "ORDERTRAIL_DEBUG=1" in ran.err
    assert "Secret" not in ran.err


def test_with_a_variable_set_a_fault_of_ours_shows_its_traceback(story, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("here")

    monkeypatch.setenv("ORDERTRAIL_DEBUG", "1")
    monkeypatch.setattr("ordertrail.Ordertrail.status", broken)
    with pytest.raises(RuntimeError, match="here"):
        story("status")


def test_the_end_by_ctrl_c_and_by_a_closed_pipe_are_quiet(capsys):
    assert exit_code(KeyboardInterrupt()) == 130
    assert exit_code(BrokenPipeError()) == 0
    assert capsys.readouterr() == ("", "")
    assert root.cli is not None
