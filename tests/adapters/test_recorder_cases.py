"""Our store passes the recorder test cases that the `eventsourcing` package ships."""

from abc import ABC
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import TestCase
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import OperationalError, StoredEvent
from eventsourcing.tests import persistence as cases

from ordertrail.adapters.sqlite import SQLiteStore


class InMemory(TestCase):
    def create_recorder(self) -> SQLiteStore:
        store = SQLiteStore(None)
        self.addCleanup(store.close)
        return store


class InFile(TestCase):
    def create_recorder(self) -> SQLiteStore:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        store = SQLiteStore(str(Path(folder.name) / "log.db"))
        self.addCleanup(store.close)
        return store


class WithSubscriptions(cases.ApplicationRecorderTestCase[SQLiteStore], ABC):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestApplicationRecorderInMemory(InMemory, WithSubscriptions):
    pass


class TestApplicationRecorderInFile(InFile, WithSubscriptions):
    pass


class TestTrackingRecorderInMemory(InMemory, cases.TrackingRecorderTestCase):
    pass


class TestTrackingRecorderInFile(InFile, cases.TrackingRecorderTestCase):
    pass


class TestProcessRecorderInMemory(InMemory, cases.ProcessRecorderTestCase):
    pass


class TestProcessRecorderInFile(InFile, cases.ProcessRecorderTestCase):
    pass


class TestNonInterleavingInMemory(InMemory, cases.NonInterleavingNotificationIDsBaseCase):
    pass


class TestNonInterleavingInFile(InFile, cases.NonInterleavingNotificationIDsBaseCase):
    pass


def test_an_originator_comes_back_as_the_uuid_or_the_text_it_was():
    ids: list[UUID | str] = [uuid4(), "order-1", "urn:uuid:nonsense", str(uuid4())]
    store = SQLiteStore(None)
    for originator_id in ids:
        store.insert_events([StoredEvent(originator_id, 1, "t", b"\x00\xff")])
    assert [event.originator_id for event in store.select_notifications(None, 9)] == ids
    for originator_id in ids:
        (event,) = store.select_events(originator_id)
        assert event == StoredEvent(originator_id, 1, "t", b"\x00\xff")
    store.close()


def test_plain_events_have_no_envelope_but_an_id_and_the_time_they_were_recorded():
    store = SQLiteStore(None)
    assert store.insert_events(
        [StoredEvent("s", 1, "t", b"1"), StoredEvent("s", 2, "t", b"2")]
    ) == [
        1,
        2,
    ]
    assert store.insert_events([]) == []
    (first, second) = store.read()
    assert first.recorded_at > 1_700_000_000_000_000
    assert second[9:-2] == (None,) * 8
    assert [first.command_id, 0, 1] == [
        second.command_id,
        first.command_index,
        second.command_index,
    ]
    store.close()


def test_a_closed_store_fails_with_an_error_of_the_package():
    store = SQLiteStore(None)
    store.close()
    with pytest.raises(OperationalError, match="closed"):
        store.insert_events([])
    with pytest.raises(OperationalError, match="closed"):
        store.select_notifications(None, 1)
