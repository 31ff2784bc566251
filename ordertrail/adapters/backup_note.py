"""The note beside a backup: what it holds, so that years later it is known to be the same."""

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import orjson

from ordertrail.adapters.log_digest import Digest
from ordertrail.domain.errors import BadInput


class Note(NamedTuple):
    """The log, and what it said when the backup was made."""

    log_id: str
    digest: Digest


def write_note(backup: Path, note: Note) -> None:
    """Put the note beside the backup, once that is complete."""
    told = {
        "log_id": note.log_id,
        "position": note.digest.position,
        "sha256": note.digest.sha256,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    place = _place(backup)
    part = place.with_name(f"{place.name}.part")
    part.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n")
    part.replace(place)


def read_note(backup: Path) -> Note | None:
    """The note beside a backup; None where it got lost.

    Raises:
        BadInput: it is no such note.
    """
    place = _place(backup)
    try:
        told = orjson.loads(place.read_bytes())
        return Note(told["log_id"], Digest(int(told["position"]), told["sha256"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{place} is not the note that a backup leaves ({type(error).__name__}): move it away "
            "to restore the backup without it."
        ) from error


def _place(backup: Path) -> Path:
    return backup.with_name(f"{backup.name}.json")
