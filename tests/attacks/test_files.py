"""The file of a log, mistreated."""

import os
import sqlite3
import subprocess
import sys
import time

import pytest

from ordertrail import BadInput, Ordertrail, PlaceOrder, StoreError
from ordertrail.adapters.sqlite.connections import Connections

OPENS = """
import sys, time
from ordertrail import Ordertrail
while time.time() < float(sys.argv[2]):
    pass
Ordertrail.open(sys.argv[1], follow=False).close()
"""


def placed(order_id):
    return PlaceOrder(order_id=order_id, lines=[{"line": "1", "sku": "MUG", "quantity": 1}])


@pytest.mark.skipif(os.name == "nt", reason="Windows deletes no file that is open")
@pytest.mark.parametrize("replaced", [False, True])
def test_nothing_is_acknowledged_into_a_file_that_was_deleted(tmp_path, replaced):
    url = f"sqlite:///{tmp_path}/x.db"
    with Ordertrail.open(url, follow=False) as trail:
        trail.execute(placed("A"))
        for file in tmp_path.iterdir():
            file.unlink()
        if replaced:
            Ordertrail.open(url).close()
        with pytest.raises(StoreError, match="deleted or replaced"):
            trail.execute(placed("B"))
        with pytest.raises(StoreError, match="deleted or replaced"):
            trail.order("A")


def test_opening_waits_while_another_process_makes_the_file(tmp_path, monkeypatch):
    path = str(tmp_path / "x.db")
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("CREATE TABLE t (a)")
        other.execute("BEGIN EXCLUSIVE")
        monkeypatch.setattr("time.sleep", lambda _: other.rollback())
        Connections(path).close()
    other.close()


@pytest.mark.slow
def test_many_processes_may_open_a_new_file_at_once(tmp_path):
    for number in range(3):
        at = str(time.time() + 1.5)
        openers = [
            subprocess.Popen([sys.executable, "-c", OPENS, f"sqlite:///{tmp_path}/{number}.db", at])
            for _ in range(4)
        ]
        assert [opener.wait(60) for opener in openers] == [0] * 4


@pytest.mark.parametrize("name", ["~nobody-here/x.db", "a\0b.db", "x" * 300, "d/" * 3000])
def test_a_url_that_can_name_no_file_is_bad_input(name):
    with pytest.raises(BadInput, match="names no file"):
        Ordertrail.open(f"sqlite:///{name}")


@pytest.mark.parametrize("name", ["a b.db", "a?mode=ro#x%20.db", "ü😀.db"])
def test_a_file_may_have_an_odd_name(tmp_path, name):
    with Ordertrail.open(f"sqlite:///{tmp_path}/{name}", follow=False) as trail:
        trail.execute(placed("A"))
    assert (tmp_path / name).exists()


def test_a_transaction_that_is_interrupted_as_it_begins_is_undone(tmp_path, monkeypatch):
    connections = Connections(str(tmp_path / "x.db"))
    begins = Connections._when_free

    def interrupted(self, statement):
        begins(self, statement)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Connections, "_when_free", interrupted)
        with pytest.raises(KeyboardInterrupt), connections.transaction():
            pass
    with connections.transaction() as connection:
        connection.execute("CREATE TABLE t (a)")
    connections.close()
