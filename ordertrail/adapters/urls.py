"""Which store a URL names."""

import errno
import os
import re
from pathlib import Path
from typing import Any

from ordertrail.adapters.sqlite import SQLiteStore
from ordertrail.adapters.sqlite import migrate as migrate_file
from ordertrail.adapters.view_store import ViewStore
from ordertrail.domain.errors import BadInput, StoreError


def open_store(url: str, *, unfinished: bool = False) -> ViewStore:
    """Open the store at the URL; a copy that is not complete only if `unfinished` is said.

    "sqlite:///orders.db" is a file beside you, "sqlite:////var/lib/orders.db" one by its full
    path, "memory:" is gone when it is closed. "postgresql://user@host/database" is a log in a
    PostgreSQL database, in the schema `ordertrail` or the one that `?schema=NAME` names.

    Raises:
        BadInput: no store has such a URL.
        StoreError: it cannot be opened, or is a copy that is not complete.
    """
    store = _opened(url)
    try:
        if not unfinished and store.is_unfinished():
            raise StoreError(
                f"This copy of the log {store.log_id} is not complete: run `ordertrail copy` again."
            )
    except BaseException:
        store.close()
        raise
    return store


def _opened(url: str) -> ViewStore:
    if url in ("memory:", "sqlite://", "sqlite:///:memory:"):
        return SQLiteStore(None)
    path = file_of(url)
    if path is not None:
        return SQLiteStore(str(path))
    if is_postgres(url):
        package = postgres()
        return package.PostgresStore(package.address_of(url))  # type: ignore[no-any-return]
    raise _no_url(url)


def migrate(url: str) -> list[int]:
    """Bring the schema of the log at the URL up to date; an empty database is given a log.

    Returns: the numbers of the steps that ran, none where it was up to date.

    Raises:
        BadInput: no store has such a URL, or only one in memory.
        StoreError: it cannot be opened or written to, or a newer Ordertrail wrote it.
    """
    path = file_of(url)
    if path is not None:
        return migrate_file(str(path))
    if is_postgres(url):
        package = postgres()
        return package.migrate(package.address_of(url))  # type: ignore[no-any-return]
    raise _no_url(url)


def is_postgres(url: str) -> bool:
    """Whether the URL names a log in PostgreSQL."""
    return url.startswith(("postgresql://", "postgres://"))


def shown(url: str) -> str:
    """The URL for people to see, without the password in it."""
    # Up to the last @, for a password that is not written as it should be.
    url = re.sub(r"(?i)^(postgres[^:]*:/*[^:@/?]*):.*@", r"\1@", url)
    return re.sub(r"(?<=[?&])(password|sslpassword)=[^&#]*&?", "", url).rstrip("?&")


def file_of(url: str) -> Path | None:
    """The file that the URL names; None if it names none.

    Raises:
        BadInput: no file can have such a name.
    """
    scheme, separator, name = url.partition(":///")
    if scheme != "sqlite" or not separator or name in ("", ":memory:"):
        return None
    try:
        path = Path(name).expanduser()
        os.stat(path)
    except (RuntimeError, ValueError) as error:  # ~nobody, or a zero byte
        raise BadInput(f"{name!a} names no file: {error}") from None
    except OSError as error:
        if error.errno in (errno.ENAMETOOLONG, errno.ELOOP):
            raise BadInput(f"{name!a} names no file: {error.strerror}.") from None
    return path


def postgres() -> Any:
    """The package of logs in PostgreSQL, which is loaded by those who use one.

    Raises:
        BadInput: psycopg is not installed.
    """
    try:
        from ordertrail.adapters import postgres as package
    except ImportError as error:
        raise BadInput(
            f'A log in PostgreSQL needs psycopg ({error}): pip install "ordertrail[postgres]".'
        ) from error
    return package


def _no_url(url: str) -> BadInput:
    return BadInput(
        f"{shown(url)!r} is no URL of a store. Give sqlite:///FILE (a file, such as "
        "sqlite:///orders.db), postgresql://USER@HOST/DATABASE, or memory:."
    )
