"""A disk that is full stops a copy or a backup with a sentence, and leaves nothing in the way."""

import resource
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from ordertrail.adapters.urls import open_store
from tests.growth.logs import Writer, contents

ROOM = 300_000
"""How large a file may grow, in bytes."""


def ran(*arguments: str, folder: Path, room: int = resource.RLIM_INFINITY) -> str:
    """What a command that fails says, or nothing; no file may grow above the room there is."""
    done = subprocess.run(
        [sys.executable, "-m", "ordertrail", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )
    assert done.returncode in (0, 2)
    assert "Traceback" not in done.stderr
    return done.stderr if done.returncode else ""


def test_a_copy_goes_on_when_there_is_room_again(tmp_path):
    with closing(open_store(f"sqlite:///{tmp_path}/orders.db")) as source:
        Writer(source).write(500)
        copy = ("copy", "sqlite:///orders.db", "sqlite:///copy.db")
        said = ran(*copy, folder=tmp_path, room=ROOM)
        assert "copy.db" in said
        assert not ran(*copy, folder=tmp_path)
        with closing(open_store(f"sqlite:///{tmp_path}/copy.db")) as target:
            assert contents(target) == contents(source)


def test_a_backup_without_room_leaves_nothing(tmp_path):
    with closing(open_store(f"sqlite:///{tmp_path}/orders.db")) as source:
        Writer(source).write(500)
        backup = ("backup", "--to", "saved.db")
        said = ran(*backup, folder=tmp_path, room=ROOM)
        assert "saved.db" in said
        assert not list(tmp_path.glob("saved*"))
        assert not ran(*backup, folder=tmp_path)
