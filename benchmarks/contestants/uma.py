"""UmaDB as a contestant: its server on loopback, its files in the same place, its own client."""

import os
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from benchmarks.business import append_after_append
from benchmarks.measure import Sample, Step, in_threads
from benchmarks.place import Missing, Place

if TYPE_CHECKING:
    from umadb import Client

START = "import sys, umadb; umadb.run_server_from_args(sys.argv)"
PATIENCE = 10.0


class UmaServer:
    """The server of a folder: started by whoever asks first, and stopped by him."""

    def __init__(self, folder: Path) -> None:
        """Start it, or find the one that runs.

        Raises:
            Missing: the package `umadb` is not installed, or its server does not start.
        """
        try:
            import umadb
        except ImportError:
            raise Missing("umadb is not installed: pip install 'ordertrail[bench]'") from None
        self._process: subprocess.Popen[bytes] | None = None
        told = folder / "umadb.url"
        if not told.exists():
            told.write_text(self._start(folder))
        self.client = umadb.Client(told.read_text())
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if time.monotonic() > deadline or (self._process and self._process.poll() is not None):
                self.close()
                raise Missing(f"the server of UmaDB does not start, see {folder / 'umadb.log'}")
            time.sleep(0.02)

    def close(self) -> None:
        """Stop the server, if it was started here."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _start(self, folder: Path) -> str:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            address = f"127.0.0.1:{free.getsockname()[1]}"
        data = folder / "umadb"
        data.mkdir()
        command = [sys.executable, "-c", START, "--listen", address, "--db-path", str(data)]
        with open(folder / "umadb.log", "wb") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, env=os.environ | {"PYTHONUNBUFFERED": "1"}
            )
        return f"http://{address}"

    def _answers(self) -> bool:
        try:
            self.client.head()
        except Exception:
            return False
        return True


class UmaAppends:
    """Appends on the condition that nobody else wrote to the stream since the last one."""

    name = "UmaDB"

    def open(self, place: Place) -> None:
        self._server = UmaServer(place.folder)

    def run(self, callers: range, seconds: float, batch: int) -> Sample:
        import umadb

        def caller(number: int) -> Step:
            client: Client = self._server.client
            appends = append_after_append(batch)
            after: dict[object, int] = {}

            def step() -> int:
                told = next(appends)
                stream = told[0][0]
                tags = [str(stream)]
                events = [umadb.Event(type, body, tags, uuid4()) for _, _, type, body in told]
                boundary = umadb.Query([umadb.QueryItem(tags=tags)])
                condition = umadb.AppendCondition(boundary, after.get(stream))
                position = client.append(events, condition)
                after.clear()
                after[stream] = position
                return 1

            return step

        return in_threads(callers, seconds, caller, batch)

    def close(self) -> None:
        self._server.close()
