"""Everything that can be asked of an order, or told about one, family by family.

A command is guarded: it is refused when it does not fit. With `reported=True` it tells what
happened elsewhere and is never refused for not fitting. News from the carrier is always reported.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from ordertrail.domain.aggregate import Command, example
from ordertrail.domain.order.events import Inspected, OrderLine
from ordertrail.domain.order.positions import DEFAULT_REPORTS, Step
from ordertrail.domain.values import (
    DEFAULT_LOCATION,
    Address,
    Adjustment,
    Amount,
    Code,
    Count,
    Currency,
    HandlingRequirement,
    Identifier,
    LineQuantity,
    Moment,
    Personal,
    PositiveAmount,
    Priority,
    Quantity,
    Recipient,
    Reference,
    Text,
)

LineQuantities = tuple[LineQuantity, ...]
Heeded = Annotated[
    tuple[Code, ...], Field(description="codes of the handling requirements that were heeded")
]


class OrderCommand(Command):
    """What every command to an order has."""

    order_id: Identifier
    reported: Annotated[
        bool, Field(description="it happened elsewhere: store it, whether it fits or not")
    ] = False

    always_reported: ClassVar[bool] = False

    @property
    def streams(self) -> tuple[str, ...]:
        return (f"order-{self.order_id}",)

    @property
    def is_reported(self) -> bool:
        """Whether it tells a fact from outside, that is never refused for not fitting."""
        return self.reported or self.always_reported


class StepCommand(OrderCommand):
    """What every command has that names units of lines (none: every unit not yet there)."""

    lines: Annotated[
        LineQuantities, Field(description="which units; none: every unit not yet there")
    ] = ()
    location: Identifier = DEFAULT_LOCATION
    parcel: Identifier | None = None


# Intake


class PlaceOrder(OrderCommand):
    """Place an order; the handling requirements of a known customer are copied onto it."""

    model_config = example(
        order_id="SO-1001",
        customer_id="C-17",
        currency="GBP",
        lines=[{"line": "1", "sku": "MUG-RED", "quantity": 2, "price": "9.50"}],
        promised_at="2026-03-05T18:00:00+00:00",
        actor="customer:C-17",
        channel="web",
    )

    customer_id: Identifier | None = None
    lines: tuple[OrderLine, ...] = Field(min_length=1)
    currency: Currency | None = None
    reports: Annotated[tuple[Step, ...], Field(description="the steps that this shop reports")] = (
        DEFAULT_REPORTS
    )
    requested_at: Moment | None = None
    promised_at: Moment | None = None
    ship_by: Moment | None = None
    deliver_by: Moment | None = None
    priority: Priority = 0
    service_level: Identifier | None = None
    ship_to: Address | None = None
    recipient: Personal[Recipient] | None = None
    requirements: tuple[HandlingRequirement, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    references: tuple[Reference, ...] = ()

    @property
    def streams(self) -> tuple[str, ...]:
        if self.customer_id is None:
            return (f"order-{self.order_id}",)
        return (f"order-{self.order_id}", f"customer-{self.customer_id}")


class ApproveOrder(OrderCommand):
    """Accept the order."""

    model_config = example(order_id="SO-1001", actor="person:p-3")


class DeclineOrder(OrderCommand):
    """Do not accept the order; nothing of it may have been picked."""

    model_config = example(order_id="SO-1001", actor="person:p-3", reason="fraud")


class PlaceHold(OrderCommand):
    """Stop picking, packing and shipping, of some lines or of the whole order."""

    model_config = example(order_id="SO-1001", hold_id="H-1", reason="address_unclear")

    hold_id: Identifier
    lines: tuple[Identifier, ...] = ()


class ReleaseHold(OrderCommand):
    """Let picking, packing and shipping go on."""

    model_config = example(order_id="SO-1001", hold_id="H-1")

    hold_id: Identifier


class AmendOrder(OrderCommand):
    """Change the contract: quantities (as they shall be now), new lines, prices, dates.

    A cut takes backordered, open and allocated units, in this order, or is refused whole.
    """

    model_config = example(
        order_id="SO-1001",
        quantities={"1": 3},
        added=[{"line": "2", "sku": "MUG-BLUE", "quantity": 1, "price": "9.50"}],
    )

    quantities: Annotated[
        dict[Identifier, Count], Field(description="line: its current quantity from now on")
    ] = Field(default_factory=dict)
    added: tuple[OrderLine, ...] = ()
    prices: Annotated[dict[Identifier, Amount], Field(description="line: its new unit price")] = (
        Field(default_factory=dict)
    )
    adjustments: tuple[Adjustment, ...] = ()
    requested_at: Moment | None = None
    ship_by: Moment | None = None
    deliver_by: Moment | None = None
    priority: Priority | None = None
    service_level: Identifier | None = None
    requirements: tuple[HandlingRequirement, ...] | None = None
    references: tuple[Reference, ...] = ()


class CancelLine(OrderCommand):
    """Call off units of one line, while they are not picked."""

    model_config = example(order_id="SO-1001", line="1", quantity=1, reason="customer_changed_mind")

    line: Identifier
    quantity: Annotated[Quantity | None, Field(description="none: all that is left")] = None


class CancelOrder(OrderCommand):
    """Call off the whole order; all or nothing."""

    model_config = example(order_id="SO-1001", reason="customer_changed_mind")


class ChangeShippingAddress(OrderCommand):
    """Send it elsewhere, while nothing is packed."""

    model_config = example(
        order_id="SO-1001",
        ship_to={"country": "GB", "postcode": "SW1A 1AA", "city": "London"},
        recipient={"name": "R. Example", "lines": ["1 Example Street"]},
    )

    ship_to: Address
    recipient: Personal[Recipient] | None = None


class AddNote(OrderCommand):
    """Write something down about the order."""

    model_config = example(order_id="SO-1001", kind="gift_message", text="Happy birthday!")

    kind: Code
    text: Personal[Text] | None = None


# Warehouse


class AllocateStock(StepCommand):
    """Set stock aside for the units."""

    model_config = example(order_id="SO-1001", lines=[{"line": "1", "quantity": 2}])


class ReleaseStock(StepCommand):
    """Give the stock that was set aside back, or stop waiting for it."""

    model_config = example(order_id="SO-1001", lines=[{"line": "1", "quantity": 2}])


class BackorderItems(StepCommand):
    """There is no stock: let the units wait for it."""

    model_config = example(order_id="SO-1001", lines=[{"line": "1", "quantity": 1}])

    expected_at: Moment | None = None


class PickItems(StepCommand):
    """The units were taken from their place."""

    model_config = example(
        order_id="SO-1001", lines=[{"line": "1", "quantity": 2}], actor="person:p-8"
    )


class ShortPick(StepCommand):
    """The picker found less than there should be: the missing units wait for stock."""

    model_config = example(order_id="SO-1001", lines=[{"line": "1", "quantity": 1}])


class VoidPick(StepCommand):
    """Put picked units back."""

    model_config = example(order_id="SO-1001", lines=[{"line": "1", "quantity": 1}])


class PackItems(StepCommand):
    """The units were packed, into the parcel if one is named."""

    model_config = example(
        order_id="SO-1001", parcel="P-1", heeded=["shock_proof"], actor="person:p-9"
    )

    sscc: Annotated[str | None, Field(pattern=r"^\d{18}$")] = None
    heeded: Heeded = ()


class VoidPack(StepCommand):
    """Unpack packed units."""

    model_config = example(order_id="SO-1001", parcel="P-1")


# Carrier


class ShipOrder(StepCommand):
    """Hand the units to the carrier."""

    model_config = example(
        order_id="SO-1001", parcel="P-1", carrier="royal-mail", tracking_number="AB123456789GB"
    )

    carrier: Identifier | None = None
    service: Identifier | None = None
    tracking_number: Identifier | None = None
    sscc: Annotated[str | None, Field(pattern=r"^\d{18}$")] = None
    heeded: Heeded = ()


class RecordTracking(OrderCommand):
    """Tell what the carrier says of a parcel."""

    model_config = example(order_id="SO-1001", parcel="P-1", status="in_transit", place="Leeds")
    always_reported = True

    parcel: Identifier | None = None
    status: Code
    place: Identifier | None = None
    estimated_at: Moment | None = None


class RecordDelay(OrderCommand):
    """Tell that a promise lapsed, or will; stored once for each cause and promise."""

    model_config = example(order_id="SO-1001", cause="carrier_backlog")
    always_reported = True

    cause: Code
    promise: Annotated[Moment | None, Field(description="the promise; none: the current one")] = (
        None
    )
    expected_at: Moment | None = None


class RevisePromise(OrderCommand):
    """Promise another date; the first promise is kept beside it."""

    model_config = example(
        order_id="SO-1001", promised_at="2026-03-09T18:00:00+00:00", reason="stock_late"
    )

    promised_at: Moment


class RecordDeliveryAttempt(OrderCommand):
    """Tell that the carrier tried to deliver and could not."""

    model_config = example(order_id="SO-1001", parcel="P-1", reason="nobody_home")
    always_reported = True

    parcel: Identifier | None = None
    next_attempt_at: Moment | None = None


class DeliverOrder(StepCommand):
    """Tell that the units arrived."""

    model_config = example(order_id="SO-1001", parcel="P-1", actor="carrier:royal-mail")
    always_reported = True

    signed_by: Personal[Text] | None = None
    heeded: Heeded = ()


class RedirectShipment(OrderCommand):
    """Send a parcel that is on its way elsewhere."""

    model_config = example(
        order_id="SO-1001", parcel="P-1", ship_to={"country": "GB", "postcode": "LS1 4DY"}
    )
    always_reported = True

    parcel: Identifier
    ship_to: Address
    recipient: Personal[Recipient] | None = None


class RecordLoss(StepCommand):
    """Tell that the carrier lost the units."""

    model_config = example(order_id="SO-1001", parcel="P-1", actor="carrier:royal-mail")
    always_reported = True


class RecordDamage(OrderCommand):
    """Tell that a parcel was damaged."""

    model_config = example(order_id="SO-1001", parcel="P-1", reason="crushed")
    always_reported = True

    parcel: Identifier | None = None
    lines: LineQuantities = ()


class RecordReturnToSender(StepCommand):
    """Tell that the carrier brought the units back undelivered."""

    model_config = example(order_id="SO-1001", parcel="P-1", reason="unknown_address")
    always_reported = True


# After-sales


class RequestReturn(OrderCommand):
    """The customer wants to send units back."""

    model_config = example(
        order_id="SO-1001",
        return_id="R-1",
        lines=[{"line": "1", "quantity": 1}],
        reason="wrong_size",
    )

    return_id: Identifier
    lines: LineQuantities = ()


class AuthoriseReturn(OrderCommand):
    """The customer may send them back."""

    model_config = example(order_id="SO-1001", return_id="R-1", actor="person:p-3")

    return_id: Identifier


class DeclineReturn(OrderCommand):
    """The customer may not send them back."""

    model_config = example(order_id="SO-1001", return_id="R-1", reason="too_late")

    return_id: Identifier


class ReceiveReturn(StepCommand):
    """Units came back from the customer."""

    model_config = example(
        order_id="SO-1001", return_id="R-1", lines=[{"line": "1", "quantity": 1}]
    )

    return_id: Annotated[Identifier | None, Field(description="none: a blind return")] = None


class InspectReturn(OrderCommand):
    """Say what becomes of the units that came back."""

    model_config = example(
        order_id="SO-1001", return_id="R-1", outcomes=[{"line": "1", "restocked": 1}]
    )

    return_id: Identifier
    outcomes: tuple[Inspected, ...] = Field(min_length=1)
    location: Identifier = DEFAULT_LOCATION


class OpenExchange(OrderCommand):
    """Send other units instead: new lines, each with the line that it replaces."""

    model_config = example(
        order_id="SO-1001",
        exchange_id="E-1",
        lines=[{"line": "2", "sku": "MUG-BLUE", "quantity": 1, "price": "9.50", "replaces": "1"}],
    )

    exchange_id: Identifier
    return_id: Identifier | None = None
    lines: tuple[OrderLine, ...] = Field(min_length=1)


class OpenRepair(OrderCommand):
    """Repair returned units and send them again, as new lines."""

    model_config = example(
        order_id="SO-1001",
        repair_id="X-1",
        return_id="R-1",
        lines=[{"line": "3", "sku": "MUG-RED", "quantity": 1, "price": "0", "replaces": "1"}],
    )

    repair_id: Identifier
    return_id: Identifier | None = None
    lines: tuple[OrderLine, ...] = Field(min_length=1)


class OpenClaim(OrderCommand):
    """Claim: damaged, lost, missing, wrong."""

    model_config = example(order_id="SO-1001", claim_id="CL-1", kind="damaged", parcel="P-1")

    claim_id: Identifier
    kind: Code
    parcel: Identifier | None = None
    lines: LineQuantities = ()
    amount: Amount | None = None


class ResolveClaim(OrderCommand):
    """Settle a claim."""

    model_config = example(order_id="SO-1001", claim_id="CL-1", outcome="refunded", amount="9.50")

    claim_id: Identifier
    outcome: Code
    amount: Amount | None = None


# Money


class CapturePayment(OrderCommand):
    """Money came in."""

    model_config = example(order_id="SO-1001", payment_id="PAY-1", amount="19.00", method="card")

    payment_id: Identifier
    amount: PositiveAmount
    method: Code | None = None


class FailPayment(OrderCommand):
    """A payment did not come through."""

    model_config = example(
        order_id="SO-1001", payment_id="PAY-1", amount="19.00", reason="card_expired"
    )

    payment_id: Identifier
    amount: Amount | None = None


class IssueRefund(OrderCommand):
    """Give money back."""

    model_config = example(order_id="SO-1001", refund_id="RF-1", amount="9.50", reason="returned")

    refund_id: Identifier
    amount: PositiveAmount
    return_id: Identifier | None = None


STEP_COMMANDS: tuple[type[StepCommand], ...] = (
    AllocateStock,
    ReleaseStock,
    BackorderItems,
    PickItems,
    ShortPick,
    VoidPick,
    PackItems,
    VoidPack,
    ShipOrder,
    DeliverOrder,
    RecordLoss,
    RecordReturnToSender,
    ReceiveReturn,
)

COMMANDS: tuple[type[OrderCommand], ...] = (
    PlaceOrder,
    ApproveOrder,
    DeclineOrder,
    PlaceHold,
    ReleaseHold,
    AmendOrder,
    CancelLine,
    CancelOrder,
    ChangeShippingAddress,
    AddNote,
    *STEP_COMMANDS,
    RecordTracking,
    RecordDelay,
    RevisePromise,
    RecordDeliveryAttempt,
    RedirectShipment,
    RecordDamage,
    RequestReturn,
    AuthoriseReturn,
    DeclineReturn,
    InspectReturn,
    OpenExchange,
    OpenRepair,
    OpenClaim,
    ResolveClaim,
    CapturePayment,
    FailPayment,
    IssueRefund,
)
