"""Shape "lines": the rows of an order made PlaceOrder, and a command for each step they tell."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import groupby, islice, pairwise
from operator import itemgetter
from typing import Any, NamedTuple

from ordertrail.adapters.importing.cells import LINE, Readers, Row, Unreadable, unreadable
from ordertrail.adapters.importing.conditions import Condition
from ordertrail.adapters.importing.known import CHANGED, Known, Refused
from ordertrail.adapters.importing.mapping import Cell, Mapping
from ordertrail.adapters.importing.order_facts import LineFacts, OrderFacts, total
from ordertrail.adapters.importing.outbox import Correction, Outbox
from ordertrail.adapters.importing.returns import Returns
from ordertrail.adapters.importing.seen import Seen
from ordertrail.adapters.importing.source import Source
from ordertrail.adapters.importing.step_columns import Part, StepColumns, Times
from ordertrail.adapters.importing.steps import ACTOR, UNITS, Told, checked, command_id, commands
from ordertrail.domain.order.commands import AmendOrder, OrderCommand, PlaceOrder, RevisePromise
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
        if self._filled:
            _fill_down(rows, self._filled)
        for condition, reason in self.rejects:
            rows = _without(rows, condition.among(rows), reason, out)
        if self.returns is not None:
            rows = self.returns.take(rows, out)
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
        key = (f"{groups + 1}",) if groups else ()
        order = _Order(id, key, rows, lines, fields, envelope)
        placed_at = min(at for at in times["placed"] if at is not None)
        common = dict(envelope, order_id=id, occurred_at=placed_at)
        if groups:
            common.update(command_id=self._id(id, key, "added"), added=lines)
            sent: list[OrderCommand] = [checked(AmendOrder, common)]
        else:
            self.orders += 1
            common.update(fields, command_id=self._id(id, (), "placed"), lines=lines)
            sent = [checked(PlaceOrder, common)]
        for part in self._steps.parts(rows, times):
            sent += self._step(part, order)
        if self.returns is not None:
            self.returns.remember(id, fields.get("customer_id"), lines)
        out.send(rows, sent, lambda known: self._again(order, sent[0], known))

    def _again(self, order: "_Order", first: OrderCommand, known: Known) -> Correction:
        """What the rows come to, now that the order is known with other rows, or another promise.

        A row that is a line as it was told then is imported; its steps may be new. A row that is
        no line yet is added. A row that says something else of a line is rejected.
        """
        rejected: Refused = []
        kept: list[Row] = []
        lines: list[OrderLine] = []
        before: list[int] = []
        added: list[int] = []
        named = self._line.named
        found = [known.same(line, named) for line in order.lines]
        for row, said, same in zip(order.rows, order.lines, found, strict=True):
            line = said
            if same is None and known.changed(line, named):
                rejected.append((row, CHANGED))
                continue
            if not named:
                line = replace(line, line=same or known.next_number())
            id = self._id(order.id, ("line", line.line), "added")
            if same is None:
                known.add(line, id)
            (added if known.told_by(line.line) == id else before).append(len(kept))
            kept.append(row)
            lines.append(line)
        commands: list[OrderCommand] = []
        common = {**order.envelope, "order_id": order.id, "occurred_at": first.occurred_at}
        promised = order.fields.get("promised_at")
        if kept and not order.key and promised not in (None, known.promised):
            id = command_id(self._name, order.id, "promised", promised.isoformat())
            commands.append(
                checked(RevisePromise, {**common, "command_id": id, "promised_at": promised})
            )
        if before:
            partial = len(before) < len(known.lines)
            told_of = order._replace(partial=partial, told=known.commands)
            commands += self._steps_again(told_of, kept, lines, before)
        for index in added:
            line = lines[index]
            told_of = order._replace(key=("line", line.line), told=known.commands)
            id = self._id(order.id, told_of.key, "added")
            source_id = str(kept[index][LINE])
            added_line = {"command_id": id, "source_id": source_id, "added": (line,)}
            commands.append(checked(AmendOrder, {**common, **added_line}))
            commands += self._steps_again(told_of, kept, lines, [index])
        return Correction(kept, commands, rejected)

    def _steps_again(
        self,
        order: "_Order",
        rows: Sequence[Row],
        lines: Sequence[OrderLine],
        indexes: Sequence[int],
    ) -> Iterable[OrderCommand]:
        """The steps that some rows of an order tell of."""
        some = [rows[index] for index in indexes]
        order = order._replace(rows=some, lines=tuple(lines[index] for index in indexes))
        for part in self._steps.parts(some, self._steps.columns(some)):
            yield from self._step(part, order)

    def _step(self, part: Part, order: "_Order") -> Iterable[OrderCommand]:
        first = order.rows[part.rows[0]]
        details = self._steps.details(part.step, first)
        of_lines = part.step in UNITS or part.step in ("cancelled", "hold")
        amount = details.get("amount")
        whole = part.whole and not order.partial
        if part.step in MONEY and "amount" not in details:
            own = [order.lines[index] for index in part.rows]
            amount = total(own, {} if order.key or not whole else order.fields)
            of_lines = True
        # What is told of a whole order is the same command, whichever of its rows tells it.
        id = self._id(order.id, order.key if of_lines else (), part.step)
        if part.whole and id in order.told:
            return ()
        named: tuple[LineQuantity, ...] = ()
        if order.key or not whole:
            own = [order.lines[index] for index in part.rows]
            named = tuple(LineQuantity(line.line, line.quantity, line.sku) for line in own)
            if not part.whole or (of_lines and not whole):
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

    def _id(self, order: str, key: tuple[str, ...], step: str) -> str:
        """The id of a command; the key is of rows that did not come with the first of the order."""
        return command_id(self._name, order, *key, step)

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
    """Rows of one order.

    `key` is the part of command ids by which they differ from the rows that came first. If they
    were imported before, `partial` says that the order has other lines, too, and `told` has the ids
    of the commands that led to something.
    """

    id: str
    key: tuple[str, ...]
    rows: Sequence[Row]
    lines: tuple[OrderLine, ...]
    fields: dict[str, Any]
    envelope: dict[str, Any]
    partial: bool = False
    told: Collection[str | None] = ()


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
    """The columns of [order], [steps], [status] and [parcel], and of conditions but for [line]."""
    cells = [cell for section in (mapping.order, mapping.parcel) for _, cell in section]
    cells += [detail for step in mapping.steps.values() for _, detail in step]
    cells += mapping.steps.values()
    names = {cell.column for cell in cells if isinstance(cell, Cell)}
    names |= {one.column for one in mapping.status}
    conditions = [one.when for one in mapping.reject]
    if mapping.returned is not None:
        conditions.append(mapping.returned.when)
    of_lines = {cell.column for _, cell in mapping.line if isinstance(cell, Cell)}
    names |= {name for when in conditions for name in when} - of_lines
    names |= {days for step in mapping.steps.values() if (days := step.plus_days) in source.header}
    return tuple(source.index(name, "fill_down") for name in names if name is not None)


def _fill_down(rows: list[Row], columns: tuple[int, ...]) -> None:
    """Give empty cells what stands above them."""
    for above, row in pairwise(rows):
        for column in columns:
            if not row[column].strip():
                row[column] = above[column]
