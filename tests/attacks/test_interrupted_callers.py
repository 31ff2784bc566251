"""Callers that are interrupted, forked, or gone: nobody else may wait for ever because of them."""

import asyncio
import ctypes
import os
import random
import signal
import threading
import time

import pytest

from ordertrail import AddNote, AsyncOrdertrail, Ordertrail, PlaceOrder, StoreError
from ordertrail.adapters.deciding import Deciding
from ordertrail.adapters.leader import Leader
from ordertrail.adapters.ticket import Ticket


class Interruption(BaseException):
    """Comes between any two instructions, as Ctrl-C does."""


def placed(order_id, **more):
    lines = [{"line": "1", "sku": "MUG", "quantity": 1}]
    return PlaceOrder(order_id=order_id, lines=lines, **more)


def note():
    return AddNote(order_id="A", kind="call")


def still_answers(trail):
    """Whether a command is done; in a thread, so that a test fails where it would hang."""
    receipts = []
    caller = threading.Thread(target=lambda: receipts.append(trail.execute(note())), daemon=True)
    caller.start()
    caller.join(10)
    return bool(receipts)


def interrupt(thread):
    ident, kind = ctypes.c_ulong(thread.ident), ctypes.py_object(Interruption)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, kind)


# An interruption may also come between two rounds of `work`: then that thread just ends.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
# ... or in a callback of the garbage collector, which Python cannot let out of it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.slow
def test_threads_that_are_interrupted_anywhere_leave_nobody_waiting(tmp_path):
    trail = Ordertrail.open(f"sqlite:///{tmp_path}/x.db", follow=False)
    trail.execute(placed("A"))
    interrupted: list[int] = []
    done, acknowledged = threading.Event(), set()

    def work():
        while not done.is_set():
            try:
                while not done.is_set():
                    acknowledged.add(trail.execute(note()).command_id)
            except Interruption:
                interrupted.append(1)
            except StoreError:
                pass  # whoever led was interrupted

    threads = [threading.Thread(target=work, daemon=True) for _ in range(6)]
    for thread in threads:
        thread.start()
    asked, ended, until = 0, 0, time.monotonic() + 5
    while time.monotonic() < until:
        alive = [thread for thread in threads if thread.is_alive()]
        ended = len(threads) - len(alive)
        if len(interrupted) + ended >= asked and alive:
            asked += 1
            interrupt(random.choice(alive))
        time.sleep(0.002)
    done.set()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads), "a caller was never woken"
    assert still_answers(trail)
    assert acknowledged <= {event.command_id for event in trail.events()}
    assert asked > 20


@pytest.mark.parametrize(
    ("who", "name"),
    [(Leader, "_enqueue"), (Leader, "_lead_once"), (Deciding, "_decide"), (Leader, "_hand_over")],
)
def test_a_leader_interrupted_at_any_step_hands_over(monkeypatch, who, name):
    with Ordertrail.open("memory:", follow=False) as trail:
        trail.execute(placed("A"))
        step = getattr(who, name)

        def interrupted(self, *given, **more):
            monkeypatch.setattr(who, name, step)
            step(self, *given, **more)
            raise Interruption

        monkeypatch.setattr(who, name, interrupted)
        with pytest.raises(Interruption):
            trail.execute(note())
        assert still_answers(trail)


def test_whoever_is_told_of_an_outcome_and_fails_harms_nobody():
    with Ordertrail.open("memory:", follow=False) as trail:
        trail.execute(placed("A"))
        told = threading.Event()

        def fails(ticket):
            told.set()
            raise RuntimeError("Event loop is closed")

        trail.enqueue(trail.ticket(note(), fails))
        assert told.wait(10)
        assert still_answers(trail)


def test_where_no_thread_can_be_started_the_caller_leads(monkeypatch):
    with Ordertrail.open("memory:", follow=False) as trail:
        trail.execute(placed("A"))

        def start(thread):
            raise RuntimeError("can't start new thread")

        told: list[Ticket] = []
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", start)
            trail.enqueue(trail.ticket(note(), told.append))
        assert len(told) == 1
        assert still_answers(trail)


def test_an_event_loop_that_is_closed_too_early_leaves_a_working_engine(tmp_path):
    with Ordertrail.open(f"sqlite:///{tmp_path}/x.db", follow=False) as trail:
        trail.execute(placed("A"))
        tasks = AsyncOrdertrail(trail)

        async def left():
            sent = [asyncio.ensure_future(tasks.execute(note())) for _ in range(20)]
            await asyncio.sleep(0)
            for task in sent:
                task.cancel()

        for _ in range(10):
            asyncio.run(left())
        assert still_answers(trail)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_fork_is_told_to_open_the_log_anew_though_somebody_led_at_that_moment(monkeypatch):
    with Ordertrail.open("memory:", follow=False) as trail:
        trail.execute(placed("A"))
        statuses = []
        decide = Deciding._decide

        def forked(self, batch, exclusive):
            child = os.fork()
            if child == 0:
                signal.alarm(5)  # where it waits for ever
                try:
                    trail.execute(note())
                except StoreError:
                    os._exit(0)
                os._exit(1)
            statuses.append(os.waitpid(child, 0)[1])
            decide(self, batch, exclusive)

        monkeypatch.setattr(Deciding, "_decide", forked)
        caller = threading.Thread(target=lambda: trail.execute(note()))
        caller.start()
        caller.join(20)
        assert statuses == [0]


def test_tasks_send_many_commands_in_their_order(tmp_path):
    async def story():
        async with await AsyncOrdertrail.open(f"sqlite:///{tmp_path}/x.db") as trail:
            # An order with an address is checked in another thread, a note at once.
            sent = [placed("A", ship_to={"country": "DE"}), note(), note()]
            return [getattr(one, "position", one) for one in await trail.execute_many(sent)]

    assert asyncio.run(story()) == [1, 2, 3]


def test_a_closed_engine_says_so_to_tasks(tmp_path):
    async def story():
        trail = await AsyncOrdertrail.open(f"sqlite:///{tmp_path}/x.db")
        await trail.close()
        with pytest.raises(StoreError, match="closed"):
            await trail.order("A")
        with pytest.raises(StoreError, match="closed"):
            await trail.execute(note())

    asyncio.run(story())
