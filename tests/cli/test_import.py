"""`ordertrail import`, as scripts and people see it; what it does is tested with the importer."""

import re

import pytest

from ordertrail.adapters.cli.demo.command import SAMPLE

SUMMARY = {"rows", "imported_rows", "rejected_rows", "orders", "events", "rejects_file"}
MAPPING = """
name     = "stall"
shape    = "lines"
timezone = "Europe/London"
currency = "GBP"

[order]
id = "order"

[line]
sku      = "article"
quantity = "pieces"

[steps]
placed = "when"
"""


@pytest.fixture
def stall(tmp_path):
    (tmp_path / "stall.toml").write_text(MAPPING)
    (tmp_path / "stall.csv").write_text(
        "order,article,pieces,when\n1,MUG,2,2024-05-01 10:00\n1,CUP,1,2024-05-01 10:00\n"
        "2,MUG,none,2024-05-02 11:00\n"
    )
    return ["import", "stall.csv", "--map", "stall.toml"]


def test_the_summary_as_json_accounts_for_every_row(run, stall, tmp_path):
    ran = run(*stall, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.object == {
        "rows": 3,
        "imported_rows": 2,
        "rejected_rows": 1,
        "orders": 1,
        "events": 1,
        "rejects_file": "stall.csv.rejects.csv",
    }
    assert "4," in (tmp_path / "stall.csv.rejects.csv").read_text()


def test_importing_twice_adds_nothing(run, stall):
    run(*stall)
    again = run(*stall, "--json").object
    assert (again["events"], again["imported_rows"]) == (0, 2)
    assert "all were imported before" in run(*stall).out
    assert run("status", "--json").object["last_position"] == 1


def test_the_views_are_up_to_date_when_it_ends(run, stall):
    run(*stall)
    assert {one["lag"] for one in run("status", "--json").object["projections"]} == {0}


def test_the_summary_for_people_names_the_reasons_and_the_rejects_file(run, stall):
    out = run(*stall, "--rejects", "left-out.csv").out
    assert re.search(r"rows +3 ", out)
    assert re.search(r"imported +2 +━+╌+ 66.7%", out)
    assert re.search(r"rejected +1 +see left-out.csv", out)


def test_where_no_row_was_imported_the_summary_says_so(run, stall, tmp_path):
    (tmp_path / "stall.csv").write_text("order,article,pieces,when\n1,MUG,none,2024-05-01\n")
    assert "No row was imported" in run(*stall).out


def test_a_dry_run_shows_what_rows_would_become_and_stores_nothing(run, stall, tmp_path):
    lines = run(*stall, "--dry-run", "--json").lines
    (placed,) = next(line["commands"] for line in lines if line["commands"])
    assert (placed["command"], placed["order_id"]) == ("place-order", "1")
    assert any(line["reason"] for line in lines)
    out = run(*stall, "--dry-run", "--rows", "2").out
    assert re.search(r"lines 2 to 3\n +place-order +2024-05-01", out)
    assert not (tmp_path / "orders.db").exists()


def test_a_mapping_that_we_ship_is_named(run):
    summary = run("import", str(SAMPLE), "--map", "online-retail", "--json").object
    assert summary.keys() == SUMMARY
    assert summary["rows"] == summary["imported_rows"] + summary["rejected_rows"] == 401


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["import", "none.csv", "--map", "stall.toml"], "none.csv"),
        (["import", "stall.csv", "--map", "none.toml"], "none.toml"),
        (["import", "stall.csv", "--map", "online-retial"], "online-retail"),
        (["import", "stall.csv", "--map", "broken.toml"], "broken.toml"),
        (["import", "stall.csv"], "--map"),
        (["import"], "FILE"),
    ],
)
def test_a_file_or_mapping_that_cannot_be_used_is_explained(
    run, stall, tmp_path, arguments, sentence
):
    (tmp_path / "broken.toml").write_text("name = ")
    ran = run(*arguments)
    assert ran.code == 2
    assert sentence in ran.err
    assert "Traceback" not in ran.err
