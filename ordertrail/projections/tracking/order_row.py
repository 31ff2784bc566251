"""The columns of the table of orders. To add one: a field here, and where it changes in orders.py.

Then raise `Orders.version`, and the table is built anew when the engine opens.
"""

from dataclasses import field
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Annotated, Any, cast

from ordertrail.domain.event import EPOCH
from ordertrail.domain.order.positions import (
    POSITIONS,
    PaymentState,
    ReturnStage,
    ReturnState,
    ShipmentState,
    Status,
)
from ordertrail.projections.projection import row
from ordertrail.projections.tracking.next_step import NextStep


@row(
    "orders",
    key=("order_id",),
    indexes=(
        ("placed_at",),
        ("customer_id", "placed_at"),
        ("shipment_state", "placed_at"),
        ("status", "placed_at"),
    ),
)
class OrderRow:
    """An order as it stands."""

    order_id: Annotated[str, "the order"]
    customer_id: Annotated[str | None, "who ordered; nothing: a guest"] = None
    status: Annotated[Status, "whether there is anything left to do"] = "placed"
    shipment_state: Annotated[ShipmentState, "how far the goods have got"] = "pending"
    payment_state: Annotated[PaymentState, "how the money stands"] = "untracked"
    return_state: Annotated[ReturnState, "how far returns have got"] = "none"
    next_step: Annotated[NextStep, "what has to be done next"] = "none"

    quantity: Annotated[int, "units ordered in all, those cancelled included"] = 0
    live: Annotated[
        int, "units still awaited; where deliveries are not reported, those shipped are not"
    ] = 0
    open: Annotated[int, "units for which nothing was done yet"] = 0
    backordered: Annotated[int, "units that wait for stock"] = 0
    allocated: Annotated[int, "units for which stock is set aside"] = 0
    picked: Annotated[int, "units taken from their place"] = 0
    packed: Annotated[int, "units packed"] = 0
    shipped: Annotated[int, "units on their way"] = 0
    delivered: Annotated[int, "units with the customer"] = 0
    returned: Annotated[int, "units that came back from the customer"] = 0
    returned_to_sender: Annotated[int, "units that the carrier brought back"] = 0
    lost: Annotated[int, "units lost on the way"] = 0
    cancelled: Annotated[int, "units called off"] = 0

    currency: Annotated[str | None, "the currency of all amounts of the order"] = None
    total: Annotated[Decimal | None, "what it came to when it was placed"] = None
    due: Annotated[Decimal | None, "what is owed for all of it now; nothing: unknown"] = None
    captured: Annotated[Decimal, "money that came in"] = Decimal(0)
    refunded: Annotated[Decimal, "money that went back"] = Decimal(0)

    placed_at: Annotated[datetime, "when it was placed"] = EPOCH
    approved_at: Annotated[datetime | None, "when it was accepted"] = None
    requested_at: Annotated[datetime | None, "when the customer wishes to have it"] = None
    promised_at: Annotated[datetime | None, "by when it was promised first"] = None
    current_promise_at: Annotated[datetime | None, "by when it is promised now"] = None
    ship_by: Annotated[datetime | None, "by when it is to leave the house"] = None
    deliver_by: Annotated[datetime | None, "by when it is to arrive"] = None
    first_shipped_at: Annotated[datetime | None, "when the first of it left the house"] = None
    last_shipped_at: Annotated[datetime | None, "when units of it left the house last"] = None
    last_arrival_at: Annotated[datetime | None, "when units of it arrived last"] = None
    delivered_at: Annotated[
        datetime | None, "when the last of it arrived; nothing: more is awaited, or nobody told"
    ] = None
    arrived_late: Annotated[
        bool,
        "the last of it arrived (where deliveries are not reported: was shipped) after the first "
        "promise; for what is awaited, see late",
    ] = False
    delayed: Annotated[bool, "the promise of now lapsed, or it was told that it will"] = False
    delay_cause: Annotated[str | None, "the cause of the delay told last"] = None
    delays: Annotated[int, "how often a delay was told"] = 0
    promise_revisions: Annotated[int, "how often there was a new promise"] = 0

    priority: Annotated[int, "the more urgent, the higher"] = 0
    service_level: Annotated[str | None, "how fast it is to go, as a code of the shop"] = None
    country: Annotated[str | None, "to which country it goes"] = None
    province: Annotated[str | None, "to which province it goes"] = None
    city: Annotated[str | None, "to which city it goes"] = None
    postcode: Annotated[str | None, "to which postcode it goes"] = None
    channel: Annotated[str | None, "how it reached us"] = None
    source: Annotated[str | None, "which shop or system told us of it"] = None
    called_off: Annotated[bool, "it was cancelled or declined as a whole"] = False
    holds: Annotated[list[str], "the holds that nobody has released yet"] = field(
        default_factory=list
    )
    parcels: Annotated[list[str], "its parcels"] = field(default_factory=list)
    carriers: Annotated[list[str], "who carries its parcels"] = field(default_factory=list)
    tracking_numbers: Annotated[list[str], "the carriers' numbers of its parcels"] = field(
        default_factory=list
    )
    returns: Annotated[dict[str, ReturnStage], "its returns, and the state of each"] = field(
        default_factory=dict
    )
    requirements: Annotated[list[dict[str, str]], "what whoever handles the goods has to heed"] = (
        field(default_factory=list)
    )
    reports: Annotated[list[str], "the steps that this shop reports"] = field(default_factory=list)
    last_news: Annotated[str, "the type of what happened last"] = ""
    last_news_at: Annotated[datetime, "when that happened"] = EPOCH

    def late(self, now: datetime) -> bool:
        """Whether the last unit arrived after the first promise, or it is past and units are
        awaited. Equal is on time."""
        if self.arrived_late:
            return True
        return bool(self.live) and self.promised_at is not None and self.promised_at < now


standing = cast("Any", attrgetter(*POSITIONS))
"""How many units of an order (or a line) stand at each position, in the order of POSITIONS."""
