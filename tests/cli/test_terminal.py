"""The command line as it is started: colours, widths, pipes, Ctrl-C."""

import os
import re
import signal
import subprocess
import sys

import pytest

MAIN = [sys.executable, "-m", "ordertrail"]
PAGES = [
    ["order", "N-1001"],
    ["orders"],
    ["customer", "NORDLYS"],
    ["customers"],
    ["alerts"],
    ["events"],
    ["status"],
    ["do"],
    ["--help"],
    ["events", "--help"],
]


def started(*arguments, cwd, **environment):
    return subprocess.run(
        [*MAIN, *arguments],
        check=False,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        cwd=cwd,
        env=os.environ | {"COLUMNS": "80"} | environment,
    )


@pytest.fixture
def folder(story, tmp_path):
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_every_page_fits_80_columns(story, page):
    ran = story(*page)
    assert ran.code == 0
    assert [line for line in ran.out.splitlines() if len(line.rstrip()) > 80] == []


def test_colours_are_left_out_where_they_are_not_wanted(folder):
    coloured = started("order", "N-1001", cwd=folder, FORCE_COLOR="1")
    assert re.search("\x1b\\[[0-9;]*3[0-9]", coloured.stdout)
    plain = started("order", "N-1001", cwd=folder, FORCE_COLOR="1", NO_COLOR="1")
    assert not re.search("\x1b\\[[0-9;]*3[0-9]m", plain.stdout)
    assert "\x1b" not in started("order", "N-1001", cwd=folder).stdout


def test_a_terminal_without_unicode_is_enough(folder):
    ran = started("order", "N-1001", cwd=folder, PYTHONIOENCODING="ascii")
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("arguments", [["events", "--json"], ["events"], ["order", "N-1001"]])
def test_a_reader_who_has_seen_enough_ends_it_quietly(folder, arguments):
    process = subprocess.Popen(
        [*MAIN, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


def test_ctrl_c_ends_following_quietly(folder):
    process = subprocess.Popen(
        [*MAIN, "events", "--follow", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        encoding="utf-8",
    )
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        while '"order.placed"' not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.stderr.read() == ""
        assert process.wait(60) == 130


def test_following_shows_what_other_processes_write(folder):
    process = subprocess.Popen(
        [*MAIN, "events", "--follow", "--json", "--after", "20", "--type", "order.note_added"],
        stdout=subprocess.PIPE,
        cwd=folder,
        encoding="utf-8",
    )
    with process:
        assert process.stdout is not None
        note = folder / "note.json"
        note.write_text('{"order_id": "N-1002", "kind": "seen"}')
        done = started("do", "add-note", "--json", str(note), "--quiet", cwd=folder)
        assert done.returncode == 0, done.stderr
        assert '"order.note_added"' in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.stdout.read()


def test_the_version_is_told(folder):
    ran = started("--version", cwd=folder)
    assert re.fullmatch(r"ordertrail \d+\.\d+\.\d+\n", ran.stdout)
