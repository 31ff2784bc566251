"""Questions that people and services ask of the views, one after the other."""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

from benchmarks.filling import fill
from benchmarks.lives import lives
from benchmarks.measure import Sample, Step, in_threads
from benchmarks.rows import Row, Settings
from benchmarks.turns import take_turns
from ordertrail.engine import Ordertrail
from ordertrail.projections.tracking import OrderRow

Question = Callable[[Ordertrail, int, str], Any]
"""Asks for the order of this number, or for this customer."""

QUESTIONS: dict[str, Question] = {
    "the row of an order": lambda t, n, _: t.rows(OrderRow, "order_id = ?", [f"SO-{n}"]),
    "an order as it stands, from its events": lambda t, n, _: t.order(f"SO-{n}"),
    "whose tracking number is this": lambda t, n, _: t.find_orders(f"RM{n:09}GB"),
    "the 50 latest late orders": lambda t, *_: t.orders(late=True, limit=50),
    "the orders of a customer": lambda t, _, c: t.orders(customer=c),
    "the history of a customer": lambda t, _, c: t.history(c),
    "who did what for a customer, 50 lines": lambda t, _, c: t.activity(customer_id=c, limit=50),
    "the 50 worst open alerts": lambda t, *_: t.alerts(state="open", limit=50),
}


def queries(settings: Settings) -> Iterator[Row]:
    """Ask each question of both databases in turns, with orders and customers by chance."""
    orders = 60 if settings.quick else 4000
    with settings.place() as place, ExitStack() as stack:
        trails: dict[str, Ordertrail] = {}
        for database in settings.databases:
            settings.tell(f"queries: filling: {database}")
            url = place.log_url(database)
            fill(url, lives(settings.folder, orders))
            trail = stack.enter_context(Ordertrail.open(url, follow=False))
            trail.catch_up()
            trails[f"Ordertrail, {database}"] = trail
        for case, question in QUESTIONS.items():
            ways = {
                name: partial(_ask, trail, question, orders, settings.seconds / 2)
                for name, trail in trails.items()
            }
            yield from take_turns(
                settings, ways, settings.rounds, part="queries", case=case, unit="queries/s"
            )


def _ask(trail: Ordertrail, question: Question, orders: int, seconds: float) -> Sample:
    customers = [row.customer_id for row in trail.customers()]

    def caller(number: int) -> Step:
        chance = random.Random(number)

        def step() -> int:
            question(trail, chance.randrange(orders), chance.choice(customers))
            return 1

        return step

    return in_threads(range(1), seconds, caller)
