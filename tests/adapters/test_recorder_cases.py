"""Our store passes the recorder test cases that the `eventsourcing` package ships."""

from abc import ABC
from tempfile import TemporaryDirectory
from unittest import TestCase
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import OperationalError, StoredEvent
from eventsourcing.tests import persistence as cases

from ordertrail.adapters.sqlite import SQLiteStore
from ordertrail.adapters.store import Store
from ordertrail.adapters.urls import open_store
from tests import postgres


class InMemory(TestCase):
    def create_recorder(self) -> Store:
        return self.opened("memory:")

    def opened(self, url: str) -> Store:
        store = open_store(url)
        self.addCleanup(store.close)
        return store


class InFile(InMemory):
    def create_recorder(self) -> Store:
        # A case may leave threads that still read, and take files away while the folder is removed.
        folder = TemporaryDirectory(ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        return self.opened(f"sqlite:///{folder.name}/log.db")


@pytest.mark.usefixtures("server")
class InPostgres(InMemory):
    server_url: str

    @pytest.fixture
    def server(self, postgres_server: str) -> None:
        self.server_url = postgres_server

    def create_recorder(self) -> Store:
        return self.opened(postgres.log_url(self.server_url))


class WithSubscriptions(cases.ApplicationRecorderTestCase[Store], ABC):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestApplicationRecorderInMemory(InMemory, WithSubscriptions):
    pass


class TestApplicationRecorderInFile(InFile, WithSubscriptions):
    pass


class TestApplicationRecorderInPostgres(InPostgres, WithSubscriptions):
    pass


class TestTrackingRecorderInMemory(InMemory, cases.TrackingRecorderTestCase):
    pass


class TestTrackingRecorderInFile(InFile, cases.TrackingRecorderTestCase):
    pass


class TestTrackingRecorderInPostgres(InPostgres, cases.TrackingRecorderTestCase):
    pass


class TestProcessRecorderInMemory(InMemory, cases.ProcessRecorderTestCase):
    pass


class TestProcessRecorderInFile(InFile, cases.ProcessRecorderTestCase):
    pass


class TestProcessRecorderInPostgres(InPostgres, cases.ProcessRecorderTestCase):
    pass


class TestNonInterleavingInMemory(InMemory, cases.NonInterleavingNotificationIDsBaseCase):
    pass


class TestNonInterleavingInFile(InFile, cases.NonInterleavingNotificationIDsBaseCase):
    pass


class TestNonInterleavingInPostgres(InPostgres, cases.NonInterleavingNotificationIDsBaseCase):
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
