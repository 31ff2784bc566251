"""Saves a log in PostgreSQL with pg_dump, reads the archive back, and restores it."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from ordertrail.adapters.postgres.address import Address
from ordertrail.adapters.postgres.archive import schemas_in
from ordertrail.adapters.postgres.connections import Connections
from ordertrail.adapters.postgres.programs import run
from ordertrail.domain.errors import BadInput

WHOLE = ("--no-owner", "--no-privileges")  # who owns it and who may read it is said by the target


def save(address: Address, archive: Path) -> None:
    """Write one state of a log and its views, whoever writes to it meanwhile, into an archive.

    Raises:
        BadInput: there is no pg_dump, or only one that is older than the server.
        StoreError: the server cannot be reached, or pg_dump fails.
    """
    with closing(Connections(address)) as connections, connections.lent() as session:
        version = session.info.server_version // 10_000
        present = [
            schema
            for (schema,) in session.execute("SELECT nspname::text FROM pg_namespace")
            if schema in [address.schema + ending for ending in ("", "_views", "_views_next")]
        ]
    run(
        "pg_dump",
        address,
        version,
        ["--format=custom", f"--file={archive}", *WHOLE, *_only(present)],
    )


def restore(address: Address, archive: Path) -> None:
    """Bring back what an archive holds, all of it or nothing.

    Raises:
        BadInput: the archive holds a log of another name, or that log is there already; there is
            no pg_restore, or only one that is older than the server.
        StoreError: the server cannot be reached, or pg_restore fails.
    """
    schemas = schemas_in(archive)
    log = schemas[0]
    if log != address.schema:
        raise BadInput(
            f"{archive} holds the log {log!r}, and can only be restored under this name: write "
            f"schema={log} in the URL. `ordertrail copy` then moves it wherever you want."
        )
    with closing(Connections(address)) as connections:
        with connections.lent() as session:
            version = session.info.server_version // 10_000
        with connections.transaction() as session:
            for schema in schemas:
                query = "SELECT 1 FROM pg_class WHERE relnamespace = ?::regnamespace"
                session.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
                if session.execute(query, (schema,)).fetchone():
                    raise BadInput(
                        f"The schema {schema!r} holds something already, and is never overwritten: "
                        "name another database."
                    )
    run(
        "pg_restore",
        address,
        version,
        ["--single-transaction", "--exit-on-error", *WHOLE, *_only(schemas), str(archive)],
    )


def _only(schemas: Sequence[str]) -> list[str]:
    return [f"--schema={schema}" for schema in schemas]
