"""Which lines do orders have, and where do the units of each stand?"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any

from ordertrail.domain.event import Event
from ordertrail.domain.order import events as e
from ordertrail.domain.order.positions import Move
from ordertrail.domain.values import DEFAULT_UNIT
from ordertrail.projections.order_facts import counts
from ordertrail.projections.projection import Key, Projection, row

WITH_MOVES = (
    *(kind for kind in e.EVENTS if issubclass(kind, e.StepEvent)),
    e.OrderDeclined,
)
WITH_NEW_LINES = (e.ExchangeOpened, e.RepairOpened)


@row("order_lines", key=("order_id", "line"), indexes=(("sku",),))
class LineRow:
    """A line of an order as it stands."""

    order_id: Annotated[str, "the order"]
    line: Annotated[str, "the line within the order"]
    sku: Annotated[str, "what was ordered"] = ""
    title: Annotated[str | None, "what it was called then"] = None
    unit: Annotated[str, "in what it is counted, as UN/ECE Recommendation 20 codes it"] = (
        DEFAULT_UNIT
    )
    price: Annotated[Decimal | None, "of one unit; nothing: unknown"] = None
    replaces: Annotated[str | None, "the line whose goods it replaces"] = None
    quantity: Annotated[int, "units ordered in all, those cancelled included"] = 0
    open: Annotated[int, "units for which nothing was done yet"] = 0
    backordered: Annotated[int, "units that wait for stock"] = 0
    allocated: Annotated[int, "units for which stock is set aside"] = 0
    picked: Annotated[int, "units taken from their place"] = 0
    packed: Annotated[int, "units packed"] = 0
    shipped: Annotated[int, "units on their way"] = 0
    delivered: Annotated[int, "units with the customer"] = 0
    returned: Annotated[int, "units that came back from the customer"] = 0
    returned_to_sender: Annotated[int, "units that the carrier brought back"] = 0
    lost: Annotated[int, "units lost on the way"] = 0
    cancelled: Annotated[int, "units called off"] = 0


class OrderLines(Projection[LineRow]):
    """A row for each line; the parts of an event are its moves, new lines, rises and prices."""

    name = "order_lines"
    row = LineRow
    meaning = "Which lines do orders have, and where do the units of each stand?"
    on = (e.OrderPlaced, e.OrderAmended, *WITH_NEW_LINES, *WITH_MOVES)
    begins = (e.OrderPlaced,)

    def stays(self, kind: type[Any]) -> bool:
        return True

    def parts(self, event: Event) -> Iterable[tuple[Key, Any]]:
        body = event.body
        parts: tuple[Any, ...]
        if isinstance(body, e.OrderPlaced):
            parts = body.lines
        elif isinstance(body, e.OrderAmended):
            parts = (*body.added, *body.moves, *body.raised, *body.prices)
        elif isinstance(body, WITH_NEW_LINES):
            parts = body.added
        else:
            parts = body.moves
        if not parts or not counts(body):
            return ()
        order_id = body.order_id
        return [((order_id, part.line), part) for part in parts]

    def apply(self, row: LineRow, event: Event, part: Any) -> LineRow | None:
        kind = part.__class__
        if kind is Move and row.quantity:  # by far the most
            origin, target, quantity = part.origin, part.target, part.quantity
            setattr(row, origin, getattr(row, origin) - quantity)
            setattr(row, target, getattr(row, target) + quantity)
        elif kind is e.OrderLine:
            if not row.quantity:
                row.sku = part.sku
                row.title = part.title
                row.unit = part.unit
                row.price = part.price
                row.replaces = part.replaces
                row.quantity = row.open = part.quantity
        elif not row.quantity:
            return None
        elif kind is e.LinePrice:
            row.price = part.price
        else:  # a rise
            row.quantity += part.quantity
            row.open += part.quantity
        return row
