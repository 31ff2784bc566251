"""A log of orders of two or three lines with full lives, for the views to be built from."""

import heapq
import random
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from ordertrail.adapters.store import Record
from ordertrail.adapters.urls import open_store
from ordertrail.domain.errors import OrdertrailError
from ordertrail.domain.order import commands as c
from ordertrail.engine import Ordertrail

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
AT_ONCE = 500
SKUS = 900
CUSTOMERS = 300

Telling = tuple[datetime, int, c.OrderCommand]


def lives(folder: Path, orders: int) -> Iterator[Record]:
    """The events of so many orders, many of them under way at the same time.

    They are decided once for all that ask for as many, and kept in a file of the folder.
    """
    path = folder / f"lives-{orders}.db"
    if not path.exists():
        with Ordertrail.open(f"sqlite:///{path}", follow=False) as trail:
            _let_live(trail, orders)
    with closing(open_store(f"sqlite:///{path}")) as store:
        last = 0
        while records := store.read(last, 10_000):
            yield from records
            last = records[-1].position


def _let_live(trail: Ordertrail, orders: int) -> None:
    commands = heapq.merge(*(life(number) for number in range(orders)))
    while batch := [command for _, _, command in islice(commands, AT_ONCE)]:
        for outcome in trail.execute_many(batch):
            if isinstance(outcome, OrdertrailError):
                raise outcome


def life(number: int) -> Iterator[Telling]:
    """The commands of one order with their times: all are shipped, some late, some come back."""
    chance = random.Random(number)
    at = START + timedelta(minutes=7 * number)
    order = f"SO-{number}"
    lines = [_line(chance, line) for line in range(chance.choice((2, 3)))]
    worth = sum(line["quantity"] * 5 for line in lines)

    def told(kind: type[c.OrderCommand], hours: float, actor: str, **fields: Any) -> Telling:
        nonlocal at
        at += timedelta(hours=hours)
        command = kind(order_id=order, occurred_at=at, actor=actor, **fields)
        return at, number, command

    customer = f"C-{chance.randrange(CUSTOMERS)}"
    yield told(
        c.PlaceOrder,
        0,
        f"customer:{customer}",
        customer_id=customer,
        currency="GBP",
        lines=lines,
        promised_at=at + timedelta(days=4),
        channel="web",
    )
    yield told(c.CapturePayment, 0.1, "service:pay", payment_id="P", amount=str(worth))
    yield told(c.ApproveOrder, 1, "person:p-3")
    if chance.random() < 0.4:
        yield told(c.AllocateStock, 1, "service:wms")
    yield told(c.PickItems, 5, "person:p-8")
    yield told(c.PackItems, 1, "person:p-9", parcel="B")
    shipped = {"parcel": "B", "carrier": "royal-mail", "tracking_number": f"RM{number:09}GB"}
    yield told(c.ShipOrder, 6, "person:p-9", **shipped)
    yield told(c.RecordTracking, 12, "carrier:royal-mail", parcel="B", status="in_transit")
    if chance.random() < 0.15:
        yield told(c.RecordDelay, 80, "carrier:royal-mail", cause="carrier_backlog")
    yield told(c.RecordTracking, 12, "carrier:royal-mail", parcel="B", status="out_for_delivery")
    yield told(c.DeliverOrder, 4, "carrier:royal-mail", parcel="B")
    if chance.random() < 0.15:
        yield from _comes_back(told, lines[0], f"customer:{customer}")


def _comes_back(told: Any, line: dict[str, Any], customer: str) -> Iterator[Telling]:
    back = [{"line": line["line"], "quantity": 1}]
    yield told(c.RequestReturn, 50, customer, return_id="R", lines=back, reason="wrong_size")
    yield told(c.AuthoriseReturn, 3, "person:p-3", return_id="R")
    yield told(c.ReceiveReturn, 70, "person:p-8", return_id="R", lines=back)
    outcomes = [{"line": line["line"], "restocked": 1}]
    yield told(c.InspectReturn, 2, "person:p-8", return_id="R", outcomes=outcomes)
    yield told(c.IssueRefund, 1, "service:pay", refund_id="F", amount="5", reason="returned")


def _line(chance: random.Random, number: int) -> dict[str, Any]:
    sku = f"SKU-{chance.randrange(SKUS)}"
    return {
        "line": str(number + 1),
        "sku": sku,
        "quantity": chance.randint(1, 6),
        "price": "5.00",
    }
