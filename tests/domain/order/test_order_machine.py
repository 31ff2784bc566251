"""Whole orders at random, beside a plain model that only counts units at positions."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ordertrail.domain.errors import Refused
from ordertrail.domain.order import commands as c
from tests.domain.order.story import Story

GUARDED: dict[Any, tuple[str, tuple[str, ...]]] = {
    c.AllocateStock: ("allocated", ("backordered", "open")),
    c.ReleaseStock: ("open", ("allocated", "backordered")),
    c.BackorderItems: ("backordered", ("open",)),
    c.PickItems: ("picked", ("allocated", "backordered", "open")),
    c.ShortPick: ("backordered", ("allocated", "open")),
    c.VoidPick: ("open", ("picked",)),
    c.PackItems: ("packed", ("picked",)),
    c.VoidPack: ("picked", ("packed",)),
    c.ShipOrder: ("shipped", ("packed",)),
    c.ReceiveReturn: ("returned", ("delivered",)),
    c.CancelLine: ("cancelled", ("backordered", "open", "allocated")),
}
CHAIN = ("allocated", "picked", "packed", "shipped", "delivered")
BEHIND = ("cancelled", "open", "backordered", *CHAIN)
REPORTED = {c.AllocateStock: "allocated", c.PickItems: "picked", c.PackItems: "packed",
            c.ShipOrder: "shipped", c.DeliverOrder: "delivered"}  # fmt: skip
REACHED = {
    "allocated": {"allocated", "picked", "packed", "shipped", "delivered", "returned", "lost"},
    "picked": {"picked", "packed", "shipped", "delivered", "returned", "lost"},
    "packed": {"packed", "shipped", "delivered", "returned", "lost"},
    "shipped": {"shipped", "delivered", "returned", "lost"},
    "delivered": {"delivered", "returned"},
}
lines = st.sampled_from(["1", "2"])
units = st.integers(1, 4)


class OrderMachine(RuleBasedStateMachine):
    """Every unit is an entry in a list of positions; how it got there is remembered beside it."""

    @initialize(first=units, second=units)
    def place(self, first: int, second: int) -> None:
        self.story = Story().placed({"1": first, "2": second})
        self.units = {"1": ["open"] * first, "2": ["open"] * second}
        self.told: dict[str, dict[str, int]] = {"1": {}, "2": {}}

    def shift(self, line: str, origins: Any, target: str, quantity: int) -> int:
        """Move up to so many units, from the first of the origins first; how many it were."""
        standing, moved = self.units[line], 0
        for origin in origins:
            while quantity > moved and origin in standing:
                standing[standing.index(origin)] = target
                moved += 1
        for step, passed in REACHED.items():
            there = sum(position in passed for position in standing)
            self.told[line][step] = min(self.told[line].get(step, 0), there)
        return moved

    def inferred(self, line: str, step: str) -> int:
        there = sum(position in REACHED[step] for position in self.units[line])
        return there - self.told[line].get(step, 0)

    def count(self, line: str, step: str, quantity: int) -> None:
        self.told[line][step] = self.told[line].get(step, 0) + quantity

    @rule(kind=st.sampled_from(list(GUARDED)), line=lines, quantity=units)
    def ask(self, kind: Any, line: str, quantity: int) -> None:
        target, origins = GUARDED[kind]
        fits = sum(position in origins for position in self.units[line]) >= quantity
        if kind is c.CancelLine:
            self.story.when(kind, None, line=line, quantity=quantity)
        else:
            self.story.when(kind, {line: quantity})
        assert isinstance(self.story.scenario.refusal, Refused) == (not fits)
        if fits:
            self.shift(line, origins, target, quantity)
            if kind in REPORTED:
                self.count(line, target, quantity)

    @rule(kind=st.sampled_from(list(REPORTED)), line=lines, quantity=units)
    def tell(self, kind: Any, line: str, quantity: int) -> None:
        step = REPORTED[kind]
        explained = min(quantity, self.inferred(line, step))
        self.count(line, step, explained)
        nearest = [*reversed(BEHIND[: BEHIND.index(step)])]
        if kind is c.DeliverOrder:
            nearest.insert(1, "lost")
        moved = self.shift(line, nearest, step, quantity - explained)
        self.count(line, step, moved)
        self.story.told(kind, {line: quantity})
        excess = [d for d in self.story.deviations if d[0] == "excess"]
        beyond = quantity - explained - moved
        assert excess == ([("excess", line, beyond)] if beyond else [])

    @rule(kind=st.sampled_from([c.PickItems, c.ShipOrder, c.DeliverOrder]))
    def tell_of_every_unit(self, kind: Any) -> None:
        step = REPORTED[kind]
        for line in self.units:
            self.count(line, step, self.inferred(line, step))
            self.count(line, step, self.shift(line, BEHIND[1 : BEHIND.index(step)], step, 99))
        self.story.told(kind)

    @rule(line=lines, quantity=units)
    def lose(self, line: str, quantity: int) -> None:
        self.shift(line, ("shipped", "packed", "picked", "allocated", "backordered", "open",
                          "cancelled"), "lost", quantity)  # fmt: skip
        self.story.told(c.RecordLoss, {line: quantity})

    @rule(line=lines, quantity=st.integers(0, 6))
    def amend(self, line: str, quantity: int) -> None:
        standing = self.units[line]
        change = quantity - sum(position != "cancelled" for position in standing)
        free = ("backordered", "open", "allocated")
        fits = -change <= sum(position in free for position in standing)
        fits = fits and not (change > 0 and self.story.order.called_off)
        self.story.when(c.AmendOrder, None, quantities={line: quantity})
        assert isinstance(self.story.scenario.refusal, Refused) == (not fits)
        if fits and change > 0:
            standing += ["open"] * change
        elif fits:
            self.shift(line, free, "cancelled", -change)

    @rule(reported=st.booleans())
    def cancel(self, reported: bool) -> None:
        everything = {position for line in self.units.values() for position in line}
        fits = everything <= {"open", "backordered", "allocated", "cancelled"}
        fits = fits or self.story.order.called_off
        self.story.when(c.CancelOrder, None, reported=reported)
        assert isinstance(self.story.scenario.refusal, Refused) == (not fits and not reported)
        if self.story.scenario.bodies:
            for line in self.units:
                self.shift(line, ("backordered", "open", "allocated", "picked", "packed"),
                           "cancelled", 99)  # fmt: skip

    @invariant()
    def stand_where_the_model_has_them(self) -> None:
        if not hasattr(self, "units"):
            return
        for id, standing in self.units.items():
            line = self.story.order.lines[id]
            assert sorted(standing) == sorted(
                position for position, count in line.positions.items() for _ in range(count)
            )
            for step in CHAIN:
                assert line.inferred(step) == self.inferred(id, step), step


TestOrderMachine = OrderMachine.TestCase
