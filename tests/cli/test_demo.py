"""`ordertrail demo`: real orders, one order's life, three views."""

import re
from pathlib import Path


def test_the_demo_tells_the_story_and_shows_the_three_views(run, tmp_path):
    ran = run("demo")
    assert (ran.code, ran.err) == (0, "")
    for told in (
        "picked short",
        "refused: Line 1: 4 units were asked for",
        "delayed: promise lapsed",
        "acknowledges it",
        "! requirement missed (mornings)",
        "refunded 5.90",
        "View 1: order tracking",
        "View 2: customer history",
        "View 3: alerts",
    ):
        assert told in ran.out
    assert list(tmp_path.iterdir()) == []


def test_the_demo_is_the_same_every_time(run):
    once, again = (
        re.sub(r"/\S*/ordertrail-demo-\S*|in [\d.]+ s", "", run("demo").out) for _ in range(2)
    )
    assert once == again


def test_what_the_demo_keeps_can_be_looked_at(run, tmp_path):
    kept = run("demo", "--keep", "kept.db", "--json").object
    assert kept["file"] == "kept.db"
    status = run("status", "--json", "--db", "sqlite:///kept.db").object
    assert status["last_position"] == kept["events"]
    assert Path("kept.db").exists()
