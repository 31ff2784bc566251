"""Questions that no log can answer, and watchers in a busy shop."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ordertrail import CORE, AddNote, App, BadInput, Ordertrail, PlaceOrder, Rule
from ordertrail.domain.order.events import OrderPlaced
from ordertrail.projections.tracking import OrderRow

HALF = "\ud800"
NAIVE = datetime(2024, 5, 1)
BEYOND = datetime.max.replace(tzinfo=timezone(timedelta(hours=-5)))
QUESTIONS = {
    "order": lambda trail: trail.order(HALF),
    "order until a number": lambda trail: trail.order("A", until=10**30),
    "order until a naive time": lambda trail: trail.order("A", until=NAIVE),
    "events of a stream": lambda trail: list(trail.events(stream=HALF)),
    "events of a type": lambda trail: list(trail.events(types=[HALF])),
    "events after": lambda trail: list(trail.events(after=10**30)),
    "events since": lambda trail: list(trail.events(since=NAIVE)),
    "subscribe": lambda trail: next(trail.subscribe(after=10**30)),
    "orders of a customer": lambda trail: trail.orders(customer=HALF),
    "orders since": lambda trail: trail.orders(since=NAIVE),
    "orders since beyond": lambda trail: trail.orders(since=BEYOND),
    "orders, too many": lambda trail: trail.orders(limit=10**30),
    "order_lines": lambda trail: trail.order_lines(HALF),
    "parcels": lambda trail: trail.parcels(HALF),
    "find_orders": lambda trail: trail.find_orders(HALF),
    "history": lambda trail: trail.history(HALF),
    "activity": lambda trail: trail.activity(order_id=HALF),
    "customers": lambda trail: trail.customers(ordered_since=NAIVE),
    "alerts": lambda trail: trail.alerts(order=HALF),
    "acknowledge": lambda trail: trail.acknowledge(HALF),
    "watch": lambda trail: trail.watch(NAIVE),
    "watch beyond": lambda trail: trail.watch(BEYOND),
    "rows": lambda trail: trail.rows(OrderRow, "order_id = ?", [HALF]),
    "rows in no SQL": lambda trail: trail.rows(OrderRow, "no such"),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_what_no_log_can_be_asked_is_bad_input(question):
    with Ordertrail.open("memory:", follow=False) as trail, pytest.raises(BadInput):
        question(trail)


def test_watching_ends_though_others_write_all_the_time(monkeypatch):
    line = {"line": "1", "sku": "MUG", "quantity": 1}
    order = PlaceOrder(order_id="A", lines=[line], promised_at=datetime(2020, 1, 1, tzinfo=UTC))
    with Ordertrail.open("memory:", follow=False) as trail:
        trail.execute(order)
        decide, looks = trail.execute_many, []

        def while_others_write(commands):
            looks.append(len(commands))
            assert len(looks) < 10, "it looks again and again"
            outcomes = decide(commands)
            trail.execute(AddNote(order_id="A", kind="call"))
            return outcomes

        monkeypatch.setattr(trail, "execute_many", while_others_write)
        assert [event.type for receipt in trail.watch() for event in receipt.events]


class Joined(Rule):
    """Judges an order and its customer together, under an id longer than those of both."""

    name = "joined"
    meaning = remedy = "None."
    on = (OrderPlaced,)

    def parts(self, event):
        return ((f"{event.body.order_id}/{event.body.customer_id}", 1),)

    def apply(self, memo, event, part):
        return None if part is None else {"orders": part}

    def firing(self, memo):
        return False

    def deadline(self, memo):
        return datetime(2020, 1, 1, tzinfo=UTC)


def test_a_subject_may_be_made_of_several_ids_however_long():
    lines = [{"line": "1", "sku": "MUG", "quantity": 1}]
    with Ordertrail.open("memory:", app=CORE + App(rules=[Joined()]), follow=False) as trail:
        trail.execute(PlaceOrder(order_id="A" * 200, customer_id="C" * 200, lines=lines))
        assert [event.type for receipt in trail.watch() for event in receipt.events] == [
            "alert.deadline_passed"
        ]
        assert trail.watch() == []


def test_a_rule_whose_name_cannot_be_one_is_refused_when_the_app_is_made():
    class Odd(Rule):
        name = "Odd Rule"
        meaning = remedy = "None."
        on = ()

    with pytest.raises(BadInput, match="Odd Rule"):
        App(rules=(Odd(),))
