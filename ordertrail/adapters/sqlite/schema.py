"""The tables of a log in SQLite, the triggers that guard them, and the view for an auditor."""

import sqlite3
import uuid

from ordertrail.domain.errors import StoreError

TAKEN = "somebody else was first"  # what the guards say of a version or command id that exists


def log_id(connection: sqlite3.Connection, path: str) -> str | None:
    """The id of the log in this database, None when the database is empty.

    Raises:
        StoreError: it holds something else, a log that a newer Ordertrail wrote, or one that
            waits for `ordertrail migrate`.
    """
    found = _found(connection, path)
    if found is None:
        return None
    id, version = found
    if version < len(STEPS):
        raise StoreError(
            f"{path} was written by an older version of Ordertrail (its schema is {version}, this "
            f"version needs {len(STEPS)}): run `ordertrail migrate` once."
        )
    return id


def migrate(connection: sqlite3.Connection, path: str) -> list[int]:
    """Run the steps that the log still lacks, in the transaction under way; returns which.

    Raises:
        StoreError: the database holds something else, or was written by a newer Ordertrail.
    """
    found = _found(connection, path)
    version = 0 if found is None else found[1]
    missing = list(range(version + 1, len(STEPS) + 1))
    for number in missing:
        for statement in STEPS[number - 1]:
            connection.execute(statement)
    if found is None:
        connection.execute("INSERT INTO meta VALUES ('log_id', ?)", (str(uuid.uuid4()),))
    connection.execute(
        "INSERT OR REPLACE INTO meta VALUES ('schema_version', ?)", (str(len(STEPS)),)
    )
    return missing


def _found(connection: sqlite3.Connection, path: str) -> tuple[str, int] | None:
    """The id of the log and the version of its schema, None where the database is empty."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if not tables:
        return None
    meta: dict[str, str] = {}
    if {"events", "commands", "tracking", "meta"} <= tables:
        meta.update(connection.execute("SELECT key, value FROM meta"))
    if not {"log_id", "schema_version"} <= meta.keys():
        raise StoreError(f"{path} is a database of something else: give the log its own file.")
    if int(meta["schema_version"]) > len(STEPS):
        raise StoreError(
            f"{path} was written by a newer version of Ordertrail (its schema is "
            f"{meta['schema_version']}, this version knows {len(STEPS)}): install that version."
        )
    return meta["log_id"], int(meta["schema_version"])


TABLES = (
    """
    CREATE TABLE events (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        stream TEXT NOT NULL,
        version INTEGER NOT NULL,
        type TEXT NOT NULL,
        schema INTEGER,
        body BLOB NOT NULL,
        occurred_at INTEGER,
        occurred_offset INTEGER,
        recorded_at INTEGER NOT NULL,
        actor TEXT,
        on_behalf_of TEXT,
        channel TEXT,
        source TEXT,
        source_id TEXT,
        reason TEXT,
        correlation_id TEXT,
        causation_id TEXT,
        command_id TEXT,
        command_index INTEGER,
        UNIQUE (stream, version)
    ) STRICT
    """,
    """
    CREATE TABLE commands (
        command_id TEXT NOT NULL PRIMARY KEY,
        fingerprint BLOB NOT NULL,
        first_position INTEGER NOT NULL,
        last_position INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE tracking (
        application_name TEXT NOT NULL PRIMARY KEY,
        notification_id INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE meta (
        key TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)

# The log guards itself, whoever writes to the file. The guards on insertion also stop INSERT OR
# REPLACE, which would delete the older row without waking the guards on deletion.
GUARDS = (
    f"""
    CREATE TRIGGER events_follow_the_head BEFORE INSERT ON events BEGIN
        SELECT RAISE(ABORT, 'positions follow the head of the log without a gap')
        WHERE NEW.position IS NOT (SELECT coalesce(max(position), 0) + 1 FROM events);
        SELECT RAISE(ABORT, 'recorded_at never goes back')
        WHERE NEW.recorded_at < (SELECT recorded_at FROM events WHERE position = NEW.position - 1);
        SELECT RAISE(ABORT, '{TAKEN}')
        WHERE EXISTS (SELECT 1 FROM events WHERE stream = NEW.stream AND version = NEW.version);
    END
    """,
    f"""
    CREATE TRIGGER commands_decide_once BEFORE INSERT ON commands BEGIN
        SELECT RAISE(ABORT, '{TAKEN}')
        WHERE EXISTS (SELECT 1 FROM commands WHERE command_id = NEW.command_id);
    END
    """,
    *(
        f"""
        CREATE TRIGGER {table}_{event.lower()}_never BEFORE {event} ON {table} BEGIN
            SELECT RAISE(ABORT, 'the log is append-only');
        END
        """
        for table in ("events", "commands")
        for event in ("UPDATE", "DELETE")
    ),
)


def _iso(microseconds: str) -> str:
    """SQL that writes microseconds since 1970 as ISO-8601, without an offset."""
    # Integer division rounds towards zero: before 1970 it must round down.
    fraction = f"((({microseconds}) % 1000000 + 1000000) % 1000000)"
    seconds = f"((({microseconds}) - {fraction}) / 1000000)"
    return f"strftime('%Y-%m-%dT%H:%M:%S', {seconds}, 'unixepoch') || printf('.%06d', {fraction})"


EVENT_LOG = f"""
CREATE VIEW event_log AS SELECT
    position,
    command_id || '.' || command_index AS event_id,
    stream,
    version,
    type,
    schema,
    {_iso("occurred_at + coalesce(occurred_offset, 0) * 60000000")} || printf(
        '%s%02d:%02d',
        CASE WHEN occurred_offset < 0 THEN '-' ELSE '+' END,
        abs(coalesce(occurred_offset, 0)) / 60,
        abs(coalesce(occurred_offset, 0)) % 60
    ) AS occurred_at,
    {_iso("recorded_at")} || 'Z' AS recorded_at,
    actor,
    on_behalf_of,
    channel,
    source,
    source_id,
    reason,
    correlation_id,
    causation_id,
    command_id,
    CASE WHEN json_valid(CAST(body AS TEXT)) THEN CAST(body AS TEXT) END AS body
FROM events
"""

STEPS: tuple[tuple[str, ...], ...] = ((*TABLES, *GUARDS, EVENT_LOG),)
"""The statements of each step from an empty database to the newest schema; none ever changes."""
