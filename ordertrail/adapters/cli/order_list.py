"""Orders as a table that fits a terminal, with a summary below."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from ordertrail.adapters.cli.order_page import STATE_STYLES, state
from ordertrail.adapters.cli.output import say_what_is_left_out, screenful
from ordertrail.adapters.cli.words import day, late_by, money, plural, relative
from ordertrail.projections.tracking import OrderRow


def order_json(row: OrderRow, now: datetime) -> dict[str, Any]:
    """An order of the list as one JSON object: its row in the view, and whether it is late."""
    names = [field.name for field in fields(row)]
    told = {name: getattr(row, name) for name in names}
    return {"order_id": told.pop("order_id"), "late": row.late(now), **told}


def show_orders(
    rows: Sequence[OrderRow], console: Console, now: datetime, *, limit: int | None = None
) -> None:
    """Print orders and a summary of them; at a terminal the first screenful."""
    if not rows:
        console.print("No order.")
        return
    shown = screenful(rows, limit)
    table = Table(box=None, pad_edge=False, header_style="dim", expand=True)
    table.add_column("order", overflow="fold", ratio=3)
    table.add_column("customer", overflow="fold", ratio=2)
    table.add_column("placed", no_wrap=True)
    table.add_column("goods", no_wrap=True)
    table.add_column("units", justify="right", no_wrap=True)
    table.add_column("amount", justify="right", no_wrap=True)
    table.add_column("promised", no_wrap=True)
    for row in shown:
        table.add_row(
            Text(row.order_id, style="bold"),
            Text(row.customer_id or "guest", style="" if row.customer_id else "dim"),
            day(row.placed_at),
            _goods(row),
            f"{row.quantity - row.cancelled:,}",
            money(row.due),
            _promise(row, now),
        )
    console.print(table)
    console.print(Group("", _summary(rows, now)))
    say_what_is_left_out(shown, rows)


def _goods(row: OrderRow) -> Text:
    text = state(row.shipment_state)
    if row.return_state != "none":
        text = text.copy().append(" ↩", style="magenta")
    return text.append(" held", style="red") if row.holds else text


def _promise(row: OrderRow, now: datetime) -> Text:
    if row.late(now):
        return Text(late_by(row.promised_at, row.delivered_at, now), style="red")
    promise = row.current_promise_at
    if promise is None:
        return Text("")
    return Text(
        relative(promise, now) if row.live else day(promise), style="" if row.live else "dim"
    )


def _summary(rows: Sequence[OrderRow], now: datetime) -> Text:
    """How many orders stand where, as a bar and in words."""
    states = Counter(row.shipment_state for row in rows).most_common()
    late = sum(row.late(now) for row in rows)
    text = Text()
    for name, number in states:
        text.append(
            "█" * max(1, round(number / len(rows) * 24)), style=STATE_STYLES.get(name, "dim")
        )
    text.append(f" {plural(len(rows), 'order')}", style="bold")
    for name, number in states:
        text.append(" · ").append(f"{number:,} {name}", style=STATE_STYLES.get(name, ""))
    if late:
        text.append(" · ").append(f"{late:,} late", style="red")
    return text
