"""`ordertrail alerts`: what goes wrong, and saying that you take care of it."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import typer
from pydantic import ValidationError
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from ordertrail.adapters.alert_queries import Alert
from ordertrail.adapters.cli.do import complaints, receipt_json
from ordertrail.adapters.cli.options import Json, Limit
from ordertrail.adapters.cli.output import (
    page,
    plain,
    print_json,
    say_what_is_left_out,
    screenful,
)
from ordertrail.adapters.cli.session import opened
from ordertrail.adapters.cli.words import listed, moment, nearest, plural, relative, utc_now
from ordertrail.domain.alert import AcknowledgeAlert
from ordertrail.domain.errors import BadInput

SEVERITIES = {"critical": "bold red", "warning": "yellow", "info": "blue"}

alerts = typer.Typer(help="List what goes wrong, those that are open first.")


@alerts.callback(invoke_without_command=True)
def list_(
    context: typer.Context,
    *,
    state: Annotated[
        Literal["open", "acknowledged", "resolved", "watching"] | None,
        typer.Option(
            "--state",
            help="Only those in this state; watching: not open, but waiting for a time to pass.",
        ),
    ] = None,
    rule: Annotated[
        str | None, typer.Option("--rule", metavar="NAME", help="Only those of this rule.")
    ] = None,
    severity: Annotated[
        Literal["info", "warning", "critical"] | None,
        typer.Option("--severity", help="Only those this severe."),
    ] = None,
    order: Annotated[
        str | None, typer.Option("--order", metavar="ID", help="Only those about this order.")
    ] = None,
    customer: Annotated[
        str | None, typer.Option("--customer", metavar="ID", help="Only those about a customer.")
    ] = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """List what goes wrong: which order, SKU or customer, since when, and what to do about it.

    Those that are open come first, the worst of them on top. Alerts resolve themselves when their
    cause has gone.
    """
    if context.invoked_subcommand is not None:
        return
    with opened(context) as trail:
        known = [one.name for one in trail.app.rules]
        if rule is not None and rule not in known:
            raise BadInput(f"There is no rule {rule}.{nearest(rule, known)}")
        found = trail.alerts(
            state=state, rule=rule, severity=severity, order=order, customer=customer, limit=limit
        )
    if json:
        for alert in found:
            print_json(alert_json(alert))
    else:
        show_alerts(found, page(), utc_now(), limit=limit)


@alerts.command("ack")
def acknowledge(
    context: typer.Context,
    *,
    alert_id: Annotated[
        str,
        typer.Argument(
            metavar="ALERT_ID", help="The alert, as its rule and subject: short_pick/SO-1001."
        ),
    ],
    actor: Annotated[
        str | None,
        typer.Option("--actor", metavar="KIND:ID", help="Who takes care of it: person:p-3."),
    ] = None,
    json: Json = False,
) -> None:
    """Say that somebody has seen an alert and takes care of it."""
    with opened(context) as trail:
        try:
            receipt = trail.acknowledge(alert_id, actor=actor)
        except ValidationError as error:
            raise BadInput(complaints(AcknowledgeAlert, error)) from None
    if json:
        print_json(receipt_json(receipt))
    else:
        page().print(Text(f"Acknowledged {alert_id}{' by ' + actor if actor else ''}."))


def alert_json(alert: Alert) -> dict[str, Any]:
    """An alert as one JSON object."""
    fields: dict[str, Any] = plain({name: getattr(alert, name) for name in Alert.__slots__})
    return fields


def show_alerts(
    found: Sequence[Alert], console: Console, now: datetime, *, limit: int | None = None
) -> None:
    """Print alerts, each with its meaning, its evidence and its remedy, and a summary."""
    if not found:
        console.print("No alert.")
        return
    shown = screenful(found, limit)
    for alert in shown:
        console.print(Group(_one(alert, now), ""))
    states = Counter(alert.state for alert in found)
    console.print(
        Text(f"{plural(len(found), 'alert')}: ", style="bold").append(
            ", ".join(f"{number:,} {state}" for state, number in states.items()),
            style="not bold",
        )
    )
    say_what_is_left_out(shown, found)


def _one(alert: Alert, now: datetime) -> Table:
    table = Table.grid(padding=(0, 1), pad_edge=False, expand=True)
    table.add_column(width=1)
    table.add_column(ratio=1)
    style = SEVERITIES[alert.severity] if alert.state in ("open", "acknowledged") else "dim"
    head = Text.assemble((alert.alert_id, f"bold {style}"), f"  {alert.severity}  ")
    head.append(alert.state, style="green" if alert.state == "resolved" else "bold")
    if alert.opened_at:
        head.append(f"  {moment(alert.opened_at)}, {relative(alert.opened_at, now)}", style="dim")
    elif alert.due:
        head.append(f"  due {moment(alert.due)}, {relative(alert.due, now)}", style="dim")
    about = [
        f"opened {alert.opened} times" if alert.opened > 1 else "",
        f"seen by {alert.acknowledged_by}" if alert.acknowledged_by else "",
        f"customer {alert.customer_id}" if alert.customer_id else "",
        f"events {listed([str(position) for position in alert.evidence], 5)}",
    ]
    rows = [(head, ""), (Text(alert.meaning), ""), (Text("→ " + alert.remedy), "")]
    if alert.state == "resolved":
        rows.pop()
    rows.append((Text(", ".join(part for part in about if part)), "dim"))
    for number, (text, row_style) in enumerate(rows):
        table.add_row(Text("●" if number == 0 else "", style=style), text, style=row_style)
    return table
