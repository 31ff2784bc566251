"""What went wrong, in a sentence on stderr and an exit code; never a traceback."""

import errno
import os
import sys

from ordertrail.adapters.cli.output import note
from ordertrail.domain.errors import BadInput, InvalidCommand, OrdertrailError, StoreError

DONE, REFUSED, BAD_INPUT, BROKEN, INTERRUPTED = 0, 1, 2, 70, 130
"""The exit codes; `BROKEN` is a fault of ours, `INTERRUPTED` is Ctrl-C."""

UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)

DEBUG = "ORDERTRAIL_DEBUG"


def exit_code(error: BaseException) -> int:
    """The exit code for what ended a command, and the sentence about it told to the user.

    Raises:
        BaseException: the error itself, where the environment asks for tracebacks.
    """
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return DONE  # the reader has seen enough
    if isinstance(error, OrdertrailError):
        note(str(error))
        bad = isinstance(error, BadInput | InvalidCommand | StoreError)
        return BAD_INPUT if bad else REFUSED
    if isinstance(error, OSError) and error.errno in UNWRITABLE:
        note(f"The output cannot be written: {error.strerror}.")
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
        return BAD_INPUT
    if os.environ.get(DEBUG):
        raise error
    # Its text is kept back: it may show what is personal.
    note(
        f"Something went wrong that should not have ({type(error).__name__}). "
        f"Set {DEBUG}=1 and run it again to see where; please report what you see."
    )
    return BROKEN
