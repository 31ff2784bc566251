"""Backups of a log and its views: made while others write, read back, and restored."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from ordertrail.adapters.backup_note import Note, read_note, write_note
from ordertrail.adapters.beside import beside
from ordertrail.adapters.checks import Check, Verification
from ordertrail.adapters.codec import Codec
from ordertrail.adapters.log_digest import Tally, digest_of, tally_of
from ordertrail.adapters.progress import Phase, unseen
from ordertrail.adapters.sqlite import SQLiteStore
from ordertrail.adapters.sqlite import backup as sqlite_backup
from ordertrail.adapters.urls import file_of, is_postgres, migrate, open_store, postgres
from ordertrail.adapters.verify import verify
from ordertrail.adapters.view_store import ViewStore
from ordertrail.domain.errors import BadInput, StoreError
from ordertrail.projections.projection import Projection

FILE, ARCHIVE = b"SQLite format 3\0", b"PGDMP"
"""How files of SQLite and archives of pg_dump begin."""

UNLIKE = (
    "What was read back from {place} is not what {whole} says: do not use it. Check the disks, and "
    "take another one."
)


class Backups:
    """Makes and restores backups, for the code and the views of an app.

    With `projections` each look compares their views with a rebuild.
    """

    def __init__(
        self, codec: Codec, projections: Sequence[Projection[Any]] = (), phase: Phase = unseen
    ) -> None:
        self._codec = codec
        self._projections = projections
        self._phase = phase

    def make(self, url: str, place: Path) -> Verification:
        """Write a backup of the log and its views to a new file, while others go on writing.

        The file has its name only once it is complete, on disk, read back and found equal; what a
        backup leaves that was killed ends in `.part`. A note with the digest stands beside it.

        Returns: what a look at it found; faults of the log itself do not hinder its backup.

        Raises:
            BadInput: there is something in the place, or a program is missing.
            StoreError: the store fails, or what was read back is not what the log holds.
        """
        with closing(open_store(url)) as store, beside(place) as part:
            found = (
                self._dump(store, url, part) if is_postgres(url) else self._save(store, url, part)
            )
            if found.digest is None:
                raise StoreError("The log cannot be read to its end: `ordertrail verify` says why.")
        write_note(place, Note(found.log_id, found.digest))
        return found

    def restore(self, backup: Path, url: str) -> Verification:
        """Bring a log and its views back from a backup, to a place where there is no log.

        Returns: what a look at it found, and whether it is what the note beside the backup says.

        Raises:
            BadInput: there is a log already, the file is no backup or one of another kind of store,
                or a program is missing.
            StoreError: the backup is damaged, or the store fails.
        """
        note = read_note(backup)
        kind = _kind_of(backup)
        place = file_of(url)
        if kind == FILE and place is not None:
            with beside(place) as part:
                with self._phase("Copying the file", "bytes") as told:
                    sqlite_backup.save(backup, part, told)
                migrate(f"sqlite:///{part}")
                found = self._look(SQLiteStore(str(part)), backup, note)
                sqlite_backup.settle(part)
            return found
        if kind == ARCHIVE and is_postgres(url):
            address = postgres().address_of(url)
            from ordertrail.adapters.postgres import backup as postgres_backup

            postgres_backup.restore(address, backup)
            migrate(url)
            store = open_store(url)
            with store.transaction() as connection:
                # It also gives analysts the right to read, which an archive does not hold.
                store.tables.comment(connection, ())
            return self._look(store, backup, note)
        raise BadInput(
            f"{backup} is a SQLite file: name a place for one with --db sqlite:///FILE; "
            "`ordertrail copy` then moves it wherever you want."
            if kind == FILE
            else f"{backup} is an archive of PostgreSQL: name a database with --db postgresql://..."
        )

    def _save(self, store: ViewStore, url: str, part: Path) -> Verification:
        source = file_of(url)
        if source is None:
            raise BadInput("What is only in memory has no backup: `ordertrail copy` keeps it.")
        with self._phase("Copying the file", "bytes") as told:
            sqlite_backup.save(source, part, told)
        with closing(SQLiteStore(str(part))) as saved:
            found = verify(saved, self._codec, self._projections, self._phase)
        sqlite_backup.settle(part)
        with self._phase("Comparing") as told:
            if found.digest is not None and digest_of(store, found.position, told) != found.digest:
                raise StoreError(UNLIKE.format(place="the backup", whole="the log"))
        return _with(found, Check("backup", "equal to the log"))

    def _dump(self, store: ViewStore, url: str, part: Path) -> Verification:
        from ordertrail.adapters.postgres import archive, backup

        address = postgres().address_of(url)
        found = verify(store, self._codec, self._projections, self._phase)
        backup.save(address, part)
        saved = Tally(found.position)
        for row in archive.rows_in(part, address.schema):
            saved.add(row)
        if saved != tally_of(store, found.position):
            raise StoreError(UNLIKE.format(place="the backup", whole="the log"))
        return _with(found, Check("backup", "equal to the log"))

    def _look(self, store: ViewStore, backup: Path, note: Note | None) -> Verification:
        with closing(store):
            if store.is_unfinished():
                raise BadInput(
                    f"{backup} is a copy that is not complete: run `ordertrail copy` again."
                )
            found = verify(store, self._codec, self._projections, self._phase)
            if note is None:
                return _with(found, Check("backup", "has no note to compare with"))
            with self._phase("Comparing") as told:
                same = digest_of(store, note.digest.position, told) == note.digest
        if not same or note.log_id != found.log_id:
            raise StoreError(UNLIKE.format(place=backup, whole="the note beside it"))
        return _with(found, Check("backup", "equal to the log that it was made of"))


def _with(found: Verification, check: Check) -> Verification:
    return found._replace(checks=(*found.checks, check))


def _kind_of(backup: Path) -> bytes:
    try:
        with backup.open("rb") as file:
            begin = file.read(len(FILE))
    except OSError as error:
        raise BadInput(f"{backup} cannot be read: {error.strerror}.") from error
    for kind in (FILE, ARCHIVE):
        if begin.startswith(kind):
            return kind
    raise BadInput(f"{backup} is no backup: neither a SQLite file nor an archive of pg_dump.")
