"""Everything that can happen to an order, in the past tense, family by family."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from ordertrail.domain.event import event, event_fields, value
from ordertrail.domain.order.positions import DEFAULT_REPORTS, Move, Step
from ordertrail.domain.values import (
    DEFAULT_LOCATION,
    DEFAULT_UNIT,
    Address,
    Adjustment,
    Amount,
    Code,
    Count,
    Currency,
    HandlingRequirement,
    Identifier,
    LineQuantity,
    Personal,
    Quantity,
    Recipient,
    Reference,
    Reminder,
)

DeviationKind = Literal[
    "unresolved",
    "excess",
    "repeated",
    "wrong_sku",
    "skipped_step",
    "dates_contradict",
    "on_hold",
    "cancelled_after_shipping",
    "requirement_missed",
    "return_unauthorised",
    "refund_without_cause",
    "over_refunded",
    "inspected_beyond_received",
]


@value
class Deviation:
    """A way in which a reported fact does not fit; `detail` is a code, a step, a SKU or an id."""

    kind: DeviationKind
    line: str | None = None
    quantity: int = 0
    detail: str | None = None


@value
class OrderLine:
    """A line of an order: gross quantity, and price in the order's currency if it is known."""

    line: Identifier
    sku: Identifier
    quantity: Quantity
    price: Amount | None = None
    title: Identifier | None = None
    unit: Code = DEFAULT_UNIT
    adjustments: tuple[Adjustment, ...] = ()
    replaces: Identifier | None = None
    references: tuple[Reference, ...] = ()


@value
class LineTotal:
    """What the current quantity of a line shall be."""

    line: str
    quantity: int


@value
class LinePrice:
    """A new unit price for a line."""

    line: str
    price: Decimal


@event_fields
class OrderEvent:
    """What every event of an order has.

    `reported`: it happened elsewhere and is told here, whether it fits or not; `deviations` says
    how it does not fit; `due` is what the customer owes for the whole order from now on, where the
    event changed it and all prices are known.
    """

    order_id: str
    customer_id: str | None = None
    reported: bool = False
    deviations: tuple[Deviation, ...] = ()
    due: Decimal | None = None


@event_fields
class StepEvent(OrderEvent):
    """What every event has that reports units of lines at a step, and what was made of it.

    `lines` is what was said (nothing: every unit not yet there), `moves` what followed from it,
    `explains` units that had been inferred at this step, `heeded` the handling requirements that
    somebody says to have heeded, `reminders` those that were shown.
    """

    lines: tuple[LineQuantity, ...] = ()
    location: str = DEFAULT_LOCATION
    parcel: str | None = None
    moves: tuple[Move, ...] = ()
    explains: tuple[LineQuantity, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    heeded: tuple[str, ...] = ()


@event_fields
class ParcelEvent(OrderEvent):
    """What every event has that is news of a parcel and moves nothing (no parcel: of them all)."""

    parcel: str | None = None


# Intake


@event("order.placed")
class OrderPlaced(OrderEvent):
    """The customer ordered. [placed]"""

    lines: tuple[OrderLine, ...]
    currency: Currency | None = None
    total: Decimal | None = None
    reports: tuple[Step, ...] = DEFAULT_REPORTS
    requested_at: datetime | None = None
    promised_at: datetime | None = None
    ship_by: datetime | None = None
    deliver_by: datetime | None = None
    priority: int = 0
    service_level: str | None = None
    ship_to: Address | None = None
    recipient: Personal[Recipient] | None = None
    requirements: tuple[HandlingRequirement, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    references: tuple[Reference, ...] = ()


@event("order.approved")
class OrderApproved(OrderEvent):
    """The order was checked and accepted."""


@event("order.declined")
class OrderDeclined(OrderEvent):
    """The order was checked and not accepted; what had not shipped is cancelled."""

    moves: tuple[Move, ...] = ()


@event("order.hold_placed")
class HoldPlaced(OrderEvent):
    """Nobody may pick, pack or ship the lines named (none: the whole order) until released."""

    hold_id: str
    lines: tuple[str, ...] = ()


@event("order.hold_released")
class HoldReleased(OrderEvent):
    """The hold is over."""

    hold_id: str


@event("order.amended")
class OrderAmended(OrderEvent):
    """The contract changed: lines added, quantities raised or cut, prices, dates, requirements.

    `quantities` is what was said of known lines; what followed is in `raised`, which adds units at
    open, and in `moves` to cancelled. A field that is None was not changed.
    """

    quantities: tuple[LineTotal, ...] = ()
    added: tuple[OrderLine, ...] = ()
    raised: tuple[LineQuantity, ...] = ()
    moves: tuple[Move, ...] = ()
    prices: tuple[LinePrice, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    requested_at: datetime | None = None
    ship_by: datetime | None = None
    deliver_by: datetime | None = None
    priority: int | None = None
    service_level: str | None = None
    requirements: tuple[HandlingRequirement, ...] | None = None
    references: tuple[Reference, ...] = ()


@event("order.line_cancelled")
class LineCancelled(StepEvent):
    """Units of lines were called off; with `whole_line`, all that was left of that line."""

    whole_line: str | None = None


@event("order.cancelled")
class OrderCancelled(StepEvent):
    """The order was called off."""


@event("order.shipping_address_changed")
class ShippingAddressChanged(OrderEvent):
    """What is packed from now on goes elsewhere."""

    ship_to: Address | None = None
    recipient: Personal[Recipient] | None = None


@event("order.note_added")
class NoteAdded(OrderEvent):
    """Somebody wrote something down; the kind is in clear, the text is personal."""

    kind: str
    text: Personal[str] | None = None


# Warehouse


@event("order.stock_allocated")
class StockAllocated(StepEvent):
    """Stock was set aside for the units."""


@event("order.stock_released")
class StockReleased(StepEvent):
    """The stock set aside was given back."""


@event("order.items_backordered")
class ItemsBackordered(StepEvent):
    """There is no stock for the units; they wait for it."""

    expected_at: datetime | None = None


@event("order.picked")
class ItemsPicked(StepEvent):
    """The units were taken from their place. [picked]"""


@event("order.pick_shorted")
class PickShorted(StepEvent):
    """The picker found less than was allocated; the missing units wait for stock."""


@event("order.pick_voided")
class PickVoided(StepEvent):
    """The picked units were put back."""


@event("order.packed")
class ItemsPacked(StepEvent):
    """The units were packed, into the parcel if one is named."""

    sscc: str | None = None


@event("order.pack_voided")
class PackVoided(StepEvent):
    """The packed units were unpacked."""


# Carrier


@event("order.shipped")
class OrderShipped(StepEvent):
    """The units were handed to the carrier. [shipped]"""

    carrier: str | None = None
    service: str | None = None
    tracking_number: str | None = None
    sscc: str | None = None


@event("order.tracking_recorded")
class TrackingRecorded(ParcelEvent):
    """The carrier said where a parcel is; `status` is the carrier's own code."""

    status: str
    place: str | None = None
    estimated_at: datetime | None = None


@event("order.delayed")
class OrderDelayed(OrderEvent):
    """A promise lapsed, or somebody said that it will; at most once for each (cause, promise).
    [delayed]"""

    cause: str
    promise: datetime | None = None
    expected_at: datetime | None = None


@event("order.promise_revised")
class PromiseRevised(OrderEvent):
    """There is a new promise; the first one stays what it was."""

    promised_at: datetime


@event("order.delivery_attempted")
class DeliveryAttempted(ParcelEvent):
    """The carrier tried to deliver and could not."""

    next_attempt_at: datetime | None = None


@event("order.delivered")
class OrderDelivered(StepEvent):
    """The units arrived. [delivered]"""

    signed_by: Personal[str] | None = None


@event("order.shipment_redirected")
class ShipmentRedirected(ParcelEvent):
    """A parcel on its way goes elsewhere."""

    ship_to: Address | None = None
    recipient: Personal[Recipient] | None = None


@event("order.shipment_lost")
class ShipmentLost(StepEvent):
    """The units were lost on the way."""


@event("order.shipment_damaged")
class ShipmentDamaged(ParcelEvent):
    """A parcel was damaged; what becomes of its units is told by later events."""

    lines: tuple[LineQuantity, ...] = ()


@event("order.shipment_returned")
class ShipmentReturned(StepEvent):
    """The carrier brought the units back undelivered."""


# After-sales


@event("order.return_requested")
class ReturnRequested(OrderEvent):
    """The customer wants to send units back."""

    return_id: str
    lines: tuple[LineQuantity, ...] = ()


@event("order.return_authorised")
class ReturnAuthorised(OrderEvent):
    """The customer may send them back."""

    return_id: str


@event("order.return_declined")
class ReturnDeclined(OrderEvent):
    """The customer may not send them back."""

    return_id: str


@event("order.returned")
class ReturnReceived(StepEvent):
    """Units came back from the customer. [returned]"""

    return_id: str | None = None


@value
class Inspected:
    """What became of returned units of a line: put back to stock, thrown away, or repaired."""

    line: Identifier
    sku: Identifier | None = None
    restocked: Count = 0
    scrapped: Count = 0
    repaired: Count = 0

    @property
    def quantity(self) -> int:
        """All the units that were looked at."""
        return self.restocked + self.scrapped + self.repaired


@event("order.return_inspected")
class ReturnInspected(OrderEvent):
    """Somebody looked at what came back."""

    return_id: str
    outcomes: tuple[Inspected, ...] = ()
    location: str = DEFAULT_LOCATION


@event("order.exchange_opened")
class ExchangeOpened(OrderEvent):
    """Other units will be sent instead: new lines, each with the line that it replaces."""

    exchange_id: str
    return_id: str | None = None
    added: tuple[OrderLine, ...] = ()


@event("order.repair_opened")
class RepairOpened(OrderEvent):
    """Returned units will be repaired and sent again, as new lines."""

    repair_id: str
    return_id: str | None = None
    added: tuple[OrderLine, ...] = ()


@event("order.claim_opened")
class ClaimOpened(OrderEvent):
    """The customer or the shop claims: damage, loss, something missing or wrong."""

    claim_id: str
    kind: str
    parcel: str | None = None
    lines: tuple[LineQuantity, ...] = ()
    amount: Decimal | None = None


@event("order.claim_resolved")
class ClaimResolved(OrderEvent):
    """The claim was settled; `outcome` is a code such as refunded, replaced, rejected."""

    claim_id: str
    outcome: str
    amount: Decimal | None = None


# Money


@event("order.payment_captured")
class PaymentCaptured(OrderEvent):
    """Money came in, in the currency of the order."""

    payment_id: str
    amount: Decimal
    method: str | None = None


@event("order.payment_failed")
class PaymentFailed(OrderEvent):
    """A payment did not come through."""

    payment_id: str
    amount: Decimal | None = None


@event("order.refund_issued")
class RefundIssued(OrderEvent):
    """Money went back, in the currency of the order."""

    refund_id: str
    amount: Decimal
    return_id: str | None = None


EVENTS: tuple[type[OrderEvent], ...] = (
    OrderPlaced,
    OrderApproved,
    OrderDeclined,
    HoldPlaced,
    HoldReleased,
    OrderAmended,
    LineCancelled,
    OrderCancelled,
    ShippingAddressChanged,
    NoteAdded,
    StockAllocated,
    StockReleased,
    ItemsBackordered,
    ItemsPicked,
    PickShorted,
    PickVoided,
    ItemsPacked,
    PackVoided,
    OrderShipped,
    TrackingRecorded,
    OrderDelayed,
    PromiseRevised,
    DeliveryAttempted,
    OrderDelivered,
    ShipmentRedirected,
    ShipmentLost,
    ShipmentDamaged,
    ShipmentReturned,
    ReturnRequested,
    ReturnAuthorised,
    ReturnDeclined,
    ReturnReceived,
    ReturnInspected,
    ExchangeOpened,
    RepairOpened,
    ClaimOpened,
    ClaimResolved,
    PaymentCaptured,
    PaymentFailed,
    RefundIssued,
)
