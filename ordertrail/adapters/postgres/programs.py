"""The programs of PostgreSQL that save and restore a database, run with the address of a log."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from psycopg.conninfo import make_conninfo

from ordertrail.adapters.postgres.address import DEFAULTS, Address
from ordertrail.domain.errors import BadInput, StoreError

OTHERWISE = (
    "Install the client programs of PostgreSQL {version} or later, or use `ordertrail copy` to a "
    "SQLite file, which needs no program."
)


STRANGE = 17
"""From this version on pg_restore begins with a parameter that older servers refuse."""


def run(program: str, address: Address, version: int, arguments: Sequence[str]) -> None:
    """Run a program on the database of a log.

    Raises:
        BadInput: there is no such program, or it is older than the server.
        StoreError: it failed; the sentence is its own.
    """
    done = subprocess.run(
        [must_be_there(program, version), f"--dbname={_without_password(address)}", *arguments],
        env=_environment(address),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        raise StoreError(_failed(program, done.stderr))


@contextmanager
def output(program: str, arguments: Sequence[str]) -> Iterator[IO[bytes]]:
    """The output of a program that needs no database, while it runs.

    Raises:
        BadInput: there is no such program.
        StoreError: it failed; the sentence is its own.
    """
    with subprocess.Popen(
        [must_be_there(program), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        yield process.stdout
        said = process.stderr.read()
    if process.returncode:
        raise StoreError(_failed(program, said))


def must_be_there(program: str, version: int = 0) -> str:
    """The path of a program that is at least of a version (of the server, such as 16).

    Raises:
        BadInput: there is none.
    """
    path = shutil.which(program)
    if path is None:
        raise BadInput(
            f"{program} is not on PATH. {OTHERWISE.format(version=version or 'your server')}"
        )
    if version:
        told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
        found = re.search(r"\(PostgreSQL\) (\d+)", told.stdout)
        what = told.stdout.strip() or program
        if found is None or int(found[1]) < version:
            raise BadInput(f"{what} is older than the server. {OTHERWISE.format(version=version)}")
        if program == "pg_restore" and version < STRANGE <= int(found[1]):
            raise BadInput(
                f"{what} sets a parameter that a server of version {version} does not know: put "
                f"the programs of version {version} first on PATH."
            )
    return path


def _without_password(address: Address) -> str:
    """The address for the command line of a program, which every user of the machine can read."""
    known = {k: v for k, v in address.parameters.items() if k not in DEFAULTS and k != "password"}
    return make_conninfo("", **known)


def _environment(address: Address) -> dict[str, str]:
    password = address.parameters.get("password")
    return {**os.environ, "LC_ALL": "C", **({"PGPASSWORD": password} if password else {})}


def _failed(program: str, said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return f"{program} failed: {lines[0] if lines else 'it says nothing'}."
