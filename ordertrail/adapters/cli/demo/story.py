"""The story that the demo lives through: one late order, from a customer with wishes to a refund.

It is told in commands, as an embedding program would give them; a clock that the story moves makes
promises pass. Nothing in it is by chance.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import NamedTuple

from ordertrail import Command
from ordertrail.domain.customer import RegisterCustomer, SetHandlingRequirement
from ordertrail.domain.order import commands as c
from ordertrail.domain.order.events import Inspected, OrderLine
from ordertrail.domain.values import (
    Address,
    Adjustment,
    HandlingRequirement,
    LineQuantity,
    Personal,
    Recipient,
)

STOCKHOLM = timezone(timedelta(hours=1))
CUSTOMER, ORDER, NEXT_ORDER = "NORDLYS", "N-1001", "N-1002"
SALES, WMS, PICKER, PACKER = "person:sales-2", "service:wms", "person:picker-8", "person:packer-9"
SKUS = {"1": "22423", "2": "85123A", "3": "22720"}
CARRIER, DESK = "carrier:postnord", "person:service-desk-1"


def at(day: int, clock: str) -> datetime:
    """A time of the story, in March 2024, by the clocks of Stockholm."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2024, 3, day, hour, minute, tzinfo=STOCKHOLM)


def _line(line: str, sku: str, quantity: int, price: str, title: str) -> OrderLine:
    return OrderLine(line, sku, quantity, Decimal(price), title)


def _units(line: str, quantity: int) -> LineQuantity:
    return LineQuantity(line, quantity, SKUS[line])


def _packed(parcel: str, units: tuple[LineQuantity, ...]) -> Command:
    return c.PackItems(
        order_id=ORDER, lines=units, parcel=parcel, heeded=("shock_proof",), actor=PACKER
    )


def _shipped(parcel: str, number: str) -> Command:
    return c.ShipOrder(
        order_id=ORDER, parcel=parcel, carrier="postnord", tracking_number=number, actor=PACKER
    )


FOUND = (_units("1", 3), _units("2", 12), _units("3", 6))
MISSING, HEARTS = _units("1", 1), _units("2", 2)


class Chapter(NamedTuple):
    """What happens next: a sentence about it, when it is, and the commands; none: time passes."""

    text: str
    at: datetime
    commands: tuple[Command, ...] = ()


BEGINNING = at(4, "08:00")
PROMISE, NEW_PROMISE = at(7, "12:00"), at(8, "09:00")


def chapters() -> Iterator[Chapter]:
    """The story, in the order in which it happens."""
    yield from _monday()
    yield from _wednesday_to_friday()
    yield from _the_week_after()


def _monday() -> Iterator[Chapter]:
    yield Chapter(
        "A new customer wants everything before 09:00, in shock-proof packing.",
        at(4, "09:15"),
        (
            RegisterCustomer(
                customer_id=CUSTOMER,
                kind="company",
                name=Personal("Nordlys Interiör AB"),
                language="sv",
                group="wholesale",
                actor=SALES,
            ),
            SetHandlingRequirement(
                customer_id=CUSTOMER,
                requirement=HandlingRequirement(
                    "delivery_window", "mornings", not_after=at(4, "09:00").time()
                ),
                actor=SALES,
            ),
            SetHandlingRequirement(
                customer_id=CUSTOMER,
                requirement=HandlingRequirement("packaging", "shock_proof"),
                actor=SALES,
            ),
        ),
    )
    yield Chapter(
        "It orders, and pays. We promise Thursday noon; its wishes are copied onto the order.",
        at(4, "09:40"),
        (
            c.PlaceOrder(
                order_id=ORDER,
                customer_id=CUSTOMER,
                currency="EUR",
                lines=(
                    _line("1", "22423", 4, "12.75", "REGENCY CAKESTAND 3 TIER"),
                    _line("2", "85123A", 12, "2.95", "WHITE HANGING HEART HOLDER"),
                    _line("3", "22720", 6, "4.95", "SET OF 3 CAKE TINS"),
                ),
                adjustments=(Adjustment("shipping", Decimal("9.90")),),
                promised_at=PROMISE,
                reports=("picked", "packed", "shipped", "delivered", "authorised", "paid"),
                ship_to=Address("SE", "211 34", city="Malmö"),
                recipient=Personal(Recipient("Astrid Berg", "Nordlys Interiör AB")),
                actor=f"customer:{CUSTOMER}",
                channel="web",
            ),
            c.CapturePayment(
                order_id=ORDER, payment_id="PAY-1", amount=Decimal("126.00"), method="card"
            ),
            c.AllocateStock(order_id=ORDER, actor=WMS),
        ),
    )
    yield Chapter(
        "The shelf holds one cakestand less than the books: a short pick, and a backorder.",
        at(4, "13:05"),
        (
            c.ShortPick(order_id=ORDER, lines=(MISSING,), actor=PICKER, reason="not_on_shelf"),
            c.PickItems(order_id=ORDER, lines=FOUND, actor=PICKER),
        ),
    )
    yield Chapter(
        "Somebody tries to pack all four. A guarded command that does not fit is refused.",
        at(4, "13:50"),
        (c.PackItems(order_id=ORDER, lines=(_units("1", 4),), actor=PACKER),),
    )
    yield Chapter(
        "What is there is packed and shipped; the receipts remind whoever does it.",
        at(4, "14:10"),
        (
            _packed("P-1", FOUND),
            _shipped("P-1", "PN-70011"),
        ),
    )


def _wednesday_to_friday() -> Iterator[Chapter]:
    yield Chapter(
        "The first parcel arrives in time.",
        at(6, "08:40"),
        (c.DeliverOrder(order_id=ORDER, parcel="P-1", actor=CARRIER),),
    )
    yield Chapter(
        "The promise passes, and one cakestand is still owed. `watch` makes it an event.",
        at(7, "12:30"),
    )
    yield Chapter(
        "Stock comes in. The rest is promised for Friday at nine, and leaves the house.",
        at(7, "15:00"),
        (
            c.RevisePromise(
                order_id=ORDER, promised_at=NEW_PROMISE, actor=DESK, reason="stock_late"
            ),
            c.PickItems(order_id=ORDER, lines=(MISSING,), actor=PICKER),
            _packed("P-2", (MISSING,)),
            _shipped("P-2", "PN-70012"),
        ),
    )
    yield Chapter(
        "It arrives at 10:25, late, and outside the customer's delivery window.",
        at(8, "10:25"),
        (
            c.RecordTracking(
                order_id=ORDER,
                parcel="P-2",
                status="out_for_delivery",
                place="Malmö",
                occurred_at=at(8, "08:50"),
                actor=CARRIER,
            ),
            c.DeliverOrder(order_id=ORDER, parcel="P-2", actor=CARRIER),
        ),
    )


def _the_week_after() -> Iterator[Chapter]:
    yield Chapter(
        "The week after, two hearts come back, are inspected and refunded.",
        at(12, "11:20"),
        (
            c.RequestReturn(
                order_id=ORDER,
                return_id="R-1",
                lines=(HEARTS,),
                actor=f"customer:{CUSTOMER}",
                channel="phone",
                reason="scratched",
            ),
            c.AuthoriseReturn(order_id=ORDER, return_id="R-1", actor=DESK),
            c.ReceiveReturn(
                order_id=ORDER, return_id="R-1", lines=(HEARTS,), actor="person:dock-4"
            ),
            c.InspectReturn(
                order_id=ORDER,
                return_id="R-1",
                outcomes=(Inspected("2", SKUS["2"], restocked=1, scrapped=1),),
                actor="person:dock-4",
            ),
            c.IssueRefund(
                order_id=ORDER,
                refund_id="RF-1",
                amount=Decimal("5.90"),
                return_id="R-1",
                actor=DESK,
                reason="returned",
            ),
        ),
    )
    yield Chapter(
        "And the customer orders again.",
        at(14, "16:30"),
        (
            c.PlaceOrder(
                order_id=NEXT_ORDER,
                customer_id=CUSTOMER,
                currency="EUR",
                lines=(_line("1", "22423", 2, "12.75", "REGENCY CAKESTAND 3 TIER"),),
                promised_at=at(19, "09:00"),
                ship_to=Address("SE", "211 34", city="Malmö"),
                actor=f"customer:{CUSTOMER}",
                channel="web",
            ),
        ),
    )
