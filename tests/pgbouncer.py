"""Debian's pgbouncer before a PostgreSQL, handing each transaction to any of two sessions."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

SETTINGS = """
[databases]
* = {server}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
ignore_startup_parameters = extra_float_digits
"""


@contextmanager
def pgbouncer(server: str) -> Iterator[str]:
    """The URL of a pgbouncer before the server of this URL."""
    assert PROGRAM is not None
    given = conninfo_to_dict(server)
    database = given.pop("dbname", "postgres")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="ordertrail-bouncer-") as folder:
        os.chmod(folder, 0o755)
        settings = Path(folder) / "settings.ini"
        where = " ".join(f"{key}={value}" for key, value in given.items() if value)
        settings.write_text(SETTINGS.format(server=where, port=port))
        user = ["-u", _owner(str(given.get("host") or ""))] if os.geteuid() == 0 else []  # never as root
        with subprocess.Popen(
            [PROGRAM, "-q", *user, str(settings)], stderr=subprocess.DEVNULL
        ) as running:
            try:
                _wait_for(port)
                yield f"postgresql://{given.get('user', 'postgres')}@127.0.0.1:{port}/{database}"
            finally:
                running.terminate()


def _owner(host: str) -> str:
    """Whoever may use the server's socket."""
    if not host.startswith("/"):
        return "nobody"
    return pwd.getpwuid(os.stat(host).st_uid).pw_name


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("pgbouncer does not answer")
