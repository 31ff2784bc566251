"""What a failure of PostgreSQL means, in one sentence that names the log and says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from ordertrail.domain.errors import StoreError

SENTENCES = {
    "28": "{name} does not let this user in: check user and password in the URL ({error}).",
    "3D000": "{name} is not there: create that database first ({error}).",
    "42501": "This user may not do that in {name}: {error}; ask its owner for the right.",
    "25006": "{name} is read-only, as on a standby: name the primary server in the URL.",
    "53100": "No room is left for {name}: free some and try again; nothing was stored.",
    "53200": "The server of {name} is out of memory: try again; nothing was stored ({error}).",
    "53300": (
        "The server of {name} has no connection left: close some, allow more (max_connections), or "
        "put pgbouncer before it."
    ),
    "55P03": "{name} is locked: another session holds a table of it for too long; let it finish.",
    "57014": "The server of {name} cancelled it, as it took too long: {error}.",
    "57P03": "The server of {name} is starting or stopping: try again in a moment.",
    "40P01": "{name} is locked by sessions that wait for each other: try again.",
    "58": "The disk of {name} failed ({error}): check its health, then try again.",
    "XX001": "{name} is damaged ({error}): stop writing to it, and restore a backup.",
    "XX002": "{name} has a damaged index ({error}): REINDEX it.",
}


class Lost(StoreError):
    """The connection is gone, and nobody knows what became of the last statement."""


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Turn what the server, its disk or the way to it do into a StoreError; let all others through.

    Raises:
        StoreError: the server cannot be reached, refuses the user, is read-only, full, silent...
    """
    try:
        yield
    except psycopg.Error as error:
        sentence = _sentence(error, name)
        if _is_lost(error):
            lost = f"The connection to {name} was lost ({_said(error)}): try again."
            raise Lost(sentence or lost) from error
        if sentence is None:
            raise
        raise StoreError(sentence) from error


def _sentence(error: psycopg.Error, name: str) -> str | None:
    code = error.sqlstate or ""
    for length in (5, 2):
        if code[:length] in SENTENCES:
            return SENTENCES[code[:length]].format(name=name, error=_said(error))
    return None


def _is_lost(error: psycopg.Error) -> bool:
    code = error.sqlstate
    if code is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return code[:2] == "08" or code[:3] == "57P" or code == "25P03"


def no_way(error: psycopg.Error, name: str) -> str:
    """Why no connection can be made."""
    said = _said(error)
    if "password" in said or "authentication" in said or "no pg_hba.conf entry" in said:
        return SENTENCES["28"].format(name=name, error=said)
    for needle, code in (
        ("does not exist", "3D000"),
        ("too many clients", "53300"),
        ("remaining connection slots", "53300"),
        ("starting up", "57P03"),
        ("not yet accepting connections", "57P03"),
        ("in recovery mode", "57P03"),
        ("shutting down", "57P03"),
    ):
        if needle in said:
            return SENTENCES[code].format(name=name, error=said)
    return f"There is no way to {name} ({said}): check host and port, and that the server runs."


def _said(error: psycopg.Error) -> str:
    """The first line of what the server said."""
    if isinstance(error, psycopg.errors._WaitTimeout):
        return "no answer came"
    text = error.diag.message_primary or str(error)
    return text.strip().partition("\n")[0].rstrip(".")
