"""One body of every event of an order, with every field said; all people in them are invented."""

from datetime import UTC, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from ordertrail.domain.order import events as e
from ordertrail.domain.order.positions import Move
from ordertrail.domain.values import (
    Address,
    Adjustment,
    HandlingRequirement,
    LineQuantity,
    Lot,
    Personal,
    Recipient,
    Reference,
    Reminder,
)

SOON = datetime(2026, 3, 5, 18, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 9, 23, 59, 59, 999999, tzinfo=timezone(timedelta(hours=-3)))
LEEDS = Address("GB", "LS1 4DY", "West Yorkshire", "Leeds", "Centre")
READER = Personal(
    Recipient("R. Example", "Example Ltd", ("1 Example Street",), "+441130000000", "r@example.com")
)
WINDOW = HandlingRequirement("delivery_window", "early", time(7, 30), time(9, 0))
SOFT = HandlingRequirement("packaging", "shock_proof")
NAME = Reference("shop", "4711", "order")
FEE = Adjustment("shipping", Decimal("4.90"), "standard", "tariff")
UNITS = LineQuantity("1", 2, "MUG-RED", (Lot("L-9", 2, "2027-01-31"),), ("S-1", "S-2"), 700, "P-1")
PRICED = e.OrderLine(
    line="2", sku="MUG-BLUE", quantity=1, price=Decimal("9.505"), title="Blue mug", unit="H87",
    adjustments=(Adjustment("discount", Decimal("-1.00")),), replaces="1", references=(NAME,),
)  # fmt: skip

COMMON: dict[str, Any] = {
    "order_id": "SO-1001",
    "customer_id": "C-17",
    "reported": True,
    "deviations": (e.Deviation("skipped_step", "1", 2, "picked"),),
    "due": Decimal("23.40"),
}
STEP: dict[str, Any] = {
    **COMMON,
    "lines": (UNITS,),
    "location": "north",
    "parcel": "P-1",
    "moves": (Move("1", "MUG-RED", 1, "packed", "shipped"),),
    "explains": (LineQuantity("1", 1, "MUG-RED"),),
    "reminders": (Reminder("heed_packaging", SOFT),),
    "heeded": ("shock_proof",),
}
GOES: dict[str, Any] = {"ship_to": LEEDS, "recipient": READER}
SENT_AGAIN: dict[str, Any] = {**COMMON, "return_id": "R-1", "added": (PRICED,)}

SAMPLES: tuple[e.OrderEvent, ...] = (
    e.OrderPlaced(
        **COMMON, **GOES, lines=(PRICED, e.OrderLine("3", "TEA", 12)), currency="GBP",
        total=Decimal("23.40"), reports=("shipped", "delivered", "paid"), requested_at=SOON,
        promised_at=LATER, ship_by=SOON, deliver_by=LATER, priority=7, service_level="express",
        requirements=(WINDOW, SOFT), adjustments=(FEE,), references=(NAME,),
    ),
    e.OrderApproved(**COMMON),
    e.OrderDeclined(**COMMON, moves=STEP["moves"]),
    e.HoldPlaced(**COMMON, hold_id="H-1", lines=("1", "2")),
    e.HoldReleased(**COMMON, hold_id="H-1"),
    e.OrderAmended(
        **COMMON, quantities=(e.LineTotal("1", 0),), added=(PRICED,), raised=(UNITS,),
        moves=STEP["moves"], prices=(e.LinePrice("1", Decimal("8")),), adjustments=(FEE,),
        requested_at=SOON, ship_by=SOON, deliver_by=LATER, priority=0, service_level="express",
        requirements=(), references=(NAME,),
    ),
    e.LineCancelled(**STEP, whole_line="1"),
    e.OrderCancelled(**STEP),
    e.ShippingAddressChanged(**COMMON, **GOES),
    e.NoteAdded(**COMMON, kind="gift_message", text=Personal("Happy birthday!")),
    e.StockAllocated(**STEP),
    e.StockReleased(**STEP),
    e.ItemsBackordered(**STEP, expected_at=LATER),
    e.ItemsPicked(**STEP),
    e.PickShorted(**STEP),
    e.PickVoided(**STEP),
    e.ItemsPacked(**STEP, sscc="003456789012345675"),
    e.PackVoided(**STEP),
    e.OrderShipped(
        **STEP, carrier="royal-mail", service="24", tracking_number="AB123456789GB",
        sscc="003456789012345675",
    ),
    e.TrackingRecorded(
        **COMMON, parcel="P-1", status="in_transit", place="Leeds", estimated_at=LATER
    ),
    e.OrderDelayed(**COMMON, cause="promise_lapsed", promise=SOON, expected_at=LATER),
    e.PromiseRevised(**COMMON, promised_at=LATER),
    e.DeliveryAttempted(**COMMON, parcel="P-1", next_attempt_at=SOON),
    e.OrderDelivered(**STEP, signed_by=Personal("R. Example")),
    e.ShipmentRedirected(**COMMON, **GOES, parcel="P-1"),
    e.ShipmentLost(**STEP),
    e.ShipmentDamaged(**COMMON, parcel="P-1", lines=(UNITS,)),
    e.ShipmentReturned(**STEP),
    e.ReturnRequested(**COMMON, return_id="R-1", lines=(UNITS,)),
    e.ReturnAuthorised(**COMMON, return_id="R-1"),
    e.ReturnDeclined(**COMMON, return_id="R-1"),
    e.ReturnReceived(**STEP, return_id="R-1"),
    e.ReturnInspected(
        **COMMON, return_id="R-1", outcomes=(e.Inspected("1", "MUG-RED", 1, 2, 3),),
        location="north",
    ),
    e.ExchangeOpened(**SENT_AGAIN, exchange_id="E-1"),
    e.RepairOpened(**SENT_AGAIN, repair_id="X-1"),
    e.ClaimOpened(
        **COMMON, claim_id="CL-1", kind="damaged", parcel="P-1", lines=(UNITS,),
        amount=Decimal("9.50"),
    ),
    e.ClaimResolved(**COMMON, claim_id="CL-1", outcome="refunded", amount=Decimal("9.50")),
    e.PaymentCaptured(**COMMON, payment_id="PAY-1", amount=Decimal("19.00"), method="card"),
    e.PaymentFailed(**COMMON, payment_id="PAY-1", amount=Decimal("19.00")),
    e.RefundIssued(**COMMON, refund_id="RF-1", amount=Decimal("9.50"), return_id="R-1"),
)  # fmt: skip
