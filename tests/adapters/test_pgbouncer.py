"""Behind pgbouncer, which lends a server session for one transaction, all goes on as without it."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent

from ordertrail import AddNote, Ordertrail, PickItems, PlaceOrder
from ordertrail.adapters.postgres import PostgresStore, address_of
from tests import postgres

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")

pytestmark = pytest.mark.skipif(
    PGBOUNCER is None, reason="PGBOUNCER IS NOT INSTALLED: poolers are not tested"
)


@contextmanager
def pooler(server: str, folder: Path) -> Iterator[str]:
    """The URL of the server, behind a pooler with two sessions."""
    to = psycopg.conninfo.conninfo_to_dict(server)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    users = folder / "users.txt"
    users.write_text(f'"{to["user"]}" ""\n')
    settings = folder / "pgbouncer.ini"
    settings.write_text(f"""[databases]
{to["dbname"]} = host={to["host"]} port={to.get("port") or 5432}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = transaction
default_pool_size = 2
logfile = {folder / "pgbouncer.log"}
ignore_startup_parameters = extra_float_digits
""")
    command = [str(PGBOUNCER), str(settings)]
    if os.geteuid() == 0:  # which it refuses to run as
        for place in (folder, *folder.parents):
            with suppress(PermissionError):
                place.chmod(place.stat().st_mode | 0o711)
        folder.chmod(0o777)
        there = Path(str(to["host"]))  # a folder with the socket, to which not everybody may go
        command[1:1] = ["-u", there.owner() if there.is_dir() else "nobody"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(200):
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.02)
            yield f"postgresql://{to['user']}@127.0.0.1:{port}/{to['dbname']}"
        finally:
            process.kill()


@pytest.fixture
def pooled_url(postgres_server: str, tmp_path: Path) -> Iterator[str]:
    with pooler(postgres_server, tmp_path) as url:
        yield postgres.log_url(url)


def placed(number: int) -> PlaceOrder:
    lines = [{"line": "1", "sku": "MUG", "quantity": 2}]
    return PlaceOrder(order_id=f"O-{number}", customer_id="C", lines=lines)


def test_a_pooler_is_noticed(pooled_url: str, postgres_url: str):
    with (
        closing(PostgresStore(address_of(pooled_url))) as behind,
        closing(PostgresStore(address_of(postgres_url))) as beside,
    ):
        assert behind._connections.pooled
        assert not beside._connections.pooled


def test_many_threads_write_and_read_their_writes_on_two_sessions(pooled_url: str):
    def live(number: int) -> str:
        trail.execute(placed(number))
        trail.execute(AddNote(order_id=f"O-{number % 4}", kind="call"))
        receipt = trail.execute(PickItems(order_id=f"O-{number}"))
        (row,) = [one for one in trail.orders(after=receipt) if one.order_id == f"O-{number}"]
        return row.shipment_state

    with Ordertrail.open(pooled_url) as trail:
        for number in range(4):
            trail.execute(placed(number))
        with ThreadPoolExecutor(8) as threads:
            assert set(threads.map(live, range(4, 44))) == {"pending"}
        events = list(trail.events())
        assert [event.position for event in events] == list(range(1, 4 + 3 * 40 + 1))
        trail.rebuild()
        assert len(trail.orders()) == 44


def test_a_follower_hears_of_what_another_process_writes(pooled_url: str, postgres_server: str):
    direct = f"{postgres_server}{'&' if '?' in postgres_server else '?'}"
    direct += f"schema={address_of(pooled_url).schema}"
    with Ordertrail.open(pooled_url, follow=False) as behind:
        with Ordertrail.open(direct, follow=False) as writer:
            for number in range(3):
                writer.execute(placed(number))
                assert behind.wait_for_events(number, timeout=10)
        assert behind.position == 3


def test_batches_that_are_copied_and_units_of_work_that_are_alone(pooled_url: str):
    def write(writer: int) -> list[int]:
        written: list[int] = []
        for size in (1, 300, 1):
            events = [
                StoredEvent(f"s-{writer}", len(written) + n, "t", b"{}") for n in range(1, size + 1)
            ]
            written += store.insert_events(events)
        return written

    with closing(PostgresStore(address_of(pooled_url))) as store:
        with ThreadPoolExecutor(6) as threads:
            placed = sorted(
                position for written in threads.map(write, range(6)) for position in written
            )
        assert placed == list(range(1, 6 * 302 + 1))
        with store.writing(exclusive=True) as work:
            assert work.head()[0] == 6 * 302
            assert len(work.load({"s-1": 300})) == 2


def test_what_a_transaction_needs_is_set_within_it(pooled_url: str):
    with closing(PostgresStore(address_of(pooled_url))) as store:
        for _ in range(10):  # more often than a statement is sent before it is prepared
            with store.reading() as connection, store.reading() as other:
                for one in (connection, other):
                    assert one.execute("SELECT count(*) FROM events").fetchall() == [(0,)]
                    assert one.execute("SHOW TimeZone").fetchall() == [("UTC",)]
