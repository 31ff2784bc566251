"""Finds the log in a schema of a database, creates it, and brings an older one up to date."""

import uuid

from ordertrail.adapters.postgres.session import Session
from ordertrail.adapters.postgres.steps import STEPS
from ordertrail.domain.errors import StoreError

LOCK = 1869766004  # "ordt": nobody else takes advisory locks of this kind


def log_id(session: Session, log: str, name: str) -> str | None:
    """The id of the log in the schema `log`, None when the schema is empty or not there.

    Raises:
        StoreError: it holds something else, a log that a newer Ordertrail wrote, or one that
            waits for `ordertrail migrate`.
    """
    found = _found(session, log, name)
    if found is None:
        return None
    id, version = found
    if version < len(STEPS):
        raise StoreError(
            f"{name} was written by an older version of Ordertrail (its schema is {version}, this "
            f"version needs {len(STEPS)}): run `ordertrail migrate` once."
        )
    return id


def migrate(session: Session, log: str, name: str) -> list[int]:
    """Run the steps that the log still lacks, in the transaction under way; returns which.

    Of several processes that do so at once, one runs them and the others find them done.

    Raises:
        StoreError: the schema holds something else, or was written by a newer Ordertrail.
    """
    session.silence = None  # a large log may take its time
    session.execute("SELECT pg_advisory_xact_lock(hashtext(?), ?)", (log, LOCK))
    found = _found(session, log, name)
    version = 0 if found is None else found[1]
    if found is None:
        # Who may not create schemas can be given empty ones by somebody who may.
        for schema in (log, f"{log}_views", f"{log}_views_next"):
            if not _exists(session, schema):
                session.execute(f"CREATE SCHEMA {schema}")
    missing = list(range(version + 1, len(STEPS) + 1))
    for number in missing:
        for statements in STEPS[number - 1]:
            session.at_once(statements.replace("{log}", log))
    if found is None:
        session.execute(
            f"INSERT INTO {log}.meta VALUES ('log_id', ?), ('schema_version', '0')",
            (str(uuid.uuid4()),),
        )
    session.execute(
        f"UPDATE {log}.meta SET value = ? WHERE key = 'schema_version'", (str(len(STEPS)),)
    )
    return missing


def _found(session: Session, log: str, name: str) -> tuple[str, int] | None:
    tables = {
        table
        for (table,) in session.execute(
            "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'v', 'm', 'p')"
            " AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = ?)",
            (log,),
        )
    }
    if not tables:
        return None
    meta: dict[str, str] = {}
    if {"events", "commands", "tracking", "meta"} <= tables:
        meta.update(session.execute(f"SELECT key, value FROM {log}.meta").fetchall())
    if not {"log_id", "schema_version"} <= meta.keys():
        raise StoreError(
            f"The schema {log!r} holds something else: give the log one of its own, with "
            f"schema=NAME in the URL ({name})."
        )
    if int(meta["schema_version"]) > len(STEPS):
        raise StoreError(
            f"{name} was written by a newer version of Ordertrail (its schema is "
            f"{meta['schema_version']}, this version knows {len(STEPS)}): install that version."
        )
    return meta["log_id"], int(meta["schema_version"])


def _exists(session: Session, schema: str) -> bool:
    query = "SELECT 1 FROM pg_namespace WHERE nspname = ?"
    return session.execute(query, (schema,)).fetchone() is not None
