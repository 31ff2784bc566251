"""The questions about the events of a log, in SQL that every database understands."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import partial
from typing import Any

from eventsourcing.persistence import Tracking

from ordertrail.adapters.store import DecidedCommand, Record

COLUMNS = ", ".join(Record._fields)


# What Record._make does, but for counting the columns each time.
_as_record = partial(tuple.__new__, Record)


def records(cursor: Any) -> list[Record]:
    """All rows of a query for `COLUMNS`."""
    return list(map(_as_record, cursor))


class LogQueries:
    """Asks a connection about the log whose tables live in the schema `log`."""

    def __init__(self, connection: Any, log: str) -> None:
        self._execute = connection.execute
        self._log = log

    def head(self) -> tuple[int, int]:
        """The last position, and the last `recorded_at` (0, 0 for an empty log)."""
        row = self._execute(
            f"SELECT position, recorded_at FROM {self._log}.events ORDER BY position DESC LIMIT 1"
        ).fetchone()
        return row or (0, 0)

    def between(self, first_position: int, last_position: int) -> list[Record]:
        """The events from one position to another, both included."""
        return records(
            self._execute(
                f"SELECT {COLUMNS} FROM {self._log}.events"
                " WHERE position BETWEEN ? AND ? ORDER BY position",
                (first_position, last_position),
            )
        )

    def read(
        self,
        after: int,
        limit: int,
        *,
        until: int | None = None,
        stream: str | None = None,
        types: Sequence[str] = (),
        recorded_from: int | None = None,
        recorded_until: int | None = None,
    ) -> list[Record]:
        """See `Store.read`."""
        if recorded_from is not None or recorded_until is not None:
            first, last = self._recorded_between(recorded_from, recorded_until)
            after = max(after, first - 1)
            until = last if until is None else min(until, last)
        query = f"SELECT {COLUMNS} FROM {self._log}.events WHERE position > ?"
        arguments: list[int | str] = [after]
        if until is not None:
            query += " AND position <= ?"
            arguments.append(until)
        if stream is not None:
            query += " AND stream = ?"
            arguments.append(stream)
        if types:
            query += f" AND type IN ({', '.join('?' * len(types))})"
            arguments.extend(types)
        return records(self._execute(f"{query} ORDER BY position LIMIT ?", (*arguments, limit)))

    def of_stream(
        self, stream: str, gt: int | None, lte: int | None, desc: bool, limit: int | None
    ) -> list[Record]:
        """The events of one stream, by version, above `gt` and up to `lte`."""
        query = f"SELECT {COLUMNS} FROM {self._log}.events WHERE stream = ?"
        arguments: list[int | str] = [stream]
        if gt is not None:
            query += " AND version > ?"
            arguments.append(gt)
        if lte is not None:
            query += " AND version <= ?"
            arguments.append(lte)
        query += f" ORDER BY version {'DESC' if desc else 'ASC'}"
        if limit is not None:
            query += " LIMIT ?"
            arguments.append(limit)
        return records(self._execute(query, arguments))

    def tracked(self, application_name: str) -> int | None:
        """How far the application came, None when nothing is known of it."""
        row = self._execute(
            f"SELECT notification_id FROM {self._log}.tracking WHERE application_name = ?",
            (application_name,),
        ).fetchone()
        return None if row is None else row[0]

    def commands(self, after: str, limit: int) -> list[DecidedCommand]:
        """See `Store.commands`."""
        return self._commands(
            "FROM {log}.commands AS c WHERE c.command_id > ? ORDER BY c.command_id LIMIT ?",
            (after, limit),
        )

    def commands_from(self, first_position: int, last_position: int) -> list[DecidedCommand]:
        """See `Store.commands_from`."""
        # The join keeps its order on SQLite: from the few events to their commands.
        return self._commands(
            "FROM {log}.events AS e CROSS JOIN {log}.commands AS c"
            " WHERE e.position BETWEEN ? AND ? AND c.command_id = e.command_id"
            " AND c.first_position = e.position",
            (first_position, last_position),
        )

    def trackings(self) -> list[Tracking]:
        """See `Store.trackings`."""
        found = self.ask("SELECT application_name, notification_id FROM {log}.tracking ORDER BY 1")
        return [Tracking(*row) for row in found]

    def ask(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query, in which `{log}` stands for the schema of the log."""
        rows: list[tuple[Any, ...]] = self._execute(
            query.replace("{log}", self._log), parameters
        ).fetchall()
        return rows

    def _commands(self, query: str, parameters: Sequence[Any]) -> list[DecidedCommand]:
        columns = ", ".join(f"c.{name}" for name in DecidedCommand._fields)
        return list(map(DecidedCommand._make, self.ask(f"SELECT {columns} {query}", parameters)))

    def _recorded_between(self, earliest: int | None, latest: int | None) -> tuple[int, int]:
        """The first and the last position that was recorded between two times, both included.

        `recorded_at` never goes back along the log, and positions have no gaps: so a binary search
        finds the two with some twenty look-ups in a million.
        """

        def recorded_at(position: int) -> int:
            query = f"SELECT recorded_at FROM {self._log}.events WHERE position = ?"
            return int(self._execute(query, (position,)).fetchone()[0])

        positions = range(1, self.head()[0] + 1)
        first, last = 1, len(positions)
        if earliest is not None:
            first = bisect_left(positions, earliest, key=recorded_at) + 1
        if latest is not None:
            last = bisect_right(positions, latest, key=recorded_at)
        return first, last
