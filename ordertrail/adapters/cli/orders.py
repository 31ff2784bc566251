"""`ordertrail orders` and `order`: where orders stand, and one of them in full."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, get_args

import typer
from rich.text import Text

from ordertrail import NotFound, Ordertrail
from ordertrail.adapters.cli.options import Json, Limit, Shown
from ordertrail.adapters.cli.options import since as since_when
from ordertrail.adapters.cli.options import until as until_when
from ordertrail.adapters.cli.order_document import OrderPage, as_json
from ordertrail.adapters.cli.order_list import order_json, show_orders
from ordertrail.adapters.cli.order_page import show
from ordertrail.adapters.cli.output import note, page, print_json
from ordertrail.adapters.cli.session import opened
from ordertrail.adapters.cli.words import nearest, utc_now
from ordertrail.domain.errors import BadInput
from ordertrail.domain.order.positions import ShipmentState, Status
from ordertrail.projections.tracking import OrderRow

STATES = dict.fromkeys((*get_args(Status), *get_args(ShipmentState)))


def orders(
    context: typer.Context,
    *,
    state: Annotated[
        str | None,
        typer.Option(
            "--state", metavar="STATE", help="Only those of a status or a shipment state."
        ),
    ] = None,
    late: Annotated[
        bool,
        typer.Option(
            "--late", metavar="", help="Only those that arrived, or are awaited, after the promise."
        ),
    ] = False,
    customer: Annotated[
        str | None, typer.Option("--customer", metavar="ID", help="Only those of one customer.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="WHEN", help="Only placed since this time, or 7d ago."),
    ] = None,
    sku: Annotated[
        str | None, typer.Option("--sku", metavar="SKU", help="Only those with a line of this SKU.")
    ] = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """List orders and where they stand, the newest first.

    States are placed, closed, cancelled, and of the goods pending, ready, partial, backordered,
    shipped, delivered.
    """
    if state is not None and state not in STATES:
        raise BadInput(f"There is no state {state}.{nearest(state, STATES)} {_states()}")
    filters: dict[str, Any] = {
        "state": state,
        "late": late or None,
        "customer": customer,
        "since": since_when(since),
        "sku": sku,
    }
    with opened(context) as trail:
        found = trail.orders(**filters, limit=limit)
    now = utc_now()
    if json:
        for row in found:
            print_json(order_json(row, now))
    else:
        show_orders(found, page(), now, limit=limit)


def order(
    context: typer.Context,
    *,
    id: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="The order, or any number that leads to it: tracking, parcel ..."
        ),
    ],
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="WHEN", help="As it stood at this position or time."),
    ] = None,
    personal: Shown = False,
    json: Json = False,
) -> None:
    """Show one order: where it stands, its lines and parcels, and who did what when and why.

    Where a number leads to several orders, they are listed.
    """
    with opened(context) as trail:
        ids = _found(trail, id)
        if len(ids) > 1:
            note(f"{id} leads to {len(ids)} orders.")
            rows = _rows(trail, ids)
            now = utc_now()
            if json:
                for row in rows:
                    print_json(order_json(row, now))
            else:
                show_orders(rows, page(), now)
            return
        if ids[0] != id:
            note(Text(f"{id} leads to order {ids[0]}.", style="dim"))
        shown = order_page(trail, ids[0], until_when(until))
    if json:
        print_json(as_json(shown), personal=personal)
    else:
        show(shown, page(), personal=personal)


def order_page(
    trail: Ordertrail,
    order_id: str,
    until: int | datetime | None = None,
    now: datetime | None = None,
) -> OrderPage:
    """What is shown of an order, now or as it stood.

    Raises:
        NotFound: nothing was told of it (until then).
    """
    state = trail.order(order_id, until=until)
    events = list(trail.events(stream=f"order-{order_id}", until=until))
    rows = _rows(trail, [order_id]) if until is None else []
    if now is None:
        now = utc_now()
        if until is not None:
            now = min(now, until if isinstance(until, datetime) else events[-1].recorded_at)
    return OrderPage(
        state,
        events,
        now,
        next_step=rows[0].next_step if rows else None,
        delay_cause=rows[0].delay_cause if rows else None,
    )


def _found(trail: Ordertrail, id: str) -> list[str]:
    try:
        trail.order(id)
    except NotFound:
        found = trail.find_orders(id)
        if not found:
            raise
        return found
    return [id]


def _rows(trail: Ordertrail, ids: Sequence[str]) -> list[OrderRow]:
    marks = ", ".join("?" * len(ids))
    return trail.rows(
        OrderRow, f"order_id IN ({marks})", ids, order="placed_at DESC, order_id DESC"
    )


def _states() -> str:
    return f"There are {', '.join(STATES)}."
