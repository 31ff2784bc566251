"""What somebody has to do next so that an order gets on: a code, derived from where it stands."""

from decimal import Decimal
from typing import Literal

from ordertrail.domain.order.positions import Position, Positions, Step

NextStep = Literal[
    "release_hold",
    "allocate",
    "pick",
    "pack",
    "ship",
    "await_stock",
    "deliver",
    "authorise_return",
    "receive_return",
    "inspect",
    "refund",
    "collect_payment",
    "none",
]

WORK: tuple[tuple[Position, int], ...] = (("open", 0), ("allocated", 1), ("picked", 2))
"""Units that wait for work in the house, with how many of the steps they have passed."""

STEPS: tuple[tuple[Step, NextStep], ...] = (
    ("allocated", "allocate"),
    ("picked", "pick"),
    ("packed", "pack"),
)


def next_step(
    standing: Positions,
    reports: tuple[str, ...],
    *,
    held: bool,
    returns: frozenset[str],
    balance: Decimal | None,
) -> NextStep:
    """The next step for the goods, then for what comes back, then for the money.

    Of the goods it is that of the units that are least far; a step that this shop does not report
    is left out. `returns` are the states of the returns; `balance` is what is owed still (negative:
    what has to go back), None where money is not tracked or a price is unknown.
    """
    return (
        _of_goods(standing, reports, held)
        or _of_returns(returns)
        or ("none" if not balance else "refund" if balance < 0 else "collect_payment")
    )


def _of_goods(standing: Positions, reports: tuple[str, ...], held: bool) -> NextStep | None:
    for position, passed in WORK:
        if standing[position]:
            if held:
                return "release_hold"
            return next((step for name, step in STEPS[passed:] if name in reports), "ship")
    if standing["packed"]:
        return "release_hold" if held else "ship"
    if standing["backordered"]:
        return "await_stock"
    return "deliver" if standing["shipped"] else None


def _of_returns(states: frozenset[str]) -> NextStep | None:
    if "requested" in states:
        return "authorise_return"
    if "authorised" in states:
        return "receive_return"
    return "inspect" if "received" in states else None
