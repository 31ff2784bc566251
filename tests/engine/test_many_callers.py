"""Threads, tasks and processes that do the same things at the same time."""

import asyncio
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager

import pytest

from ordertrail import AddNote, AsyncOrdertrail, Ordertrail, PickItems, PlaceOrder, Refused
from ordertrail.adapters.sqlite import SQLiteStore
from ordertrail.domain.errors import Conflict


@pytest.fixture(params=["file", "postgres"])
def url(request, tmp_path):
    if request.param == "file":
        return f"sqlite:///{tmp_path}/x.db"
    return request.getfixturevalue("postgres_url")


def placed(order_id, quantity=1, **more):
    lines = [{"line": "1", "sku": "MUG", "quantity": quantity}]
    return PlaceOrder(order_id=order_id, lines=lines, **more)


def in_threads(count, work):
    failures = []

    def guarded(number):
        try:
            work(number)
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a caller was never woken"
    assert not failures, failures


def test_hot_streams_lose_nothing_with_many_callers(url):
    with Ordertrail.open(url) as trail:
        for order in "AB":
            trail.execute(placed(order, 1000))

        def pick(number):
            for _ in range(20):
                line = {"line": "1", "quantity": 1}
                trail.execute(PickItems(order_id="AB"[number % 2], lines=[line]))

        in_threads(32, pick)
        assert [trail.order(order).positions["picked"] for order in "AB"] == [320, 320]
        events = list(trail.events())
        assert [event.position for event in events] == list(range(1, 643))
        trail.catch_up()
        assert {row.picked for row in trail.orders()} == {320}


def test_of_many_callers_with_one_command_id_one_decides(url):
    with Ordertrail.open(url) as trail:
        seen = []
        in_threads(24, lambda _: seen.append(trail.execute(placed("A", command_id="once"))))
        assert Counter(receipt.repeated for receipt in seen) == {False: 1, True: 23}
        assert len({receipt.events[0].id for receipt in seen}) == 1
        assert trail.position == 1


def test_a_refusal_or_a_fault_hurts_only_its_own_caller(url):
    with Ordertrail.open(url) as trail:
        trail.execute(placed("A", 100_000))
        outcomes: Counter[str] = Counter()

        def call(number):
            for _ in range(15):
                try:
                    if number % 3 == 0:
                        trail.execute(PickItems(order_id="nobody"))
                    elif number % 3 == 1:
                        trail.execute(Unknown(order_id="A", kind="x"))
                    else:
                        trail.execute(PickItems(order_id="A", lines=[{"line": "1", "quantity": 1}]))
                    outcomes["stored"] += 1
                except Refused as refused:
                    outcomes[refused.code] += 1

        in_threads(12, call)
        assert outcomes == {"not_found": 60, "unknown_command": 60, "stored": 60}


class Unknown(AddNote):
    """A command that no aggregate takes."""


def test_a_caller_that_lost_against_another_process_is_run_again(tmp_path, monkeypatch):
    """No SQLite store conflicts: its unit of work holds the lock. Another store may, so one that
    conflicts now and then stands in for it."""
    writing = SQLiteStore.writing
    losses = iter([True, True, False] * 50)

    @contextmanager
    def losing(store, **how):
        with writing(store, **how) as unit:
            yield unit
            if next(losses):
                raise Conflict("another process was first")

    monkeypatch.setattr(SQLiteStore, "writing", losing)
    with Ordertrail.open(f"sqlite:///{tmp_path}/x.db", follow=False) as trail:
        receipts = [trail.execute(placed(str(number))) for number in range(10)]
        assert [receipt.position for receipt in receipts] == list(range(1, 11))


def test_tasks_join_the_same_queue_and_park_no_threads(url):
    async def scenario():
        async with await AsyncOrdertrail.open(url) as trail:
            before = threading.active_count()
            receipts = await asyncio.gather(
                *(trail.execute(placed(f"SO-{number}", 5)) for number in range(300))
            )
            assert sorted(r.position for r in receipts) == list(range(1, 301))
            assert threading.active_count() - before < 8
            with pytest.raises(Refused):
                await trail.execute(PickItems(order_id="nobody"))
            receipt = await trail.execute(PickItems(order_id="SO-7"))
            rows = await trail.orders(state="placed", limit=1000, after=receipt)
            assert len(rows) == 300
            assert (await trail.order("SO-7")).positions["picked"] == 5
            assert len([event async for event in trail.events()]) == 301

    asyncio.run(scenario())


def test_a_subscription_of_a_task_hears_what_comes_and_ends_with_the_engine():
    async def scenario():
        heard = []
        trail = await AsyncOrdertrail.open("memory:")

        async def listen():
            async for event in trail.subscribe(types=["order.placed"]):
                heard.append(event.body.order_id)

        task = asyncio.create_task(listen())
        for number in range(3):
            await trail.execute(placed(f"SO-{number}"))
            await trail.execute(AddNote(order_id=f"SO-{number}", kind="x"))
        for _ in range(200):
            if len(heard) == 3:
                break
            await asyncio.sleep(0.02)
        await trail.close()
        await asyncio.wait_for(task, 5)
        assert heard == ["SO-0", "SO-1", "SO-2"]

    asyncio.run(scenario())


def test_a_subscription_of_a_thread_hears_old_and_new():
    with Ordertrail.open("memory:") as trail:
        trail.execute(placed("old"))
        stop = threading.Event()
        heard = []

        def listen():
            for event in trail.subscribe(stop=stop):
                heard.append(event.body.order_id)
                if len(heard) == 2:
                    return

        listener = threading.Thread(target=listen)
        listener.start()
        trail.execute(placed("new"))
        listener.join(10)
        assert heard == ["old", "new"]


WRITER = """
import sys
from ordertrail import Ordertrail, PickItems
with Ordertrail.open(sys.argv[1], follow=False) as trail:
    for _ in range(40):
        trail.execute(PickItems(order_id="A", lines=[{"line": "1", "quantity": 1}]))
"""


def test_processes_share_a_hot_stream(url):
    with Ordertrail.open(url) as trail:
        trail.execute(placed("A", 1000))
        writers = [subprocess.Popen([sys.executable, "-c", WRITER, url]) for _ in range(3)]
        for _ in range(40):
            trail.execute(PickItems(order_id="A", lines=[{"line": "1", "quantity": 1}]))
        assert [writer.wait(60) for writer in writers] == [0, 0, 0]
        assert trail.order("A").positions["picked"] == 160
        assert [e.position for e in trail.events()] == list(range(1, 162))
        assert trail.orders(after=trail.position)[0].picked == 160
