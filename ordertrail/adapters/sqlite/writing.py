"""One unit of work on a log in SQLite, within a transaction that somebody else ends."""

import json
import sqlite3
from collections.abc import Mapping, Sequence

from eventsourcing.persistence import Tracking

from ordertrail.adapters.sqlite.schema import TAKEN
from ordertrail.adapters.store import DecidedCommand, Record, Writing
from ordertrail.domain.errors import Conflict, StoreError

COLUMNS = ", ".join(Record._fields)

INSERT = f"INSERT INTO events ({COLUMNS}) VALUES ({', '.join('?' * len(Record._fields))})"


def records(cursor: sqlite3.Cursor) -> list[Record]:
    """All rows of a query for `COLUMNS`."""
    return list(map(Record._make, cursor))


class SQLiteWriting(Writing):
    """See `Writing`; `appended` is the last position it added, 0 as long as there is none."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.appended = 0

    def decided(self, command_ids: Sequence[str]) -> dict[str, DecidedCommand]:
        cursor = self._connection.execute(
            "SELECT command_id, fingerprint, first_position, last_position FROM commands"
            " WHERE command_id IN (SELECT value FROM json_each(?))",
            (json.dumps(command_ids),),
        )
        return {row[0]: DecidedCommand._make(row) for row in cursor}

    def load(self, versions: Mapping[str, int]) -> list[Record]:
        return records(
            self._connection.execute(
                f"SELECT {', '.join('events.' + name for name in Record._fields)}"
                " FROM json_each(?) AS wanted CROSS JOIN events"
                " ON events.stream = wanted.key AND events.version > wanted.value"
                " ORDER BY position",
                (json.dumps(dict(versions)),),
            )
        )

    def read(self, first_position: int, last_position: int) -> list[Record]:
        return records(
            self._connection.execute(
                f"SELECT {COLUMNS} FROM events WHERE position BETWEEN ? AND ? ORDER BY position",
                (first_position, last_position),
            )
        )

    def head(self) -> tuple[int, int]:
        row = self._connection.execute(
            "SELECT position, recorded_at FROM events ORDER BY position DESC LIMIT 1"
        ).fetchone()
        return row or (0, 0)

    def append(self, records: Sequence[Record], commands: Sequence[DecidedCommand]) -> None:
        try:
            self._connection.executemany(INSERT, records)
            self._connection.executemany("INSERT INTO commands VALUES (?, ?, ?, ?)", commands)
        except sqlite3.IntegrityError as error:
            if str(error) == TAKEN:
                raise Conflict(
                    "A version of a stream, or a command id, was taken by somebody else: load the "
                    "streams again and decide anew."
                ) from error
            raise StoreError(f"These events cannot be stored: {error}.") from error
        if records:
            self.appended = records[-1].position

    def track(self, tracking: Tracking) -> None:
        cursor = self._connection.execute(
            "INSERT INTO tracking (application_name, notification_id) VALUES (?, ?)"
            " ON CONFLICT (application_name) DO UPDATE"
            " SET notification_id = excluded.notification_id"
            " WHERE excluded.notification_id > notification_id",
            (tracking.application_name, tracking.notification_id),
        )
        if not cursor.rowcount:
            raise Conflict(
                f"{tracking.application_name} is at {tracking.notification_id} or further already."
            )
