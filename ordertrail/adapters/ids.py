"""What an engine adds to a command that lacks it: an id, and the time."""

import os
import time
from datetime import UTC, datetime


def new_id() -> str:
    """A new command id: a UUID of version 7 (RFC 9562), so that ids grow with time."""
    milliseconds = time.time_ns() // 1_000_000
    bits = milliseconds << 80 | int.from_bytes(os.urandom(10), "big")
    bits = bits & ~(0xF << 76) | 0x7 << 76
    bits = bits & ~(0x3 << 62) | 0x2 << 62
    digits = f"{bits:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def now() -> datetime:
    """The clock of this machine, in UTC."""
    return datetime.now(UTC)
