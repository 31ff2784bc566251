"""Which aggregates, projections and alert rules an engine runs; `CORE` is ours."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ordertrail.domain.aggregate import Aggregate, Command
from ordertrail.domain.alert import ALERT
from ordertrail.domain.customer import CUSTOMER
from ordertrail.domain.errors import BadInput
from ordertrail.domain.order import ORDER
from ordertrail.projections.alerts import RULES
from ordertrail.projections.alerts.alerts import Alerts
from ordertrail.projections.alerts.rule import Rule
from ordertrail.projections.catalogue import PROJECTIONS
from ordertrail.projections.projection import Projection


@dataclass(frozen=True)
class App:
    """What an engine runs; add your own with `CORE + App(aggregates=[STOCK], ...)`.

    Raises:
        BadInput: two things have the same name, a command or event belongs to two aggregates, or a
            name cannot be one.
    """

    aggregates: Sequence[Aggregate] = ()
    projections: Sequence[Projection[Any]] = ()
    rules: Sequence[Rule] = ()

    def __post_init__(self) -> None:
        _distinct("aggregate", (aggregate.name for aggregate in self.aggregates))
        _distinct("projection", (projection.name for projection in self.projections))
        _distinct("table", (projection.row.table for projection in self.projections))
        _distinct("rule", (rule.name for rule in self.rules))
        _distinct("command", (command.type_name() for command in self.commands))
        _distinct("event", (event.type for a in self.aggregates for event in a.events))
        for aggregate in self.aggregates:
            if "-" in aggregate.name or not aggregate.name:
                raise BadInput(f"The aggregate {aggregate.name!r} must have a name without a dash.")
        for rule in self.rules:
            if not re.fullmatch(r"[a-z][a-z0-9_]{0,79}", rule.name):
                raise BadInput(
                    f"The alert rule {rule.name!r} needs a name like 'no_tracking_news'."
                )

    def __add__(self, other: "App") -> "App":
        return App(
            (*self.aggregates, *other.aggregates),
            (*self.projections, *other.projections),
            (*self.rules, *other.rules),
        )

    @property
    def followed(self) -> tuple[Projection[Any], ...]:
        """The projections that follow the log: those named, and the one that keeps the alerts."""
        return (*self.projections, Alerts(self.rules))

    @property
    def commands(self) -> tuple[type[Command], ...]:
        """The classes of all commands."""
        return tuple(command for a in self.aggregates for command in a.commands)


def _distinct(kind: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise BadInput(f"The app has two of the {kind} {name!r}; give one another name.")
        seen.add(name)


CORE = App(aggregates=(ORDER, CUSTOMER, ALERT), projections=PROJECTIONS, rules=RULES)
