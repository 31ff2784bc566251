"""A process is killed with -9 at random moments, again and again, on one file."""

import random
import signal
import subprocess
import sys
import time

import pytest

from ordertrail import Ordertrail

VICTIM = """
import sys, threading
from ordertrail import *

url, seed = sys.argv[1], sys.argv[2]
trail = Ordertrail.open(url)  # the views follow, in a thread of their own
print("ready", flush=True)

def work(caller):
    number = 0
    while True:
        number += 1
        order = f"{seed}-{caller}-{number}"
        lines = [{"line": "1", "sku": "MUG", "quantity": 2, "price": "9.50"}]
        steps = [
            PlaceOrder(order_id=order, customer_id=f"C-{caller}", currency="GBP", lines=lines),
            PickItems(order_id=order),
            PackItems(order_id=order, parcel=f"P-{order}"),
            ShipOrder(order_id=order, parcel=f"P-{order}"),
            DeliverOrder(order_id=order, parcel=f"P-{order}"),
        ]
        for step in steps:
            receipt = trail.execute(step)
            sys.stdout.write(f"{receipt.position} {receipt.events[0].id}\\n")
            sys.stdout.flush()

for caller in range(4):
    threading.Thread(target=work, args=(caller,), daemon=True).start()
threading.Event().wait()
"""


@pytest.mark.slow
@pytest.mark.parametrize("store", ["file", "postgres"])
def test_nothing_acknowledged_is_lost_and_views_equal_a_rebuild(store, request, tmp_path):
    url = f"sqlite:///{tmp_path}/orders.db"
    if store == "postgres":
        url = request.getfixturevalue("postgres_url")
    chance = random.Random(20260301)
    acknowledged = {}
    for round_ in range(12):
        victim = subprocess.Popen(
            [sys.executable, "-c", VICTIM, url, str(round_)], stdout=subprocess.PIPE, text=True
        )
        assert victim.stdout is not None
        assert victim.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.01, 0.4))
        victim.send_signal(signal.SIGKILL)
        told, _ = victim.communicate()
        for line in told.splitlines():
            if line.count(".") == 1 and len(line.split()) == 2:  # the last one may be torn
                position, event_id = line.split()
                acknowledged[event_id] = int(position)
    with Ordertrail.open(url, follow=False) as trail:
        stored = {event.id: event.position for event in trail.events()}
        assert list(stored.values()) == list(range(1, trail.position + 1))
        assert acknowledged.items() <= stored.items()
        assert len(acknowledged) > 100, "the victims hardly lived"
        trail.catch_up()
        followed = everything(trail)
        trail.rebuild()
        assert everything(trail) == followed
        assert not trail.parked()


def everything(trail):
    """All rows of all views, as text."""
    return {
        projection.name: sorted(map(str, trail.rows(projection.row)))
        for projection in trail.projections
    }
