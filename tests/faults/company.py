"""The processes of a round, which are killed, stopped and let in again."""

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.faults.actors import Part


class Fork:
    """Does something in a fork of this process, for ever, unless something is wrong.

    Attributes:
        name: what it is called in reports.
    """

    def __init__(self, name: str, act: Callable[[], None], errors: Path) -> None:
        """`errors` is a file for what it says on stderr."""
        self.name = name
        self._act = act
        self._errors = errors
        self._pid = 0

    def enter(self) -> None:
        """Begin, in a new process."""
        self._pid = in_fork(self._act, self._errors)

    def kill(self) -> None:
        """End the process as `kill -9` does.

        Raises:
            AssertionError: it had ended by itself.
        """
        self.must_live()
        self.leave()

    def leave(self) -> None:
        """End the process if there is one."""
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
            raise AssertionError(f"{self.name} ended ({status}):\n{self._errors.read_text()}")


class Actor(Fork):
    """Somebody who plays a part in a round."""

    def __init__(self, role: str, play: Callable[[Part], None], part: Part) -> None:
        super().__init__(part.name, lambda: play(part), part.diary.with_suffix(".err"))
        self.role = role
        self.diary = part.diary


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
