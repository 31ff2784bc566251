"""Shape "events": the lines that an event places, or names, and their quantities."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from ordertrail.adapters.importing.cells import (
    Reader,
    Readers,
    Row,
    unreadable,
)
from ordertrail.adapters.importing.kinds import (
    Split,
    code,
    identifier,
    money,
    quantity,
    title,
)
from ordertrail.adapters.importing.mapping import Cell, Mapping
from ordertrail.adapters.importing.order_facts import numbers, priced
from ordertrail.adapters.importing.seen import Seen
from ordertrail.domain.order.events import OrderLine
from ordertrail.domain.values import LineQuantity


class Rejected(Exception):
    """The row leads to nothing, and why; it is caught where rows are read."""


class EventLines:
    """Reads [line]; its cells may hold a list, a value for each line of the event."""

    def __init__(self, mapping: Mapping, readers: Readers, split: Split, seen: Seen) -> None:
        section = mapping.line
        self._seen = seen

        def many(name: str, cell: Cell | None, make: Any) -> Reader:
            return readers.many(f"[line] {name}", cell, split, make)

        number = readers.numeric
        self._sku = many("sku", section.sku, identifier)
        self._quantity = many("quantity", section.quantity, number(section.quantity, quantity))
        # What an event does not say of a quantity, placing the line has said.
        said = section.quantity.model_copy(update={"default": None})
        self._said = many("quantity", said, number(said, quantity))
        self._price = many("price", section.price, number(section.price, money))
        self._total = many("total", section.total, number(section.total, money))
        self._title = many("title", section.title, title)
        self._unit = many("unit", section.unit, code)
        self._readers = (
            self._sku,
            self._quantity,
            self._price,
            self._total,
            self._title,
            self._unit,
        )

    def placed(
        self, row: Row, order: str, ids: Sequence[str], total: Decimal | None
    ) -> tuple[OrderLine, ...]:
        """The lines that the event places; `total` is that of the order, if it says so.

        Raises:
            Rejected: a cell cannot be read, or holds more values than there are lines.
        """
        why = unreadable(self._readers, row)
        if why is not None:
            raise Rejected(why)
        told = [reader.one(row) for reader in self._readers]
        count = len(ids) or max(len(values or ()) for values in told)
        _, before = self._seen.group(f"lines of {order}", count)
        ids = ids or numbers(before, count)
        if len(set(ids)) < len(ids):
            raise Rejected("names a line twice")
        columns = [_spread(values, count) for values in told]
        lines = []
        for id, sku, units, price, sum, named, unit in zip(ids, *columns, strict=True):
            if sku is None or units is None:
                raise Rejected(f"[line] {'quantity' if sku else 'sku'} is empty")
            of_line = sum if sum is not None or count > 1 or price is not None else total
            lines.append(priced(OrderLine(id, sku, units, price, named), of_line, unit))
            self._seen.add_line(id, order, units)
        return tuple(lines)

    def named(self, row: Row, order: str, ids: Sequence[str]) -> tuple[LineQuantity, ...]:
        """The units that a later event names: as many as it says, or else all of the line.

        Raises:
            Rejected: the quantity cannot be read, or is of more lines than there are.
        """
        why = unreadable((self._said,), row)
        if why is not None:
            raise Rejected(why)
        said = _spread(self._said.one(row), len(ids)) if ids else ()
        return tuple(
            LineQuantity(id, units or self._seen.orders_of_line(id).get(order, 1))
            for id, units in zip(ids, said, strict=True)
        )


def _spread(values: Sequence[Any] | None, count: int) -> Sequence[Any]:
    """A value for each line: one stands for all of them."""
    if values is None:
        return [None] * count
    if len(values) == count:
        return values
    if len(values) == 1:
        return [*values] * count
    raise Rejected("a cell of [line] holds a list that is not as long as the list of lines")
