"""The command line, given nonsense or closed doors: a sentence and an exit code, no traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ordertrail import DeliverOrder, Ordertrail, PlaceOrder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A log with an order that has an open alert, and a delivery window that says nothing."""
    folder: Path = tmp_path_factory.mktemp("log")
    with Ordertrail.open(f"sqlite:///{folder}/orders.db") as trail:
        trail.execute(
            PlaceOrder(
                order_id="ü",
                lines=[{"line": "1", "sku": "MUG", "quantity": 1}],
                requirements=[{"kind": "delivery_window", "code": "in_time"}],
            )
        )
        trail.execute(DeliverOrder(order_id="ü"))
    return folder


def shell(folder, command, **environment):
    ran = subprocess.run(
        f"{sys.executable} -m ordertrail {command}",
        check=False,
        shell=True,
        cwd=folder,
        capture_output=True,
        timeout=60,
        env={**os.environ, **environment},
    )
    assert b"Traceback" not in ran.stderr
    assert b"should not have" not in ran.stderr
    return ran


NONSENSE = {
    "orders --limit 99999999999999999999": 2,
    "events --after 99999999999999999999": 2,
    "orders --since 0001-01-01T00:00+05:00": 2,
    "watch --every inf": 2,
    "order $'\\xff'": 2,
    "alerts ack skipped_step/ü --actor 'John Smith'": 2,
    "--db sqlite:///~nobody-here/x.db orders": 2,
    "do place-order --json - <&-": 2,
    "order ü": 0,
}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
@pytest.mark.parametrize(("command", "code"), NONSENSE.items(), ids=NONSENSE)
def test_nonsense_is_explained(folder, command, code):
    command = command.replace("$'\\xff'", '"$(printf "\\377")"')
    assert shell(folder, command).returncode == code


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize(
    ("command", "code"), [("orders >&-", 0), ("orders <&- >&- 2>&-", 0), ("status >/dev/full", 2)]
)
def test_what_cannot_be_written_to_ends_it_quietly(folder, command, code):
    assert shell(folder, command).returncode == code


@pytest.mark.slow
def test_json_loses_nothing_where_stdout_has_no_unicode(folder):
    ran = shell(folder, "orders --json", PYTHONIOENCODING="ascii")
    assert json.loads(ran.stdout)["order_id"] == "ü"


def test_an_actor_that_is_a_name_is_not_repeated(folder):
    from typer.testing import CliRunner

    from ordertrail.adapters.cli.root import cli

    db = f"sqlite:///{folder}/orders.db"
    ran = CliRunner().invoke(
        cli, ["--db", db, "alerts", "ack", "skipped_step/ü", "--actor", "John Smith"]
    )
    assert ran.exit_code == 2
    assert "actor" in ran.stderr
    assert "Smith" not in ran.stderr
