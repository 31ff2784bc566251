"""Moving a log, looking whether it is sound, keeping it: from the command line."""

import sqlite3


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
