"""Importing again: what was stored stays, what is new is added, an interrupted import goes on."""

import os
import signal
import subprocess
import sys
import time

import pytest

from ordertrail import Ordertrail
from ordertrail.adapters.importing import dry_run, import_file
from ordertrail.domain.order.commands import PlaceOrder
from tests.importing.imports import PLAIN, Shop

HEADER = "order,sku,qty,price,placed,shipped\n"
MAPPING = PLAIN + 'shipped = "shipped"\n'
FIRST = HEADER + "o1,A,1,1,2026-01-01,\no2,A,1,1,2026-01-02,\no1,B,1,1,2026-01-03,\n"


def test_the_same_file_adds_nothing(shop: Shop):
    shop.imports(FIRST, MAPPING)
    before = shop.story
    again = shop.imports(FIRST, MAPPING)
    assert (again.events, again.imported_rows, again.orders) == (0, 3, 2)
    assert shop.story == before


def test_a_later_export_adds_what_has_happened_since(shop: Shop):
    shop.imports(FIRST, MAPPING)
    later = FIRST.replace("02,\n", "02,2026-01-09\n") + "o3,A,1,1,2026-01-04,\n"
    assert shop.imports(later, MAPPING).events == 2
    assert shop.story[-2:] == ["o2 shipped", "o3 placed"]


def test_history_is_not_rewritten(shop: Shop):
    shop.imports(FIRST, MAPPING)
    summary = shop.imports(FIRST.replace("o2,A,1", "o2,A,7"), MAPPING)
    assert summary.reasons == {"was imported before, with other content": 1}
    assert shop.trail.order("o2").lines["1"].quantity == 1


def test_a_rejects_file_of_an_earlier_import_goes_when_nothing_is_rejected(shop: Shop):
    shop.imports(FIRST.replace("o2,A,1", "o2,A,x"), MAPPING)
    assert shop.rejects_file.exists()
    assert shop.imports(FIRST, MAPPING).events == 1
    assert not shop.rejects_file.exists()


def test_a_file_that_is_no_rejects_file_is_left_alone(shop: Shop):
    shop.rejects_file.write_text("mine")
    shop.imports(FIRST, MAPPING)
    assert shop.rejects_file.read_text() == "mine"


def test_a_dry_run_shows_what_the_first_rows_would_become_and_stores_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.csv").write_text(HEADER + "o1,A,x,1,2026-01-01,\n" + FIRST[len(HEADER) :])
    (tmp_path / "shop.toml").write_text(MAPPING)
    bad, good, *rest = dry_run("shop.csv", "shop.toml", rows=2)
    assert (bad.lines, bad.commands, bad.reason) == ((2,), (), "[line] quantity is no number")
    assert (good.lines, good.reason, rest) == ((3,), None, [])
    (command,) = good.commands
    assert isinstance(command, PlaceOrder)
    assert {file.name for file in tmp_path.iterdir()} == {"shop.csv", "shop.toml"}


IMPORT = """
import sys
from ordertrail import Ordertrail
from ordertrail.adapters.importing import import_file
with Ordertrail.open(sys.argv[1], follow=False) as trail:
    import_file(trail, sys.argv[2], sys.argv[3], rejects=sys.argv[4])
"""


@pytest.mark.slow
def test_an_import_that_was_killed_goes_on_to_the_same_end(tmp_path):
    rows = [
        f"o{n % 9_000},S{n},{n % 7},1,2026-01-01,{'2026-01-02' if n % 3 else ''}"
        for n in range(20_000)
    ]
    file, mapping = tmp_path / "shop.csv", tmp_path / "shop.toml"
    file.write_text(HEADER + "\n".join(sorted(rows[:9_000])) + "\n" + "\n".join(rows[9_000:]))
    mapping.write_text(MAPPING)
    database, rejects = tmp_path / "killed.db", tmp_path / "rejects.csv"
    url = f"sqlite:///{database}"
    for _ in range(3):
        size = _log_size(database)
        child = subprocess.Popen(
            [sys.executable, "-c", IMPORT, url, str(file), str(mapping), str(rejects)]
        )
        deadline = time.monotonic() + 60
        while _log_size(database) < size + 200_000 and child.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    with Ordertrail.open(url, follow=False) as killed, Ordertrail.open(follow=False) as whole:
        import_file(killed, file, mapping, rejects)
        import_file(whole, file, mapping, tmp_path / "other.csv")
        assert [_told(e) for e in killed.events()] == [_told(e) for e in whole.events()]
        assert rejects.read_text() == (tmp_path / "other.csv").read_text()


def _told(event):
    return (event.position, event.id, event.stream, event.version, event.occurred_at, event.body)


def _log_size(database):
    files = (database, database.with_name(database.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())
