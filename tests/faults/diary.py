"""What an actor was told, noted line by line: a diary outlives the process that kept it."""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Note(NamedTuple):
    """A line of a diary.

    `at` is read from the monotonic clock, which all processes share. The kinds are

    - asks: the command (or the raw append) `id` is about to be sent
    - told: it was acknowledged, as `events`, the last of them at `position`
    - refused: a rule said no, or somebody else had the version of the stream
    - failed: the store could not do it, or not say; `events` tells why
    - saw: a follower came to the event `id` at `position`
    - lives: whoever writes no event did another round of its work
    """

    kind: str
    at: int
    id: str
    position: int = 0
    events: Sequence[str] = ()


class Diary:
    """Appends notes to a file; a kill -9 can tear only the last one."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(self, kind: str, id: str = "", *more: Any) -> None:
        """Write the note down; when this returns, the note survives whoever wrote it."""
        os.write(self._file, json.dumps((kind, time.monotonic_ns(), id, *more)).encode() + b"\n")


def notes_in(path: Path) -> list[Note]:
    """The notes of a diary so far, without one that is torn; none before it was begun."""
    whole, _, _ = path.read_bytes().rpartition(b"\n") if path.exists() else (b"", b"", b"")
    return [Note(*json.loads(line)) for line in whole.splitlines()]
