"""The order: one aggregate, from placed to returned."""

from ordertrail.domain.aggregate import Aggregate
from ordertrail.domain.order.commands import COMMANDS
from ordertrail.domain.order.decide import decide
from ordertrail.domain.order.events import EVENTS
from ordertrail.domain.order.evolve import evolve
from ordertrail.domain.order.state import INITIAL, Order

ORDER = Aggregate(
    name="order",
    initial=INITIAL,
    evolve=evolve,
    decide=decide,
    events=EVENTS,
    commands=COMMANDS,
)

__all__ = ["INITIAL", "ORDER", "Order", "evolve"]
