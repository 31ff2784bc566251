"""One customer on a page: what it asks for, buys and sends back, when, and who served it."""

from collections import Counter
from datetime import time
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from ordertrail.adapters.cli.customer_document import CustomerPage
from ordertrail.adapters.cli.output import HIDDEN
from ordertrail.adapters.cli.words import (
    asked,
    day,
    listed,
    money,
    plural,
    relative,
    sparkline,
    spoken,
)
from ordertrail.domain.values import HandlingRequirement

FAVOURITES, LATEST, SERVERS = 5, 5, 5
DEEDS = ("picked", "packed", "shipped")
YEARS = 24
"""How many months the chart shows at most."""


def show(page: CustomerPage, console: Console, *, personal: bool = False) -> None:
    """Print the page."""
    console.print(_head(page, personal))
    console.print(_facts(page))
    for title, table in (
        ("Favourites", _favourites(page)),
        ("Sent back and refunded", _returns(page)),
        ("Latest orders", _orders(page)),
        ("Who served them", _servers(page)),
    ):
        if table.row_count:
            console.print(Group("", Text(title, style="bold"), table))


def _head(page: CustomerPage, personal: bool) -> Text:
    customer = page.history.customer
    head = Text.assemble(("Customer ", "bold"), (customer.customer_id, "bold cyan"))
    if page.known.name is not None:
        head.append(f"  {page.known.name.value if personal else HIDDEN}")
    for fact in (customer.kind, customer.customer_group, customer.language, customer.country):
        head.append(f" · {fact}" if fact else "")
    if page.known.erased:
        head.append(" · erased", style="red")
    return head


def _facts(page: CustomerPage) -> Table:
    history = page.history
    table = Table.grid(padding=(0, 2), pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column()

    def fact(label: str, *parts: str | None) -> None:
        if told := [part for part in parts if part]:
            table.add_row(label, Text(", ".join(told)))

    def some(number: int, words: str) -> str | None:
        return f"{number:,} {words}" if number else None

    fact("also known as", *history.aliases)
    fact(
        "orders",
        plural(history.orders, "order"),
        some(history.orders_cancelled, "cancelled"),
        some(history.orders_arrived_late, "arrived late"),
        some(history.orders_with_returns, "with returns"),
    )
    fact("bought", plural(history.units, "unit"), some(history.units_returned, "sent back"))
    for spent in history.spending:
        fact(
            "spent",
            money(spent.due, spent.currency),
            f"{money(spent.captured)} paid" if spent.captured else None,
            f"{money(spent.refunded)} refunded" if spent.refunded else None,
        )
    fact("by month", _chart(page))
    if history.average_days_between_orders is not None:
        fact("orders every", plural(round(history.average_days_between_orders), "day"))
    if expected := history.expected_next_order_at:
        spread = history.expected_next_order_spread_days
        around = f" ± {plural(round(spread), 'day')}" if spread is not None else ""
        fact("next expected", f"{day(expected)}{around}", relative(expected, page.now))
    fact("asks", *(asked(requirement(one)) for one in history.customer.requirements))
    fact("likes", *(f"{key} {value or ''}".strip() for key, value in _liked(page).items()))
    fact(
        "agreed to",
        *(f"{what} by {', '.join(media)}" for what, media in history.customer.consents.items()),
    )
    return table


def _chart(page: CustomerPage) -> str:
    counted = list(page.orders_by_month.items())[-YEARS:]
    if len(counted) < 2:
        return ""
    return f"{sparkline([n for _, n in counted])} {counted[0][0]} to {counted[-1][0]}"


def _liked(page: CustomerPage) -> dict[str, str | None]:
    return page.history.customer.preferences


def requirement(told: dict[str, Any]) -> HandlingRequirement:
    """A requirement as a view has it, as the domain has it."""
    times = {name: time.fromisoformat(told[name]) for name in told if name.startswith("not_")}
    return HandlingRequirement(told["kind"], told["code"], **times)


def _table(*columns: tuple[str, bool]) -> Table:
    """A table of columns: each its name, and whether it holds numbers."""
    table = Table(box=None, pad_edge=False, header_style="dim", expand=True)
    for name, numbers in columns:
        wide = name in ("title", "what", "why")
        table.add_column(
            name,
            justify="right" if numbers else "left",
            ratio=1 if wide else None,
            overflow="fold",
        )
    return table


def _favourites(page: CustomerPage) -> Table:
    table = _table(
        ("SKU", False), ("title", False), ("orders", True), ("units", True), ("back", True)
    )
    for item in page.history.items[:FAVOURITES]:
        back = f"{item.units_returned:,}" if item.units_returned else ""
        table.add_row(
            Text(item.sku),
            Text(item.title or ""),
            f"{item.times_ordered:,}",
            f"{item.units:,}",
            back,
        )
    return table


def _returns(page: CustomerPage) -> Table:
    table = _table(
        ("what", False), ("why", False), ("times", True), ("units", True), ("last", True)
    )
    for one in page.history.returns:
        table.add_row(
            spoken(one.what),
            Text(spoken(one.reason or "")),
            f"{one.times:,}",
            f"{one.units:,}" if one.units else "",
            day(one.last_at),
        )
    return table


def _orders(page: CustomerPage) -> Table:
    table = _table(
        ("order", False), ("placed", False), ("goods", False), ("units", True), ("amount", True)
    )
    for row in page.orders[:LATEST]:
        table.add_row(
            Text(row.order_id, style="bold"),
            day(row.placed_at),
            spoken(row.shipment_state),
            f"{row.quantity:,}",
            money(row.due, row.currency),
        )
    return table


def _servers(page: CustomerPage) -> Table:
    table = _table(("who", False), ("what", False), ("last", True))
    done = [deed for deed in page.deeds if deed.actor and deed.what in DEEDS]
    units: dict[str, Counter[str]] = {}
    for deed in done:
        units.setdefault(deed.actor or "", Counter())[deed.what] += deed.quantity
    last = {deed.actor: deed.occurred_at for deed in reversed(done)}
    for actor, deeds in list(units.items())[:SERVERS]:
        what = listed([f"{what} {plural(number, 'unit')}" for what, number in deeds.items()])
        table.add_row(Text(actor, style="cyan"), what, day(last[actor]))
    return table
