"""The disk as a contestant: what is faster than this has not been flushed."""

import os

from benchmarks.measure import Sample, Step, in_threads
from benchmarks.place import Place

PAGE = b"\0" * 4096


class Disk:
    """A page written over itself and flushed, one at a time, by one caller."""

    name = "the disk: write and fdatasync"

    def open(self, place: Place) -> None:
        self._file = os.open(place.folder / "page", os.O_CREAT | os.O_RDWR)

    def run(self, callers: range, seconds: float, batch: int) -> Sample:
        flush = getattr(os, "fdatasync", os.fsync)

        def caller(number: int) -> Step:
            def step() -> int:
                os.pwrite(self._file, PAGE, 0)
                flush(self._file)
                return 1

            return step

        return in_threads(callers, seconds, caller)

    def close(self) -> None:
        os.close(self._file)
