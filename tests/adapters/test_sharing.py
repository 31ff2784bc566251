"""Processes share the projections: a partition has one owner, and who was overtaken saves not."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from threading import Event as Flag
from threading import Thread

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ordertrail import AddNote, Ordertrail, PickItems, PlaceOrder
from ordertrail.adapters.books import Worker
from ordertrail.adapters.codec import Codec
from ordertrail.adapters.following import Following
from ordertrail.adapters.leases import shared_out
from ordertrail.adapters.partitions import PARTITIONS
from ordertrail.adapters.runner import Runner
from ordertrail.adapters.standing import Known, Standing, Unit
from ordertrail.adapters.tables import LIVE, rows
from ordertrail.adapters.urls import open_store
from ordertrail.domain.customer import CUSTOMER
from ordertrail.domain.order import ORDER
from ordertrail.projections.alerts import RULES
from ordertrail.projections.alerts.alerts import Alerts
from ordertrail.projections.catalogue import PROJECTIONS
from tests import postgres

CODEC = Codec([ORDER, CUSTOMER])
VIEWS = [*PROJECTIONS, Alerts(RULES)]
PATIENCE = 30


def fill(url, orders, seed=0):
    """Orders that are placed, noted and picked, of a few customers."""
    choice = random.Random(seed)
    commands = []
    for n in range(orders):
        order = f"SO-{seed}-{n}"
        skus = choice.sample(["MUG", "TEA", "CUP", "POT"], 2)
        lines = [{"line": sku, "sku": sku, "quantity": 2, "price": "1"} for sku in skus]
        customer = f"C-{choice.randint(1, 5)}"
        commands += [
            PlaceOrder(order_id=order, customer_id=customer, currency="GBP", lines=lines),
            AddNote(order_id=order, kind="gift"),
            PickItems(order_id=order, lines=[{"line": skus[0], "quantity": 1}]),
        ]
    with Ordertrail.open(url, follow=False) as trail:
        trail.execute_many(commands)


def dump(store):
    with store.reading() as connection:
        found = {
            view.name: sorted(map(repr, rows(store.tables, connection, view.row))) for view in VIEWS
        }
        query = "SELECT projection, partition, position FROM checkpoints WHERE place = 'live'"
        return found, sorted(connection.execute(query).fetchall())


def equal_to_a_rebuild(url):
    with closing(open_store(url)) as store:
        runner = Runner(store, CODEC, VIEWS)
        runner.catch_up()
        followed = dump(store)
        runner.rebuild()
        return dump(store) == followed


def until(what, patience=PATIENCE):
    """Wait until it is true, or fail."""
    deadline = time.monotonic() + patience
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.05)
    return found


@contextmanager
def worker(url):
    """Somebody who shares the work, in a thread."""
    with closing(open_store(url)) as store:
        runner = Runner(store, CODEC, VIEWS)
        over = Flag()
        thread = Thread(target=Following(runner).share, args=(over,))
        thread.start()
        try:
            yield runner
        finally:
            over.set()
            thread.join()


def owners(runner):
    """How many units each owner has."""
    standing = runner.standing()
    units = [unit for view in VIEWS for unit in standing.units(view.name, LIVE)]
    return sorted(
        sum(unit.owner == owner for unit in units) for owner in {unit.owner for unit in units}
    )


def test_two_workers_share_the_work_and_one_takes_over_all_of_it(any_url):
    fill(any_url, 20)
    every = len(VIEWS) * PARTITIONS
    with worker(any_url) as one:
        until(lambda: owners(one) == [every])
        with worker(any_url):
            until(lambda: owners(one) == [every // 2, every // 2])
            fill(any_url, 20, seed=1)
            until(lambda: not any(status.lag for status in one.status()))
            assert {len(status.owners) for status in one.status()} == {2}
        until(lambda: owners(one) == [every])
    assert equal_to_a_rebuild(any_url)


def test_who_asks_waits_for_the_workers_and_does_not_do_their_work(any_url):
    with worker(any_url) as one:
        until(lambda: owners(one) == [len(VIEWS) * PARTITIONS])
        fill(any_url, 5)
        with Ordertrail.open(any_url, follow=False) as trail:
            trail.catch_up()
            assert len(trail.orders()) == 5
            assert trail.workers() == [one.leases.owner]
            assert {status.owners for status in trail.status()} == {(one.leases.owner,)}


def test_who_was_overtaken_cannot_save(any_url):
    fill(any_url, 3)
    with closing(open_store(any_url)) as store, closing(open_store(any_url)) as other:
        slow, fast = Runner(store, CODEC, VIEWS), Runner(other, CODEC, VIEWS)
        seen = slow.standing().answering()
        with fast.leases.claiming() as claim:
            claim(fast.standing().answering())
            before = dump(store)
            slow._batches.advance(seen, store.head())
            assert dump(store) == before
            assert all(unit.held for unit in slow.standing().answering())
            fast._batches.advance(fast.standing().answering(), store.head())
        assert {status.lag for status in slow.status()} == {0}
    assert equal_to_a_rebuild(any_url)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_any_split_of_the_partitions_gives_the_rows_of_a_rebuild(kind, request, tmp_path):
    server = request.getfixturevalue("postgres_server") if kind == "postgres" else ""
    numbers = iter(range(1000))

    @given(st.integers(0, 10**6), st.integers(1, 9))
    @settings(max_examples=4 if kind == "postgres" else 15, phases=[Phase.generate])
    def splits(seed, batch):
        chance = random.Random(seed)
        url = postgres.log_url(server) if server else f"sqlite:///{tmp_path}/{next(numbers)}.db"
        fill(url, 5, seed=chance.randint(0, 99))
        with closing(open_store(url)) as store:
            runner = Runner(store, CODEC, VIEWS, batch=batch)
            head = store.head()
            if chance.random() < 0.5:  # some of it is followed, then all is built beside
                runner.catch_up(head // 2)
                runner._building.begin([view.name for view in VIEWS])
            for _ in range(40):
                standing = runner.standing()
                units = chance.choice([standing.answering(), standing.beside()])
                some = [unit for unit in units if chance.random() < 0.6 and unit.position < head]
                if some:
                    least = min(unit.position for unit in some)
                    together = [unit for unit in some if unit.position == least]
                    runner._batches.advance(together, chance.randint(least + 1, head))
        assert equal_to_a_rebuild(url)

    splits()


workers = st.lists(
    st.tuples(st.text("abc", min_size=1), st.sets(st.integers(0, 2), min_size=1)),
    min_size=1,
    unique_by=lambda worker: worker[0],
)


@given(workers)
def test_each_unit_falls_to_one_of_those_who_know_it(some):
    known = [
        {"orders": Known(version, "", "f"), "alerts": Known(version, "", "f")}
        for version in range(3)
    ]
    book = [
        Worker(name, [code.named(p) for v in able for p, code in known[v].items()])
        for name, able in sorted(some)
    ]
    for version, knows in enumerate(known):
        units = [
            Unit(p, LIVE, n, version, "", "f", 0, None, 1, None, False)
            for p in knows
            for n in range(PARTITIONS)
        ]
        standing = Standing(knows, units)
        able = [name for name, versions in some if version in versions]
        taken = [unit for name in able for unit in shared_out(standing, knows, book, name)[0]]
        assert sorted(taken) == (sorted(units) if able else [])


def child(url):
    return subprocess.Popen([sys.executable, __file__, url])


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_the_share_of_a_worker_that_is_gone_is_taken_over(any_url, how):
    fill(any_url, 10)
    process = child(any_url)
    try:
        with closing(open_store(any_url)) as store:
            watcher = Runner(store, CODEC, VIEWS)
            every = len(VIEWS) * PARTITIONS
            until(lambda: owners(watcher) == [every])
        with worker(any_url) as one:
            until(lambda: owners(one) == [every // 2, every // 2])
            os.kill(process.pid, how)
            fill(any_url, 50, seed=2)
            until(lambda: owners(one) == [every])
            until(lambda: not any(status.lag for status in one.status()))
            if how == signal.SIGSTOP:
                os.kill(process.pid, signal.SIGCONT)
                fill(any_url, 50, seed=3)
                until(lambda: owners(one) == [every // 2, every // 2])
                until(lambda: not any(status.lag for status in one.status()))
    finally:
        process.kill()
        process.wait()
    assert equal_to_a_rebuild(any_url)


if __name__ == "__main__":
    with closing(open_store(sys.argv[1])) as shared_store:
        Following(Runner(shared_store, CODEC, VIEWS)).share(Flag())
