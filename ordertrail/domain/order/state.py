"""An order as it stands: lines, parcels, returns, and all that is derived from them."""

from dataclasses import field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from ordertrail.domain.event import Event, value
from ordertrail.domain.order import events as e
from ordertrail.domain.order.positions import (
    DEFAULT_REPORTS,
    SHIPPED,
    UNDUE,
    PaymentState,
    Position,
    ReturnStage,
    ReturnState,
    ShipmentState,
    Status,
    Step,
    awaited,
    order_status,
    payment_state,
    return_state,
    shipment_state,
    total,
)
from ordertrail.domain.values import (
    DEFAULT_UNIT,
    Address,
    Adjustment,
    HandlingRequirement,
    LineQuantity,
    Personal,
    Recipient,
    Reference,
    rounded,
)

ParcelStage = Literal["packed", "shipped", "delivered", "lost", "returned_to_sender"]
STAGES: tuple[ParcelStage, ...] = (
    "packed",
    "shipped",
    "lost",
    "returned_to_sender",
    "delivered",
)
Times = dict[str, datetime]

BEYOND: dict[str, tuple[Position, ...]] = {
    "allocated": ("allocated", "picked", "packed", *SHIPPED),
    "picked": ("picked", "packed", *SHIPPED),
    "packed": ("packed", *SHIPPED),
    "shipped": SHIPPED,
    "delivered": ("delivered", "returned"),
}
"""For each step of the chain, the positions of units that have passed it."""

PARCEL_PAST: dict[str, tuple[Position, ...]] = {
    "packed": BEYOND["packed"],
    "shipped": BEYOND["shipped"],
    "lost": ("lost", "returned_to_sender", "delivered", "returned"),
    "returned_to_sender": ("returned_to_sender", "delivered", "returned"),
    "delivered": ("returned_to_sender", "delivered", "returned"),
}
"""For each step of a parcel, the positions of units of it that are moved by it no more."""


@value
class Line:
    """A line: where its units stand, and how many of them were told at each step of the chain."""

    id: str
    sku: str
    quantity: int
    positions: dict[Position, int]
    told: dict[str, int]
    price: Decimal | None = None
    title: str | None = None
    unit: str = DEFAULT_UNIT
    adjustments: tuple[Adjustment, ...] = ()
    replaces: str | None = None

    @property
    def current_quantity(self) -> int:
        """The gross quantity less what was cancelled."""
        return self.quantity - self.positions.get("cancelled", 0)

    def at(self, position: Position) -> int:
        """How many units stand at the position."""
        return self.positions.get(position, 0)

    def inferred(self, step: str) -> int:
        """How many units have passed a step of the chain that nobody told about."""
        beyond = BEYOND[step]
        passed = 0
        for position, quantity in self.positions.items():
            if position in beyond:
                passed += quantity
        return max(0, passed - self.told.get(step, 0))

    @property
    def shipped_quantity(self) -> int:
        """How many units have left the house, wherever they are now."""
        return total(self.positions, SHIPPED)


@value
class Parcel:
    """A parcel: what is in it, who carries it, and when it was told at each step.

    `contents` (line: quantity) and `told` (step: line: quantity) are what was said of it, `units`
    (line: position: quantity) is where those of its units stand that could be moved.
    """

    id: str
    contents: dict[str, int] = field(default_factory=dict)
    told: dict[str, dict[str, int]] = field(default_factory=dict)
    units: dict[str, dict[Position, int]] = field(default_factory=dict)
    times: Times = field(default_factory=dict)
    stage: ParcelStage = "packed"
    heeded: tuple[str, ...] = ()
    carrier: str | None = None
    service: str | None = None
    tracking_number: str | None = None
    sscc: str | None = None
    ship_to: Address | None = None
    recipient: Personal[Recipient] | None = None


@value
class Return:
    """A return: how far it has got, what was asked for, and what came and was inspected by line."""

    id: str
    state: ReturnStage
    lines: tuple[LineQuantity, ...] = ()
    allowed: bool = False
    came: dict[str, int] = field(default_factory=dict)
    looked_at: dict[str, int] = field(default_factory=dict)

    @property
    def received(self) -> int:
        """How many units came back."""
        return sum(self.came.values())

    @property
    def inspected(self) -> int:
        """How many units were looked at."""
        return sum(self.looked_at.values())


@value
class Order:
    """Everything that rules need to know of an order; the properties are derived."""

    id: str = ""
    customer_id: str | None = None
    placed_at: datetime | None = None
    approved_at: datetime | None = None
    currency: str | None = None
    lines: dict[str, Line] = field(default_factory=dict)
    parcels: dict[str, Parcel] = field(default_factory=dict)
    returns: dict[str, Return] = field(default_factory=dict)
    claims: dict[str, str | None] = field(default_factory=dict)
    holds: dict[str, tuple[str, ...]] = field(default_factory=dict)
    payments: dict[str, Decimal] = field(default_factory=dict)
    refunds: dict[str, Decimal] = field(default_factory=dict)
    times: Times = field(default_factory=dict)
    replacements: tuple[str, ...] = ()
    released_holds: tuple[str, ...] = ()
    reports: tuple[Step, ...] = DEFAULT_REPORTS
    requested_at: datetime | None = None
    first_promise: datetime | None = None
    current_promise: datetime | None = None
    ship_by: datetime | None = None
    deliver_by: datetime | None = None
    priority: int = 0
    service_level: str | None = None
    delays: tuple[tuple[str, datetime | None], ...] = ()
    ship_to: Address | None = None
    recipient: Personal[Recipient] | None = None
    requirements: tuple[HandlingRequirement, ...] = ()
    heeded: tuple[str, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    references: tuple[Reference, ...] = ()
    called_off: bool = False
    waiting: tuple[Event, ...] = ()

    @property
    def placed(self) -> bool:
        """Whether the order itself is known, and not only reports that name it."""
        return bool(self.lines)

    @property
    def positions(self) -> dict[Position, int]:
        """Where all units of all lines stand, summed by position."""
        sums: dict[Position, int] = {}
        for line in self.lines.values():
            for position, quantity in line.positions.items():
                sums[position] = sums.get(position, 0) + quantity
        return sums

    @property
    def live_quantity(self) -> int:
        """How many units the customer still waits for."""
        return awaited(self.positions, self.reports)

    @property
    def captured(self) -> Decimal:
        """All the money that came in."""
        return sum(self.payments.values(), Decimal(0))

    @property
    def refunded(self) -> Decimal:
        """All the money that went back."""
        return sum(self.refunds.values(), Decimal(0))

    @property
    def due(self) -> Decimal | None:
        """What the customer owes for the order in total; None while a price is unknown.

        Charges and the price of all units but those cancelled, returned, returned to the sender or
        lost; nothing for an order of which every unit is cancelled. It is rounded once, as a
        whole, to the smallest coin of the currency.
        """
        owed = sum((a.amount for a in self.adjustments), Decimal(0))
        alive = False
        for line in self.lines.values():
            alive = alive or line.current_quantity > 0
            owed += sum((a.amount for a in line.adjustments), Decimal(0))
            units = line.quantity - total(line.positions, UNDUE)
            if line.price is None:
                return None
            owed += line.price * units
        return rounded(owed, self.currency) if alive else Decimal(0)

    @property
    def status(self) -> Status | None:
        """placed, closed or cancelled; None while only reports name the order."""
        if not self.placed:
            return None
        unsettled = any(r.state in ("requested", "authorised") for r in self.returns.values())
        return order_status(
            self.positions, self.reports, self.called_off, unsettled, self.payment_state
        )

    @property
    def shipment_state(self) -> ShipmentState:
        """How far the goods have got."""
        return shipment_state(self.positions)

    @property
    def return_state(self) -> ReturnState:
        """How far returns have got."""
        states = [r.state for r in self.returns.values()]
        return return_state(self.positions, states.count("requested"), states.count("authorised"))

    @property
    def payment_state(self) -> PaymentState:
        """How the money stands; untracked unless this shop reports payments."""
        return payment_state("paid" in self.reports, self.due, self.captured, self.refunded)


TELLS: dict[type[e.StepEvent], Position] = {
    e.StockAllocated: "allocated",
    e.ItemsPicked: "picked",
    e.ItemsPacked: "packed",
    e.OrderShipped: "shipped",
    e.OrderDelivered: "delivered",
}
"""The step of the chain that an event tells of; no other event tells of one."""

PARCEL_STEPS: dict[type[e.StepEvent], ParcelStage] = {
    e.ItemsPacked: "packed",
    e.OrderShipped: "shipped",
    e.ShipmentLost: "lost",
    e.ShipmentReturned: "returned_to_sender",
    e.OrderDelivered: "delivered",
}
"""The events in the life of a parcel; for others it is only a name of the units in it."""

STEP_OF: dict[type[e.StepEvent], Position] = {
    e.StockAllocated: "allocated",
    e.StockReleased: "open",
    e.ItemsBackordered: "backordered",
    e.ItemsPicked: "picked",
    e.PickShorted: "backordered",
    e.PickVoided: "allocated",
    e.ItemsPacked: "packed",
    e.PackVoided: "picked",
    e.OrderShipped: "shipped",
    e.OrderDelivered: "delivered",
    e.ShipmentLost: "lost",
    e.ShipmentReturned: "returned_to_sender",
    e.ReturnReceived: "returned",
    e.LineCancelled: "cancelled",
    e.OrderCancelled: "cancelled",
}
"""The position that each event of units moves them to."""


INITIAL = Order()
