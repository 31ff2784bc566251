"""An order told in short sentences: `do` asks (guarded), `told` reports, the rest checks."""

from datetime import datetime, timedelta
from string import Formatter
from typing import Any, Self

from ordertrail.domain.customer import CUSTOMER
from ordertrail.domain.messages import SENTENCES
from ordertrail.domain.order import ORDER, Order
from ordertrail.domain.order import commands as c
from ordertrail.domain.order import events as e
from ordertrail.domain.order.positions import DEFAULT_REPORTS
from tests.scenario import NOON, Scenario

ID = "SO-1"
EVERY_STEP = ("allocated", *DEFAULT_REPORTS, "authorised", "paid")
Units = dict[str, int] | int


def hour(number: float) -> datetime:
    """So many hours after everything begins."""
    return NOON + timedelta(hours=number)


def quantities(units: Units | None) -> list[dict[str, Any]]:
    """`{"1": 3}` (or 3, of line 1) as lines of a command; nothing names no lines."""
    if units is None:
        return []
    units = {"1": units} if isinstance(units, int) else units
    return [{"line": line, "quantity": quantity} for line, quantity in units.items()]


class Story:
    """Commands to one order, an hour apart unless `at` says when."""

    def __init__(self) -> None:
        self.scenario = Scenario(ORDER, CUSTOMER)
        self.hours = 0.0

    def placed(self, units: Units = 5, **fields: Any) -> Self:
        units = {"1": units} if isinstance(units, int) else units
        prices = fields.pop("prices", {})
        lines = [
            {"line": id, "sku": f"SKU-{id}", "quantity": quantity, "price": prices.get(id)}
            for id, quantity in units.items()
        ]
        return self.do(c.PlaceOrder, lines=lines, **fields)

    def do(self, kind: type[c.OrderCommand], units: Units | None = None, /, **fields: Any) -> Self:
        """A guarded command, that is not refused."""
        self.when(kind, units, **fields)
        assert self.scenario.refusal is None, self.scenario.refusal
        return self

    def told(
        self, kind: type[c.OrderCommand], units: Units | None = None, /, **fields: Any
    ) -> Self:
        return self.do(kind, units, reported=True, **fields)

    def refused(
        self, code: str, kind: type[c.OrderCommand], units: Units | None = None, /, **fields: Any
    ) -> Self:
        """A guarded command that is refused, with a whole sentence, and changes nothing."""
        before = self.order
        self.when(kind, units, **fields)
        self.scenario.then_refused(code)
        refusal = self.scenario.refusal
        assert refusal is not None
        said = {name for _, name, _, _ in Formatter().parse(SENTENCES[code]) if name}
        assert said <= set(refusal.arguments), f"the sentence of {code} lacks an argument"
        assert self.order == before
        return self

    def when(self, kind: type[c.OrderCommand], units: Units | None, /, **fields: Any) -> None:
        self.hours += 1
        at = fields.pop("at", self.hours)
        if units is not None:
            fields["lines"] = quantities(units)
        moment = at if isinstance(at, datetime) else hour(at)
        self.scenario.when(kind(order_id=ID, occurred_at=moment, **fields))

    @property
    def order(self) -> Order:
        state: Order = self.scenario.state(f"order-{ID}")
        return state

    @property
    def events(self) -> list[Any]:
        """What the last command led to."""
        return self.scenario.bodies

    @property
    def event(self) -> Any:
        """The one event that the last command led to."""
        (body,) = self.scenario.bodies
        return body

    @property
    def deviations(self) -> list[tuple[Any, ...]]:
        """How the last facts deviate: kind, and what else is said, without what is not."""
        return [
            tuple(said for said in (d.kind, d.line, d.quantity, d.detail) if said)
            for body in self.events
            for d in body.deviations
        ]

    @property
    def moves(self) -> list[tuple[str, int, str, str]]:
        return [(m.line, m.quantity, m.origin, m.target) for b in self.events for m in b.moves]

    def quiet(self) -> Self:
        """The last command led to nothing."""
        assert self.events == []
        return self

    def stands(self, *, line: str = "1", **positions: int) -> Self:
        """Where the units of a line are."""
        known = self.order.lines[line].positions
        assert {position: units for position, units in known.items() if units} == positions
        return self

    def deviates(self, *deviations: tuple[Any, ...]) -> Self:
        assert self.deviations == list(deviations)
        return self

    def last(self, kind: type[e.OrderEvent]) -> Any:
        """The newest event of this kind in the stream."""
        history = self.scenario.history[f"order-{ID}"]
        return [event.body for event in history if isinstance(event.body, kind)][-1]
