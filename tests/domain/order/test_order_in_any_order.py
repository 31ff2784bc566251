"""The same facts in any order end in the same positions."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ordertrail.domain.order import Order
from ordertrail.domain.order import commands as c
from ordertrail.domain.order.positions import DEFAULT_REPORTS
from tests.domain.order.story import EVERY_STEP, ID, hour
from tests.domain.order.test_order_properties import decided, fold

REPORTS = st.sampled_from(
    [DEFAULT_REPORTS, EVERY_STEP, ("shipped", "delivered"), ("delivered",), ()]
)


@st.composite
def facts(draw: Any) -> list[Any]:
    """Facts of the chain about an order of one or two lines, its placing first.

    Parcels or no parcels: a parcel is shipped with its lines named, and delivered with or without.
    """
    ordered = draw(st.dictionaries(st.sampled_from("12"), st.integers(1, 5), min_size=1))

    def some() -> list[dict[str, Any]]:
        ids = draw(st.lists(st.sampled_from(sorted(ordered)), min_size=1, unique=True))
        return [{"line": id, "quantity": draw(st.integers(1, ordered[id] + 1))} for id in ids]

    def fact(kind: Any, lines: Any, **fields: Any) -> Any:
        return kind(order_id=ID, reported=True, lines=lines, occurred_at=hour(len(told)), **fields)

    told: list[Any] = []
    reports = draw(REPORTS)
    lines = [{"line": id, "sku": f"S{id}", "quantity": n} for id, n in ordered.items()]
    told.append(fact(c.PlaceOrder, lines, reports=reports))
    steps = [c.AllocateStock, c.PickItems]
    parcels = draw(st.sampled_from([(), ("P1",), ("P1", "P2"), ("P1", "P2", "P3")]))
    if not parcels:
        steps += [c.PackItems, c.ShipOrder, c.DeliverOrder]
    for kind in draw(st.lists(st.sampled_from(steps), max_size=6)):
        told.append(fact(kind, draw(st.sampled_from([(), some()]))))
    for parcel in parcels:
        contents = some()
        if draw(st.booleans()):
            told.append(fact(c.PackItems, contents, parcel=parcel))
        if draw(st.booleans()):
            told.append(fact(c.ShipOrder, contents, parcel=parcel))
        if draw(st.booleans()):
            whole = bool({"packed", "shipped"} & set(reports)) and draw(st.booleans())
            told.append(fact(c.DeliverOrder, () if whole else contents, parcel=parcel))
    return told


def positions_after(told: list[Any]) -> Any:
    order = Order()
    for command in told:
        order = fold(order, decided(command, order))
    lines = {
        line.id: {position: units for position, units in line.positions.items() if units}
        for line in order.lines.values()
    }
    return lines, sorted(waiting.body.type for waiting in order.waiting)


@given(facts(), st.data())
def test_the_same_facts_in_any_order_end_in_the_same_positions(told, data):
    assert positions_after(data.draw(st.permutations(told))) == positions_after(told)
