"""Shape "lines": the rows of an order made PlaceOrder, and a command for each step they tell."""

from collections.abc import Iterable, Sequence
from itertools import groupby, islice, pairwise
from operator import itemgetter
from typing import Any, NamedTuple

from ordertrail.adapters.importing.cells import LINE, Readers, Row, Unreadable, unreadable
from ordertrail.adapters.importing.conditions import Condition
from ordertrail.adapters.importing.mapping import Cell, Mapping
from ordertrail.adapters.importing.order_facts import LineFacts, OrderFacts, total
from ordertrail.adapters.importing.outbox import Outbox
from ordertrail.adapters.importing.returns import Returns
from ordertrail.adapters.importing.seen import Seen
from ordertrail.adapters.importing.source import Source
from ordertrail.adapters.importing.step_columns import Part, StepColumns, Times
from ordertrail.adapters.importing.steps import ACTOR, UNITS, Told, checked, command_id, commands
from ordertrail.domain.order.commands import AmendOrder, OrderCommand, PlaceOrder
from ordertrail.domain.order.events import OrderLine
from ordertrail.domain.values import LineQuantity

MOST_ROWS = 5_000
"""How many rows are held at a time; an order of more is placed with these, and amended."""

LINE_TWICE = "the order has a line of this id already"
MONEY = ("paid", "refunded", "payment_failed")


class Lines:
    """Makes commands of rows, each of which is a line of an order.

    Attributes:
        orders: how many orders it has placed.
        words: the columns whose words must all be explained.
    """

    def __init__(self, mapping: Mapping, source: Source, seen: Seen) -> None:
        readers = Readers(mapping, source)
        self.orders = 0
        self._name = mapping.name
        self._seen = seen
        self.rejects = [
            (Condition(one.when, source, "[[reject]]"), one.reason) for one in mapping.reject
        ]
        cell = mapping.order.id
        assert cell is not None
        at = LINE if cell.column is None else source.index(cell.column, "[order] id")
        self._raw_order: Any = itemgetter(at)
        self._order_id = readers.text("[order] id", cell, required=True)
        self._order = OrderFacts(mapping, readers)
        self._line = LineFacts(mapping, readers)
        self._steps = StepColumns(mapping, readers, source)
        self.words = self._steps.words
        self._of_order = (self._order_id, *self._order.readers)
        self._of_row = (*self._line.readers, *self._steps.time_readers)
        returned = mapping.returned
        self.returns = None if returned is None else Returns(mapping, readers, source, seen)
        self._filled = _filled(mapping, source) if mapping.fill_down else ()

    def become(self, rows: Iterable[Row], out: Outbox) -> None:
        """Send what the rows become; those of one order that stand together become one order."""
        for _, together in groupby(rows, self._raw_order):
            while group := list(islice(together, MOST_ROWS)):
                self._group(group, out)

    def _group(self, rows: list[Row], out: Outbox) -> None:
        for condition, reason in self.rejects:
            rows = _without(rows, condition.among(rows), reason, out)
        if self.returns is not None:
            rows = self.returns.take(rows, out)
        if self._filled:
            _fill_down(rows, self._filled)
        if not rows:
            return
        columns, times = self._columns(rows)
        if self._unreadable(rows, [*columns, *times.values()]):
            rows = self._readable(rows, out)
            columns, times = self._columns(rows)
        if self._line.named and len(set(columns[0])) < len(rows):
            rows = _without(rows, _repeated(rows, columns[0]), LINE_TWICE, out)
            columns, times = self._columns(rows)
        if rows:
            self._order_of(rows, columns, times, out)

    def _columns(self, rows: list[Row]) -> tuple[list[list[Any]], Times]:
        return self._line.columns(rows), self._steps.columns(rows)

    def _order_of(
        self, rows: list[Row], columns: list[list[Any]], times: Times, out: Outbox
    ) -> None:
        id: str = self._order_id.one(rows[0])
        fields = self._order.of(rows[0])
        groups, before = self._seen.group(id, len(rows))
        lines = self._line.lines(columns, before)
        envelope = {
            "source": self._name,
            "source_id": str(rows[0][LINE]),
            "channel": fields.pop("channel", "import"),
            "actor": ACTOR,
        }
        order = _Order(id, groups, rows, lines, fields, envelope)
        placed_at = min(at for at in times["placed"] if at is not None)
        common = dict(envelope, order_id=id, occurred_at=placed_at)
        if groups:
            common.update(command_id=self._id(id, groups, "added"), added=lines)
            sent: list[OrderCommand] = [checked(AmendOrder, common)]
        else:
            self.orders += 1
            common.update(fields, command_id=self._id(id, 0, "placed"), lines=lines)
            sent = [checked(PlaceOrder, common)]
        for part in self._steps.parts(rows, times):
            sent += self._step(part, order)
        if self.returns is not None:
            self.returns.remember(id, fields.get("customer_id"), lines)
        out.send(rows, sent)

    def _step(self, part: Part, order: "_Order") -> Iterable[OrderCommand]:
        first = order.rows[part.rows[0]]
        details = self._steps.details(part.step, first)
        of_lines = part.step in UNITS or part.step in ("cancelled", "hold")
        amount = details.get("amount")
        if part.step in MONEY and "amount" not in details:
            own = [order.lines[index] for index in part.rows]
            amount = total(own, {} if order.groups or not part.whole else order.fields)
            of_lines = True
        # What is told of a whole order is the same command, whichever of its rows tells it.
        id = self._id(order.id, order.groups if of_lines else 0, part.step)
        named: tuple[LineQuantity, ...] = ()
        if order.groups or not part.whole:
            own = [order.lines[index] for index in part.rows]
            named = tuple(LineQuantity(line.line, line.quantity, line.sku) for line in own)
            if not part.whole:
                id = command_id(id, part.parcel or own[0].line)
        extra = {name: details[name] for name in ("actor", "reason") if details.get(name)}
        return commands(
            Told(
                step=part.step,
                order=order.id,
                id=id,
                at=part.at,
                envelope={**order.envelope, "source_id": str(first[LINE]), **extra},
                lines=named,
                parcel=part.parcel,
                carriage=self._steps.carriage(first),
                location=details.get("location"),
                amount=amount,
            )
        )

    def _id(self, order: str, groups: int, step: str) -> str:
        """The id of a command; rows that do not stand with the first ones of their order count."""
        if groups:
            return command_id(self._name, order, f"{groups + 1}", step)
        return command_id(self._name, order, step)

    def _unreadable(self, rows: list[Row], columns: list[list[Any]]) -> bool:
        """Whether a cell that is needed could not be read."""
        if unreadable(self._of_order, rows[0]) is not None:
            return True
        others = self._steps.other_readers
        if others and any(unreadable(others, row) is not None for row in rows):
            return True
        return any(reader.unreadable for reader in self._of_row) and any(
            type(value) is Unreadable for column in columns for value in column
        )

    def _readable(self, rows: list[Row], out: Outbox) -> list[Row]:
        readers = (*self._of_order, *self._of_row, *self._steps.other_readers)
        kept = []
        for row in rows:
            why = unreadable(readers, row)
            if why is None:
                kept.append(row)
            else:
                out.reject(row, str(why))
        return kept


class _Order(NamedTuple):
    """Rows of one order that stand together; `groups` such rows stood above them."""

    id: str
    groups: int
    rows: Sequence[Row]
    lines: tuple[OrderLine, ...]
    fields: dict[str, Any]
    envelope: dict[str, Any]


def _without(rows: list[Row], rejected: list[Row], reason: str, out: Outbox) -> list[Row]:
    """The rows without some of them, which are rejected."""
    if not rejected:
        return rows
    for row in rejected:
        out.reject(row, reason)
    gone = {id(row) for row in rejected}
    return [row for row in rows if id(row) not in gone]


def _repeated(rows: list[Row], ids: list[str]) -> list[Row]:
    """The rows whose id an earlier one has."""
    first = {id: row for row, id in zip(reversed(rows), reversed(ids), strict=True)}
    return [row for row, id in zip(rows, ids, strict=True) if first[id] is not row]


def _filled(mapping: Mapping, source: Source) -> tuple[int, ...]:
    """The columns of [order], [steps], [status] and [parcel]."""
    cells = [cell for section in (mapping.order, mapping.parcel) for _, cell in section]
    cells += [detail for step in mapping.steps.values() for _, detail in step]
    cells += mapping.steps.values()
    names = {cell.column for cell in cells if isinstance(cell, Cell)}
    names |= {one.column for one in mapping.status}
    names |= {days for step in mapping.steps.values() if (days := step.plus_days) in source.header}
    return tuple(source.index(name, "fill_down") for name in names if name is not None)


def _fill_down(rows: list[Row], columns: tuple[int, ...]) -> None:
    """Give empty cells what stands above them."""
    for above, row in pairwise(rows):
        for column in columns:
            if not row[column].strip():
                row[column] = above[column]
