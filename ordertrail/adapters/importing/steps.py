"""The names of steps, the same in every mapping, and the commands that report them."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any, NamedTuple, TypeVar

from ordertrail.domain.order import commands as c
from ordertrail.domain.order.positions import Step
from ordertrail.domain.values import LineQuantity

NAMES = (
    "placed",
    "approved",
    "declined",
    "paid",
    "payment_failed",
    "hold",
    "released",
    "allocated",
    "backordered",
    "picked",
    "packed",
    "shipped",
    "delayed",
    "attempted",
    "damaged",
    "delivered",
    "lost",
    "returned_to_sender",
    "returned",
    "cancelled",
    "refunded",
    "note",
)
"""Every step, in the order in which the steps of one row are told."""

NOTHING = "nothing"
"""What a word stands for that leads to no step."""

REPORTED: dict[str, Step] = {
    "allocated": "allocated",
    "picked": "picked",
    "packed": "packed",
    "shipped": "shipped",
    "delivered": "delivered",
    "paid": "paid",
}
"""The steps that `PlaceOrder.reports` knows of."""

LONGEST = 200
"""How long the id of a command may be."""

ACTOR = "service:import"
"""Who tells what no row names an actor for."""

HOLD = "import"
"""The id of the hold that an import places: an export names none."""

UNITS: dict[str, type[c.StepCommand]] = {
    "allocated": c.AllocateStock,
    "backordered": c.BackorderItems,
    "picked": c.PickItems,
    "packed": c.PackItems,
    "shipped": c.ShipOrder,
    "delivered": c.DeliverOrder,
    "lost": c.RecordLoss,
    "returned_to_sender": c.RecordReturnToSender,
    "returned": c.ReceiveReturn,
}

OF_PARCELS = ("packed", "shipped", "delivered", "lost", "returned_to_sender")


C = TypeVar("C", bound=c.OrderCommand)


class Told(NamedTuple):
    """A step that rows tell of: which order, when, of which lines (none: of all), and the rest.

    `envelope` has the fields that all commands of these rows share, `id` is the id of the command.
    """

    step: str
    order: str
    id: str
    at: datetime
    envelope: dict[str, Any]
    lines: tuple[LineQuantity, ...] = ()
    parcel: str | None = None
    carriage: dict[str, str | None] | None = None
    location: str | None = None
    amount: Decimal | None = None
    word: str | None = None


def command_id(*parts: str) -> str:
    """The parts as the id of a command, the same for the same parts; a long end is abridged."""
    id = "/".join(parts)
    if len(id) <= LONGEST:
        return id
    return f"{id[:150]}~{blake2b(id.encode(), digest_size=16).hexdigest()}"


def checked(kind: type[C], fields: dict[str, Any]) -> C:
    """The command that reports these fields.

    The readers of cells have checked every value, so this does not do it again: of a file with
    half a million lines it would take more time than all the rest [13 microseconds a line].
    """
    blank = _BLANK[kind]
    assert isinstance(blank, kind)
    return blank.model_copy(update=fields)


_BLANK: dict[type[c.OrderCommand], c.OrderCommand] = {
    kind: kind.model_construct(reported=True)  # type: ignore[call-arg]
    for kind in c.COMMANDS
}


def commands(told: Told) -> Iterator[c.OrderCommand]:
    """The commands that report a step, but for placing: one, or one for each line called off."""
    common = {
        **told.envelope,
        "order_id": told.order,
        "command_id": told.id,
        "occurred_at": told.at,
    }
    if told.step in UNITS:
        yield _units(told, common)
        return
    match told.step:
        case "paid" | "refunded" if told.amount == 0:
            return
        case "approved":
            yield checked(c.ApproveOrder, common)
        case "declined":
            yield checked(c.DeclineOrder, common)
        case "hold":
            yield checked(
                c.PlaceHold, dict(common, hold_id=HOLD, lines=tuple(p.line for p in told.lines))
            )
        case "released":
            yield checked(c.ReleaseHold, dict(common, hold_id=HOLD))
        case "delayed":
            yield checked(c.RecordDelay, dict(common, cause="reported"))
        case "attempted":
            yield checked(c.RecordDeliveryAttempt, dict(common, parcel=told.parcel))
        case "damaged":
            yield checked(c.RecordDamage, dict(common, parcel=told.parcel, lines=told.lines))
        case "cancelled":
            yield from _cancelled(told, common)
        case "payment_failed":
            yield checked(c.FailPayment, dict(common, payment_id=told.id, amount=told.amount))
        case "paid" if told.amount is not None and told.amount > 0:
            yield checked(c.CapturePayment, dict(common, payment_id=told.id, amount=told.amount))
        case "refunded" if told.amount is not None and told.amount > 0:
            yield checked(c.IssueRefund, dict(common, refund_id=told.id, amount=told.amount))
        case _:  # a note; money of an unknown amount is one, too
            yield checked(c.AddNote, dict(common, kind=_code(told.word or told.step)))


def _units(told: Told, common: dict[str, Any]) -> c.OrderCommand:
    parcel: dict[str, Any] = {}
    if told.step in OF_PARCELS:
        parcel["parcel"] = told.parcel
    if told.step == "shipped" and told.carriage:
        parcel.update(told.carriage)
    if told.location is not None:
        parcel["location"] = told.location
    return checked(UNITS[told.step], {**common, **parcel, "lines": told.lines})


def _cancelled(told: Told, common: dict[str, Any]) -> Iterator[c.OrderCommand]:
    if not told.lines:
        yield checked(c.CancelOrder, common)
        return
    for part in told.lines:
        common["command_id"] = command_id(told.id, part.line)
        yield checked(c.CancelLine, dict(common, line=part.line, quantity=part.quantity))


def _code(word: str) -> str:
    """The word as a code: letters, digits and a few signs."""
    code = "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in word)
    return code.strip("_")[:80] or "note"
