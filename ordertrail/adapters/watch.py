"""Turns deadlines that have come into commands; any number of watchers may do so at once."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256

from ordertrail.adapters.tables import Database, rows
from ordertrail.domain.aggregate import Command
from ordertrail.domain.alert import PassDeadline
from ordertrail.projections.alerts.alerts import AlertRow
from ordertrail.projections.alerts.rule import Rule

LONGEST_ID = 200


def due_commands(store: Database, rules: Sequence[Rule], now: datetime) -> Iterator[Command]:
    """A command for each alert row whose deadline has come, the earliest first.

    The id of the command is made of rule, subject and deadline, so that each deadline is decided
    once, whoever else watches.
    """
    with store.reading() as connection:
        found = rows(store.tables, connection, AlertRow, "due <= ?", [now], order="due, alert_id")
        due = list(found)
    return commands_for(due, rules, now)


def commands_for(
    due: Iterable[AlertRow], rules: Sequence[Rule], now: datetime
) -> Iterator[Command]:
    """The command for each row that is due; rows of rules that are no longer there are left out."""
    known = {rule.name: rule for rule in rules}
    for row in due:
        if row.rule in known and row.due is not None:
            yield _command(known[row.rule], row, row.due, now)


def _command(rule: Rule, row: AlertRow, due: datetime, now: datetime) -> Command:
    command = rule.at_deadline(row.subject, row.memo, due) or PassDeadline(
        rule=rule.name, subject=row.subject, deadline=due
    )
    envelope = {
        "command_id": _id(f"deadline:{row.alert_id}@{due.isoformat()}"),
        "occurred_at": now,
        "actor": f"policy:{rule.name}",
        "channel": "watch",
    }
    return command.model_copy(update=envelope)


def _id(name: str) -> str:
    """The name itself, or what stands for it where it is longer than the id of a command may be."""
    if len(name) <= LONGEST_ID:
        return name
    return f"deadline:{sha256(name.encode()).hexdigest()}"
