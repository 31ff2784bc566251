"""The business that all contestants do: commands on fresh and hot streams, and bare appends."""

import random
from collections.abc import Callable, Iterator
from itertools import accumulate, count
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from ordertrail.domain.order.commands import AddNote, OrderCommand, PickItems, PlaceOrder

HOT_ORDERS = 256
SKEW = 1.1  # the n-th order is asked for in proportion to 1 / n ** SKEW
PLENTY = 1_000_000_000
BODY = b"{" + b'"told": "what happened", ' * 10 + b"}"  # 252 bytes
APPENDS = 10  # to a stream, until the caller begins the next one


class Spec(NamedTuple):
    """What a caller sends: the kind of command and its fields, not validated yet."""

    kind: type[OrderCommand]
    fields: dict[str, Any]

    def command(self) -> OrderCommand:
        """The command, validated."""
        return self.kind(**self.fields)


Workload = Callable[[int], Iterator[Spec]]
"""The commands of a caller, by its number, without an end."""


def fresh(caller: int) -> Iterator[Spec]:
    """Each command places a new order of two or three lines."""
    for number in count():
        yield Spec(
            PlaceOrder,
            {
                "order_id": f"F-{caller}-{number}",
                "lines": [_line(line, 1 + number % 5) for line in range(2 + number % 2)],
                "currency": "GBP",
                "promised_at": "2026-03-05T18:00:00+00:00",
                "actor": "customer:C-17",
                "channel": "web",
            },
        )


def hot(caller: int) -> Iterator[Spec]:
    """Small picks and notes, which always fit, on a few hundred orders that everybody wants."""
    chance = random.Random(caller)
    weights = list(accumulate(1 / rank**SKEW for rank in range(1, HOT_ORDERS + 1)))
    while True:
        orders = chance.choices(range(HOT_ORDERS), cum_weights=weights, k=1000)
        for number, order in enumerate(orders):
            if number % 2:
                line = {"line": str(1 + number % 3 % 2), "quantity": 1}
                yield Spec(PickItems, {"lines": [line], "actor": "person:p-8", **_of(order)})
            else:
                note = {"kind": "remark", "text": "Asked when it will come."}
                yield Spec(AddNote, {**note, "actor": "person:p-3", **_of(order)})


def hot_orders() -> Iterator[Spec]:
    """The orders that must be there before `hot` begins."""
    for order in range(HOT_ORDERS):
        lines = [_line(line, PLENTY) for line in range(2)]
        yield Spec(PlaceOrder, {"lines": lines, "currency": "GBP", **_of(order)})


def append_after_append(batch: int) -> Iterator[list[tuple[UUID, int, str, bytes]]]:
    """Events to append, each time so many: stream, version, type and body.

    Whoever iterates has streams of his own, so that nobody is overtaken.
    """
    while True:
        stream = uuid4()
        for first in range(1, 1 + batch * APPENDS, batch):
            yield [(stream, version, "order.told", BODY) for version in range(first, first + batch)]


def _of(order: int) -> dict[str, Any]:
    return {"order_id": f"H-{order}"}


def _line(number: int, quantity: int) -> dict[str, Any]:
    sku = f"SKU-{number * 37 % 900}"
    return {"line": str(number + 1), "sku": sku, "quantity": quantity, "price": "9.50"}
