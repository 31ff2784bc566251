"""One unit of work on a log in PostgreSQL: optimistic, or alone at it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

from eventsourcing.persistence import Tracking

from ordertrail.adapters.log_queries import COLUMNS, LogQueries, records
from ordertrail.adapters.postgres.appending import Staged, must_fit, unfit
from ordertrail.adapters.postgres.arrays import Bigints, Texts
from ordertrail.adapters.postgres.session import Session
from ordertrail.adapters.store import DecidedCommand, Placed, Record, Writing

Lend = Callable[[], AbstractContextManager[Session]]


class PostgresWriting(Writing):
    """See `Writing`; whoever began it appends what is `staged` at its end."""

    def __init__(self, lend: Lend, log: str, head: tuple[int, int]) -> None:
        """
        Args:
            lend: a connection for each question, always the same one where it holds a lock.
            head: where the log ended when anybody last looked.
        """
        self._lend = lend
        self._log = log
        self._head = head
        self._seen: dict[str, int] = {}
        self.staged: Staged | None = None
        self.placed: Placed | None = None

    def head(self) -> tuple[int, int]:
        return self._head

    def load(self, versions: Mapping[str, int]) -> list[Record]:
        with self._lend() as session:
            # Stream by stream, by the index: a join might scan the whole log.
            found = records(
                session.execute(
                    f"SELECT e.* FROM unnest(?, ?) AS wanted (stream, version), LATERAL ("
                    f"SELECT {COLUMNS} FROM {self._log}.events AS e"
                    " WHERE e.stream = wanted.stream AND e.version > wanted.version"
                    ") AS e ORDER BY e.position",
                    (Texts(list(versions)), Bigints(list(versions.values()))),
                )
            )
        self._seen.update(versions)
        self._seen.update((record.stream, record.version) for record in found)
        return found

    def decided(self, command_ids: Sequence[str]) -> dict[str, DecidedCommand]:
        with self._lend() as session:
            found = session.execute(
                "SELECT command_id, fingerprint, first_position, last_position"
                f" FROM {self._log}.commands WHERE command_id = ANY (?)",
                (Texts(command_ids),),
            )
            return {row[0]: DecidedCommand._make(row) for row in found}

    def read(self, first_position: int, last_position: int) -> list[Record]:
        with self._lend() as session:
            return LogQueries(session, self._log).between(first_position, last_position)

    def taken(self, versions: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
        with self._lend() as session:
            found = session.execute(
                f"SELECT stream, version FROM {self._log}.events"
                " JOIN unnest(?, ?) AS wanted (stream, version) USING (stream, version)",
                (Texts([one[0] for one in versions]), Bigints([one[1] for one in versions])),
            )
            return set(found)

    def append(
        self,
        records: Sequence[Record],
        commands: Sequence[DecidedCommand] = (),
        tracking: Tracking | None = None,
    ) -> None:
        if self.staged is not None:
            raise unfit("a unit of work appends once")
        written = {record.stream for record in records}
        read = {stream: seen for stream, seen in self._seen.items() if stream not in written}
        staged = Staged(self._head[0], records, commands, tracking, read)
        must_fit(staged, self._head[1])
        self.staged = staged
