"""One unit of work on a log in SQLite, within a transaction that somebody else ends."""

import json
import sqlite3
from collections.abc import Mapping, Sequence

from eventsourcing.persistence import Tracking

from ordertrail.adapters.log_queries import COLUMNS, LogQueries, records
from ordertrail.adapters.sqlite.schema import TAKEN
from ordertrail.adapters.store import WAS_FIRST, DecidedCommand, Placed, Record, Writing
from ordertrail.domain.errors import Conflict, StoreError

LOG = "main"  # SQLite's name of the database itself

INSERT = f"INSERT INTO events ({COLUMNS}) VALUES ({', '.join('?' * len(Record._fields))})"


class SQLiteWriting(Writing):
    """See `Writing`; `appended` is the last position it added, 0 as long as there is none."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._log = LogQueries(connection, LOG)
        self.appended = 0
        self.placed: Placed | None = None

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
        return self._log.between(first_position, last_position)

    def head(self) -> tuple[int, int]:
        return self._log.head()

    def taken(self, versions: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
        cursor = self._connection.execute(
            "SELECT stream, version FROM json_each(?) AS wanted CROSS JOIN events"
            " ON stream = wanted.value ->> 0 AND version = wanted.value ->> 1",
            (json.dumps(versions),),
        )
        return set(cursor)

    def append(
        self,
        records: Sequence[Record],
        commands: Sequence[DecidedCommand] = (),
        tracking: Tracking | None = None,
    ) -> None:
        try:
            self._connection.executemany(INSERT, records)
            self._connection.executemany("INSERT INTO commands VALUES (?, ?, ?, ?)", commands)
        except sqlite3.IntegrityError as error:
            if str(error) == TAKEN:
                raise Conflict(WAS_FIRST) from error
            raise StoreError(f"These events cannot be stored: {error}.") from error
        if tracking is not None:
            self._track(tracking)
        if records:
            self.appended = records[-1].position
            self.placed = Placed(records[0].position, records[-1].recorded_at)
        else:
            head, recorded_at = self.head()
            self.placed = Placed(head + 1, recorded_at)

    def _track(self, tracking: Tracking) -> None:
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
