"""The actors of a round as processes, which are killed, stopped and let in again."""

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.faults.actors import Part


class Actor:
    """A process that plays a part; it does not end by itself, unless something is wrong."""

    def __init__(self, role: str, play: Callable[[Part], None], part: Part) -> None:
        self.role = role
        self.name = part.name
        self.diary = part.diary
        self._play = play
        self._part = part
        self._pid = 0
        self._said = part.diary.with_suffix(".err")

    def enter(self) -> None:
        """Begin, in a new process."""
        self._pid = in_fork(lambda: self._play(self._part), self._said)

    def kill(self) -> None:
        """End the process as `kill -9` does.

        Raises:
            AssertionError: it had ended by itself.
        """
        self.must_live()
        self.leave()

    def leave(self) -> None:
        """End the process, however it is."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = 0

    def stall(self) -> None:
        """Let it do nothing until it goes on."""
        os.kill(self._pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """End a stall."""
        os.kill(self._pid, signal.SIGCONT)

    def must_live(self) -> None:
        """Notice that the process has ended by itself.

        Raises:
            AssertionError: it has; the error says of what.
        """
        ended, status = os.waitpid(self._pid, os.WNOHANG)
        if ended:
            self._pid = 0
            raise AssertionError(f"{self.name} ended ({status}):\n{self._said.read_text()}")


def in_fork(act: Callable[[], None], errors: Path) -> int:
    """Do it in a fork of this process; what goes wrong there stands in the file. Returns its id."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    try:
        os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
        threading.excepthook = lambda thrown: _end(thrown.exc_value)
        act()
    except BaseException as thrown:
        _end(thrown)
    os._exit(0)


def _end(thrown: BaseException | None) -> None:
    try:
        traceback.print_exception(thrown)
        sys.stderr.flush()
    finally:
        os._exit(1)
