"""One order on a page: how it stands, its lines and parcels, and what happened to it."""

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from ordertrail.adapters.cli.order_document import OrderPage
from ordertrail.adapters.cli.output import HIDDEN
from ordertrail.adapters.cli.timeline import timeline
from ordertrail.adapters.cli.words import (
    asked,
    bar,
    late_by,
    listed,
    moment,
    money,
    plural,
    relative,
    spoken,
)
from ordertrail.domain.order.state import Order
from ordertrail.domain.values import Personal, Recipient

STATE_STYLES = {
    "delivered": "green",
    "closed": "green",
    "shipped": "blue",
    "ready": "blue",
    "partial": "yellow",
    "backordered": "yellow",
    "cancelled": "red",
    "lost": "red",
    "returned_to_sender": "red",
    "returned": "magenta",
    "partially_returned": "magenta",
}


def show(page: OrderPage, console: Console, *, personal: bool = False) -> None:
    """Print the page."""
    order = page.order
    console.print(_head(page))
    console.print(_facts(page, personal))
    if order.lines:
        console.print(Group("", _lines(order)))
    if order.parcels:
        console.print(Group("", _parcels(order)))
    console.print(Group("", Text("Timeline", style="bold"), timeline(page.events, page.now)))


def state(name: str | None) -> Text:
    """A state in its colour."""
    return Text(spoken(name or "not placed"), style=STATE_STYLES.get(name or "", ""))


def _head(page: OrderPage) -> RenderableType:
    order = page.order
    head = Text.assemble(("Order ", "bold"), (order.id, "bold cyan"), "  ", state(order.status))
    head.append(" · goods ").append_text(state(order.shipment_state))
    if order.return_state != "none":
        head.append(" · returns ").append_text(state(order.return_state))
    if order.payment_state != "untracked":
        head.append(" · money ").append_text(state(order.payment_state))
    if page.late:
        late = late_by(order.first_promise, page.delivered_at, page.now)
        head.append("  ").append(f" {late} ", style="bold white on red")
    return head


def _facts(page: OrderPage, personal: bool) -> Table:
    order = page.order
    table = Table.grid(padding=(0, 2), pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column()

    def fact(label: str, *parts: str | None) -> None:
        if told := [part for part in parts if part]:
            table.add_row(label, Text(", ".join(told)))

    fact("customer", order.customer_id)
    if order.placed_at:
        fact("placed", moment(order.placed_at), relative(order.placed_at, page.now))
    if order.first_promise:
        fact("promised", moment(order.first_promise))
    if order.current_promise and order.current_promise != order.first_promise:
        fact("promised now", moment(order.current_promise))
    fact("delay", page.delay_cause and spoken(page.delay_cause))
    if order.lines:
        fact("arrived", _arrived(order))
    if order.due is not None:
        paid = f"{money(order.captured)} paid" if order.captured else None
        back = f"{money(order.refunded)} refunded" if order.refunded else None
        fact("due", money(order.due, order.currency), paid, back)
    fact("goes to", *_destination(order, personal))
    fact("to heed", *map(asked, order.requirements))
    fact("on hold", *order.holds)
    fact("next step", spoken(page.next_step) if page.next_step not in (None, "none") else None)
    fact("known as", *(f"{ref.id} ({ref.system})" for ref in order.references))
    return table


def _arrived(order: Order) -> str:
    positions = order.positions
    there = positions.get("delivered", 0) + positions.get("returned", 0)
    wanted = sum(line.current_quantity for line in order.lines.values())
    return f"{bar(there / wanted if wanted else 0)} {there:,} of {plural(wanted, 'unit')}"


def _destination(order: Order, personal: bool) -> list[str | None]:
    place = order.ship_to
    where = [place.city, place.postcode, place.country] if place else []
    if order.recipient is None:
        return [*where]
    return [*recipient(order.recipient, personal), *where]


def recipient(sealed: Personal[Recipient], personal: bool) -> list[str | None]:
    """Who receives, where the user asked to see it."""
    if not personal or not isinstance(sealed.value, Recipient):
        return [HIDDEN]
    return [sealed.value.name, sealed.value.company, *sealed.value.lines]


def _lines(order: Order) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="dim", expand=True)
    table.add_column("line", overflow="fold", max_width=8)
    table.add_column("SKU", overflow="fold", max_width=20)
    table.add_column("title", ratio=1)
    table.add_column("units", justify="right", no_wrap=True)
    table.add_column("where they stand")
    table.add_column("price", justify="right", no_wrap=True)
    for line in order.lines.values():
        where = [f"{n:,} {spoken(name)}" for name, n in line.positions.items() if n]
        table.add_row(
            Text(line.id),
            Text(line.sku),
            Text((line.title or "") + (f" (for line {line.replaces})" if line.replaces else "")),
            f"{line.current_quantity:,}",
            Text(", ".join(where)),
            money(line.price),
        )
    return Group(Text("Lines", style="bold"), table)


def _parcels(order: Order) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="dim", expand=True)
    table.add_column("parcel", overflow="fold", max_width=20)
    table.add_column("stage", no_wrap=True)
    table.add_column("carrier and number", ratio=1)
    table.add_column("units", justify="right", no_wrap=True)
    table.add_column("lines", max_width=16)
    for parcel in order.parcels.values():
        carried = [parcel.carrier, parcel.service, parcel.tracking_number, parcel.sscc]
        table.add_row(
            Text(parcel.id),
            state(parcel.stage),
            Text(" ".join(part for part in carried if part)),
            f"{sum(parcel.contents.values()):,}",
            Text(listed(list(parcel.contents))),
        )
    return Group(Text("Parcels", style="bold"), table)
