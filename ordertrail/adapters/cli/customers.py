"""`ordertrail customers` and `customer`: who orders, how often, and one of them in full."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from ordertrail import NotFound, Ordertrail
from ordertrail.adapters.cli.customer_document import CustomerPage, as_json, customer_json
from ordertrail.adapters.cli.customer_page import show
from ordertrail.adapters.cli.options import Json, Limit, Shown
from ordertrail.adapters.cli.options import since as since_when
from ordertrail.adapters.cli.output import page, print_json, say_what_is_left_out, screenful
from ordertrail.adapters.cli.session import opened
from ordertrail.adapters.cli.words import day, plural, relative, utc_now
from ordertrail.domain.customer import Customer
from ordertrail.projections.customer_history import CustomerRow

DEEDS = 200
"""How many deeds for a customer's orders are read at most, the latest ones."""


def customers(
    context: typer.Context,
    *,
    group: Annotated[
        str | None, typer.Option("--group", metavar="CODE", help="Only those of this group.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="WHEN", help="Only who ordered since this time."),
    ] = None,
    overdue: Annotated[
        bool,
        typer.Option(
            "--overdue", metavar="", help="Only who was expected to have ordered again by now."
        ),
    ] = False,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """List customers: how many orders, how often, and when the next one is expected."""
    now = utc_now()
    with opened(context) as trail:
        found = trail.customers(
            group=group,
            ordered_since=since_when(since),
            expected_before=now if overdue else None,
            limit=limit,
        )
    if json:
        for row in found:
            print_json(customer_json(row))
    else:
        show_customers(found, page(), now, limit=limit)


def customer(
    context: typer.Context,
    *,
    id: Annotated[
        str,
        typer.Argument(metavar="ID", help="The customer; of one that was merged, the other one."),
    ],
    personal: Shown = False,
    json: Json = False,
) -> None:
    """Show one customer: what it buys and sends back, when, what it asks for, and who served it."""
    with opened(context) as trail:
        shown = customer_page(trail, id, utc_now())
    if json:
        print_json(as_json(shown), personal=personal)
    else:
        show(shown, page(), personal=personal)


def customer_page(trail: Ordertrail, customer_id: str, now: datetime) -> CustomerPage:
    """What is shown of a customer.

    Raises:
        NotFound: nobody has told anything of such a customer.
    """
    history = trail.history(customer_id)
    survivor = history.customer.customer_id
    try:
        known = trail.customer(survivor)
    except NotFound:
        known = Customer()  # one that only orders speak of
    deeds = trail.activity(customer_id=survivor, limit=DEEDS)
    return CustomerPage(history, known, trail.orders(customer=survivor), deeds, now)


def show_customers(
    rows: Sequence[CustomerRow], console: Console, now: datetime, *, limit: int | None = None
) -> None:
    """Print customers as a table, with a summary below; at a terminal the first screenful."""
    if not rows:
        console.print("No customer.")
        return
    table = Table(box=None, pad_edge=False, header_style="dim", expand=True)
    table.add_column("customer", overflow="fold", ratio=1)
    table.add_column("group", overflow="fold", ratio=1)
    table.add_column("orders", justify="right")
    table.add_column("last order", no_wrap=True)
    table.add_column("every", justify="right", no_wrap=True)
    table.add_column("next expected", no_wrap=True)
    shown = screenful(rows, limit)
    for row in shown:
        average, expected = row.average_days_between_orders, row.expected_next_order_at
        table.add_row(
            Text(row.customer_id, style="bold"),
            Text(row.customer_group or ""),
            f"{row.orders:,}",
            day(row.last_order_at),
            "" if average is None else f"{average:,.0f} d",
            Text(f"{day(expected)} {relative(expected, now)}" if expected else ""),
        )
    console.print(Group(table, ""))
    orders = sum(row.orders for row in rows)
    console.print(Text(f"{plural(len(rows), 'customer')}, {plural(orders, 'order')}", style="bold"))
    say_what_is_left_out(shown, rows)
