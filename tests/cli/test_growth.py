"""Moving a log, looking whether it is sound, keeping it: from the command line."""

import sqlite3

from ordertrail.adapters.sqlite import schema


def spoil(path, statement):
    with sqlite3.connect(path) as connection:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
    connection.close()


def test_verify_shows_a_mark_for_each_check_and_the_digest(story):
    ran = story("verify")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[1].split() == ["✓", "positions", "1", "to", "169"]
    assert all(line.startswith("✓ ") for line in lines[:-2])
    assert lines[-2].startswith("sha256 ")
    assert "position 169" in lines[-1]


def test_verify_ends_with_1_and_says_what_is_wrong(story, tmp_path):
    spoil(tmp_path / "orders.db", "DELETE FROM events WHERE position = 99")
    ran = story("verify")
    assert ran.code == 1
    assert "Event 99 is missing; 100 comes next." in ran.out
    found = story("verify", "--log", "--json")
    assert found.code == 1
    assert not found.object["passed"]
    wrong = [check["check"] for check in found.object["checks"] if not check["passed"]]
    assert wrong == ["positions", "streams", "commands"]


def test_verify_tells_of_an_event_that_cannot_be_read_and_looks_at_the_rest(story, tmp_path):
    spoil(tmp_path / "orders.db", "UPDATE events SET body = x'00' WHERE position = 9")
    ran = story("verify")
    assert ran.code == 1
    lines = [line for line in ran.out.splitlines() if line[0] in "✓✗"]
    assert [line.split()[1] for line in lines if line[0] == "✗"] == ["events", "views"]
    assert [line.split()[1] for line in lines if line[0] == "✓"][-2:] == ["streams", "commands"]


def test_verify_does_not_make_a_log(run, tmp_path):
    assert run("verify").code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_copy_has_everything_and_its_views(story):
    first = story("copy", "sqlite:///orders.db", "sqlite:///copy.db", "--json").object
    assert (first["events"], first["position"], first["behind"]) == (169, 169, 0)
    again = story("copy", "sqlite:///orders.db", "sqlite:///copy.db", "--json").object
    assert again == first | {"events": 0, "commands": 0}
    verified = story("verify", "--db", "sqlite:///copy.db", "--json").object
    assert verified["passed"]
    assert verified["sha256"] == first["sha256"]
    assert verified["log_id"] == first["log_id"]
    orders = story("orders", "--json", "--db", "sqlite:///copy.db")
    assert orders.out == story("orders", "--json").out


def test_a_copy_is_shown_in_a_few_lines(story):
    shown = story("copy", "sqlite:///orders.db", "sqlite:///copy.db").out
    assert "169 events, 169 commands" in shown
    assert "✓ FROM and TO are equal up to position 169" in shown


def test_a_copy_from_nowhere_or_to_another_log_is_refused(story, tmp_path):
    missing = story("copy", "sqlite:///none.db", "sqlite:///copy.db")
    assert missing.code == 2
    assert "There is no file none.db" in missing.err
    assert not (tmp_path / "none.db").exists()
    story("demo", "--keep", "other.db", "--json")
    mixed = story("copy", "sqlite:///orders.db", "sqlite:///other.db")
    assert mixed.code == 2
    assert "TO holds another log already" in mixed.err


def test_a_backup_is_made_and_comes_back(story, tmp_path):
    saved = story("backup", "--to", "saved.db", "--views", "--json").object
    assert saved["passed"]
    assert saved["file"] == "saved.db"
    assert {"orders", "alerts", "backup"} <= {check["check"] for check in saved["checks"]}
    restored = story("restore", "saved.db", "--db", "sqlite:///back.db", "--views", "--json").object
    assert restored["passed"]
    assert restored["sha256"] == saved["sha256"]
    orders = story("orders", "--json", "--db", "sqlite:///back.db")
    assert orders.out == story("orders", "--json").out


def test_a_backup_names_itself_by_log_and_time(story, tmp_path):
    shown = story("backup")
    (made,) = tmp_path.glob("orders-????????T??????Z.db")
    assert f"Saved to {made.name}, {made.stat().st_size:,} bytes." in shown.out


def test_the_backup_of_a_log_with_faults_is_made_and_the_faults_are_told(story, tmp_path):
    spoil(tmp_path / "orders.db", "UPDATE events SET body = x'00' WHERE position = 9")
    ran = story("backup", "--to", "saved.db")
    assert ran.code == 1
    assert "Event 9" in ran.out
    assert (tmp_path / "saved.db").exists()


def test_nothing_is_restored_over_a_log_or_from_nothing(story, tmp_path):
    story("backup", "--to", "saved.db")
    over = story("restore", "saved.db")
    assert over.code == 2
    assert "never overwritten" in over.err
    nothing = story("restore", "none.db", "--db", "sqlite:///new.db")
    assert nothing.code == 2
    assert "none.db cannot be read" in nothing.err


def test_migrate_tells_the_version_and_what_it_did(story):
    assert "nothing to do" in story("migrate").out
    told = story("migrate", "--json").object
    assert told["version"] >= 1
    assert told["steps"] == []


def test_a_log_of_an_older_version_is_migrated(story, tmp_path, monkeypatch):
    step = ["CREATE TABLE something_new (a INTEGER)"]
    monkeypatch.setattr("ordertrail.adapters.sqlite.schema.STEPS", (*schema.STEPS, step))
    refused = story("status")
    assert refused.code == 2
    assert "run `ordertrail migrate` once" in refused.err
    version = len(schema.STEPS)
    assert story("migrate", "--json").object == {"version": version, "steps": [version]}
    assert story("status").code == 0
