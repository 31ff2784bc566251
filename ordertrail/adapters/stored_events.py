"""Events as the `eventsourcing` package knows them, and the records that they are in our log."""

from uuid import UUID

from eventsourcing.persistence import Notification, StoredEvent

from ordertrail.adapters.store import Record
from ordertrail.domain.errors import StoreError

URN = "urn:uuid:"

VERSIONS = range(-(2**63), 2**63)


def stream_of(originator_id: UUID | str) -> str:
    """The stream of an originator; a UUID is written as its URN, to be told from a text."""
    return originator_id.urn if isinstance(originator_id, UUID) else originator_id


def stored_event(record: Record) -> StoredEvent:
    """A record without its envelope."""
    return StoredEvent(_originator_id(record.stream), record.version, record.type, record.body)


def notification(record: Record) -> Notification:
    """A record without its envelope, but with its position."""
    return Notification(
        _originator_id(record.stream), record.version, record.type, record.body, record.position
    )


def record(
    event: StoredEvent, position: int, recorded_at: int, command_id: str, index: int
) -> Record:
    """The record of an event, whose envelope is all but empty."""
    return Record(
        position,
        stream_of(event.originator_id),
        event.originator_version,
        event.topic,
        None,
        event.state,
        None,
        None,
        recorded_at,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        command_id,
        index,
    )


def must_fit(event: StoredEvent) -> None:
    """Make sure that every database can store the event, before it shares a commit with others.

    Raises:
        StoreError: a field has the wrong type, or a text that is none.
    """
    for text in (stream_of(event.originator_id), event.topic):
        if not isinstance(text, str) or "\0" in text or not _is_unicode(text):
            raise StoreError(f"These events cannot be stored: {text!a} is no text.")
    if event.originator_version not in VERSIONS:
        raise StoreError(
            f"These events cannot be stored: {event.originator_version!a} is no version."
        )
    if not isinstance(event.state, bytes):
        raise StoreError("These events cannot be stored: the state of one is not bytes.")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _originator_id(stream: str) -> UUID | str:
    if stream.startswith(URN):
        try:
            originator_id = UUID(stream)
        except ValueError:
            return stream
        if originator_id.urn == stream:
            return originator_id
    return stream
