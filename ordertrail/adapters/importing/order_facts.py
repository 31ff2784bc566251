"""What a row tells of an order as a whole, and of its lines, made parts of PlaceOrder."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import repeat
from typing import Any

from ordertrail.adapters.importing.cells import Reader, Readers, Row
from ordertrail.adapters.importing.kinds import code, country, currency, money
from ordertrail.adapters.importing.mapping import Mapping, OrderSection
from ordertrail.adapters.importing.steps import NAMES, REPORTED
from ordertrail.domain.order.events import OrderLine
from ordertrail.domain.order.positions import Step
from ordertrail.domain.values import Address, Adjustment, AdjustmentKind, Reference

ADJUSTMENTS: tuple[AdjustmentKind, ...] = ("shipping", "discount", "tax")
PLACE = ("postcode", "province", "city", "district")
SHORT = ("currency", "country")


class OrderFacts:
    """Reads what is told of an order as a whole."""

    def __init__(self, mapping: Mapping, readers: Readers) -> None:
        section = mapping.order
        self._mapping = mapping
        self._reports = reports(mapping)
        self._reader: dict[str, Reader] = {}
        for name in OrderSection.model_fields:
            cell = getattr(section, name)
            if cell is not None and name != "id":
                self._reader[name] = _reader(readers, f"[order] {name}", name, cell)
        self.readers = tuple(self._reader.values())

    def of(self, row: Row) -> dict[str, Any]:
        """The fields of PlaceOrder, and of its envelope, that the row fills."""
        told = {name: reader.one(row) for name, reader in self._reader.items()}
        fields: dict[str, Any] = {"reports": self._reports}
        if currency := told.get("currency") or self._mapping.currency:
            fields["currency"] = currency
        for name, field in _FIELDS.items():
            if (value := told.get(name)) is not None:
                fields[field] = value
        if nation := told.get("country"):
            fields["ship_to"] = Address(nation, *(told.get(name) for name in PLACE))
        if told.get("reference") is not None:
            fields["references"] = (Reference(self._mapping.name, told["reference"]),)
        if adjustments := adjusted(told):
            fields["adjustments"] = adjustments
        return fields


_FIELDS = {
    "customer": "customer_id",
    "channel": "channel",
    "priority": "priority",
    "service_level": "service_level",
    "promised": "promised_at",
    "requested": "requested_at",
    "ship_by": "ship_by",
}


class LineFacts:
    """Reads what is told of lines, a column at a time."""

    def __init__(self, mapping: Mapping, readers: Readers) -> None:
        section = mapping.line
        priced = section.total if section.price is None else section.price
        self._by_total = section.price is None and section.total is not None
        self.named = section.id is not None
        self._id = readers.text("[line] id", section.id, required=True)
        self._sku = readers.text("[line] sku", section.sku, required=True)
        self._quantity = readers.whole("[line] quantity", section.quantity)
        self._price = readers.money("[line] total" if self._by_total else "[line] price", priced)
        self._title = readers.title("[line] title", section.title)
        self._unit = readers.made("[line] unit", section.unit, code)
        self._adjustments = {
            name: readers.money(f"[line] {name}", getattr(section, name))
            for name in ADJUSTMENTS
            if getattr(section, name) is not None
        }
        self.readers = (
            self._id,
            self._sku,
            self._quantity,
            self._price,
            self._title,
            self._unit,
            *self._adjustments.values(),
        )

    def columns(self, rows: Sequence[Row]) -> list[list[Any]]:
        """The values of the rows, a list for each reader."""
        return [reader.all(rows) for reader in self.readers]

    def lines(self, columns: list[list[Any]], before: int) -> tuple[OrderLine, ...]:
        """The lines of rows whose columns were all readable; `before` lines were numbered."""
        ids, skus, quantities, prices, titles, units, *adjustments = columns
        if not self.named:
            ids = numbers(before, len(skus))
        if self._by_total or adjustments or any(units):
            told = zip(*adjustments, strict=True) if adjustments else repeat(())
            plain = zip(ids, skus, quantities, prices, titles, strict=True)
            return tuple(map(self._whole, plain, units, told))
        return tuple(map(OrderLine, ids, skus, quantities, prices, titles))

    def _whole(self, plain: Any, unit: str | None, told: Any) -> OrderLine:
        id, sku, quantity, price, title = plain
        found = adjusted(dict(zip(self._adjustments, told, strict=True)))
        if self._by_total:
            return priced(OrderLine(id, sku, quantity, None, title), price, unit, found)
        return priced(OrderLine(*plain), None, unit, found)


def priced(
    line: OrderLine,
    total: Decimal | None,
    unit: str | None = None,
    adjustments: tuple[Adjustment, ...] = (),
) -> OrderLine:
    """The line with the price of a unit that its total comes to; what is left over is rounding."""
    price = line.price
    if total is not None:
        price = money(total / line.quantity)
        if rest := money(total - price * line.quantity):
            adjustments = (*adjustments, Adjustment("rounding", rest))
    unit = unit or line.unit
    return OrderLine(line.line, line.sku, line.quantity, price, line.title, unit, adjustments)


def numbers(before: int, count: int) -> list[str]:
    """The numbers of so many lines, after those before."""
    last = before + count
    while len(_NUMBERS) < min(last, 10_000):
        _NUMBERS.append(str(len(_NUMBERS) + 1))
    if last <= len(_NUMBERS):
        return _NUMBERS[before:last]
    return [str(number) for number in range(before + 1, last + 1)]


_NUMBERS: list[str] = []


def reports(mapping: Mapping) -> tuple[Step, ...]:
    """The steps that the export tells of: those the mapping names, unless it says otherwise."""
    if mapping.reports is not None:
        return mapping.reports
    told = {"placed", *mapping.told_steps()}
    return tuple(REPORTED[name] for name in NAMES if name in told and name in REPORTED)


def adjusted(told: dict[str, Any]) -> tuple[Adjustment, ...]:
    """Adjustments for the amounts told; a discount is taken off, whatever its sign."""
    found = []
    for kind in ADJUSTMENTS:
        amount: Decimal | None = told.get(kind)
        if amount:
            found.append(Adjustment(kind, -abs(amount) if kind == "discount" else amount))
    return tuple(found)


def total(lines: Sequence[OrderLine], fields: dict[str, Any]) -> Decimal | None:
    """What the lines and the adjustments of the order come to; None where a price is unknown."""
    sum = Decimal(0)
    for line in lines:
        if line.price is None:
            return None
        sum += line.price * line.quantity
        for adjustment in line.adjustments:
            sum += adjustment.amount
    for adjustment in fields.get("adjustments", ()):
        sum += adjustment.amount
    return sum


def _reader(readers: Readers, where: str, name: str, cell: Any) -> Reader:
    if name in ("promised", "requested", "ship_by"):
        return readers.time(where, cell)
    if name in ADJUSTMENTS:
        return readers.money(where, cell)
    if name == "priority":
        return readers.number(where, cell)
    if name in SHORT:
        return readers.made(where, cell, currency if name == "currency" else country)
    return readers.text(where, cell)
