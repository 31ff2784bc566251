"""What an event says, in a few words for a line of a timeline."""

from collections.abc import Callable, Iterable
from typing import Any

from ordertrail.adapters.cli.words import asked, listed, moment, money, plural, spoken
from ordertrail.domain.customer import events as c
from ordertrail.domain.event import Event
from ordertrail.domain.order import events as o

TIMES = "\N{MULTIPLICATION SIGN}"
BEYOND_WORDS = ("order_id", "customer_id", "reported", "deviations", "due")


def said(event: Event) -> str:
    """What happened, in words; nothing personal is in them."""
    wording = WORDINGS.get(type(event.body))
    return wording(event.body) if wording else _generic(event)


def deviations(event: Event) -> list[str]:
    """How the event does not fit, a few words for each way."""
    found = []
    for one in getattr(event.body, "deviations", ()):
        details = [f"line {one.line}"] if one.line else []
        details += [plural(one.quantity, "unit")] if one.quantity else []
        details += [spoken(one.detail)] if one.detail else []
        found.append(spoken(one.kind) + (f" ({', '.join(details)})" if details else ""))
    return found


def reminders(event: Event) -> list[str]:
    """What was shown to whoever did it."""
    return [asked(reminder.requirement) for reminder in getattr(event.body, "reminders", ())]


def why(event: Event) -> str:
    """The reason given, and on whose behalf."""
    reasons = [spoken(event.reason)] if event.reason else []
    reasons += [f"for {event.on_behalf_of}"] if event.on_behalf_of else []
    return ", ".join(reasons)


def units(parts: Iterable[Any]) -> str:
    """How many units of each SKU; of each line where no SKU is told."""
    sums: dict[str, int] = {}
    for part in parts:
        name = part.sku or f"line {part.line}"
        sums[name] = sums.get(name, 0) + part.quantity
    return listed([f"{quantity:,} {TIMES} {name}" for name, quantity in sums.items()])


def _moved(body: Any) -> str:
    """What was moved, or what was told where nothing moved.

    What was picked is put back before it is called off: such a unit moves twice and counts once.
    """
    ends = {move.target for move in body.moves} - {move.origin for move in body.moves}
    return (
        units(move for move in body.moves if move.target in ends)
        or units(body.explains)
        or units(body.lines)
        or "nothing"
    )


def _step(verb: str) -> Callable[[Any], str]:
    def words(body: Any) -> str:
        parcel = f" in parcel {body.parcel}" if body.parcel else ""
        place = f" at {body.location}" if body.location != "main" else ""
        return f"{verb} {_moved(body)}{parcel}{place}"

    return words


def _parcel(verb: str) -> Callable[[Any], str]:
    return lambda body: f"{verb} {'parcel ' + body.parcel if body.parcel else 'all parcels'}"


def _simple(words: str, *names: str) -> Callable[[Any], str]:
    """Words, then the fields named, as far as they are told."""

    def told(body: Any) -> str:
        given = [getattr(body, name) for name in names]
        return " ".join([words, *(str(one) for one in given if one is not None)])

    return told


def _placed(body: o.OrderPlaced) -> str:
    count = sum(line.quantity for line in body.lines)
    total = f", {money(body.total, body.currency)}" if body.total is not None else ""
    promise = f", promised {moment(body.promised_at)}" if body.promised_at else ""
    return f"placed {units(body.lines)} ({plural(count, 'unit')}{total}{promise})"


def _held(body: o.HoldPlaced) -> str:
    return f"held ({body.hold_id}): {'lines ' + listed(body.lines) if body.lines else 'all of it'}"


def _amended(body: o.OrderAmended) -> str:
    changes = [f"added {units(body.added)}"] if body.added else []
    changes += [f"raised by {units(body.raised)}"] if body.raised else []
    changes += [f"cut by {units(body.moves)}"] if body.moves else []
    changes += [f"line {one.line} costs {money(one.price)}" for one in body.prices]
    names = ("requested_at", "ship_by", "deliver_by", "priority", "service_level", "requirements")
    changes += [f"{spoken(name)} changed" for name in names if getattr(body, name) is not None]
    return f"amended: {listed(changes) or 'nothing'}"


def _shipped(body: o.OrderShipped) -> str:
    carrier = f" with {body.carrier}" if body.carrier else ""
    number = f" ({body.tracking_number})" if body.tracking_number else ""
    return _step("shipped")(body) + carrier + number


def _delayed(body: o.OrderDelayed) -> str:
    promise = f", promised {moment(body.promise)}" if body.promise else ""
    expected = f", expected {moment(body.expected_at)}" if body.expected_at else ""
    return f"delayed: {spoken(body.cause)}{promise}{expected}"


def _inspected(body: o.ReturnInspected) -> str:
    fates = [
        f"{getattr(outcome, fate)} {TIMES} {outcome.sku or 'line ' + outcome.line} {fate}"
        for outcome in body.outcomes
        for fate in ("restocked", "scrapped", "repaired")
        if getattr(outcome, fate)
    ]
    return f"inspected return {body.return_id}: {listed(fates) or 'nothing'}"


def _tracked(body: o.TrackingRecorded) -> str:
    place = f" in {body.place}" if body.place else ""
    return f"{_parcel('tracking of')(body)}: {spoken(body.status)}{place}"


def _lines_of(words: str, name: str) -> Callable[[Any], str]:
    def told(body: Any) -> str:
        lines = units(body.lines if hasattr(body, "lines") else body.added)
        return f"{words} {getattr(body, name)}{': ' + lines if lines else ''}"

    return told


def _paid(words: str, name: str) -> Callable[[Any], str]:
    return lambda body: f"{words} {money(body.amount) or '?'} ({getattr(body, name)})"


def _back(body: o.ReturnReceived) -> str:
    return f"received back {_moved(body)}{' for ' + body.return_id if body.return_id else ''}"


def _requirement(body: c.HandlingRequirementSet) -> str:
    return f"{'no longer asks' if body.withdrawn else 'asks'}: {asked(body.requirement)}"


def _generic(event: Event) -> str:
    """The name of the event and its plain fields, for events of other teams."""
    name = spoken(event.type.partition(".")[2] or event.type)
    fields = getattr(event.body, "__dataclass_fields__", {})
    told = [
        f"{spoken(field)} {value}"
        for field in fields
        if field not in BEYOND_WORDS
        and isinstance(value := getattr(event.body, field), str | int)
        and not isinstance(value, bool)
        and value != event.subject
    ]
    return f"{name}: {listed(told)}" if told else name


WORDINGS: dict[type[Any], Callable[[Any], str]] = {
    o.OrderPlaced: _placed,
    o.OrderApproved: _simple("approved"),
    o.OrderDeclined: _simple("declined"),
    o.HoldPlaced: _held,
    o.HoldReleased: _simple("released hold", "hold_id"),
    o.OrderAmended: _amended,
    o.LineCancelled: _step("cancelled"),
    o.OrderCancelled: _step("cancelled the order:"),
    o.ShippingAddressChanged: _simple("changed the shipping address"),
    o.NoteAdded: _simple("noted", "kind"),
    o.StockAllocated: _step("allocated"),
    o.StockReleased: _step("released the stock of"),
    o.ItemsBackordered: _step("backordered"),
    o.ItemsPicked: _step("picked"),
    o.PickShorted: _step("picked short: missing"),
    o.PickVoided: _step("put back"),
    o.ItemsPacked: _step("packed"),
    o.PackVoided: _step("unpacked"),
    o.OrderShipped: _shipped,
    o.TrackingRecorded: _tracked,
    o.OrderDelayed: _delayed,
    o.PromiseRevised: lambda body: f"promised anew: {moment(body.promised_at)}",
    o.DeliveryAttempted: _parcel("could not deliver"),
    o.OrderDelivered: _step("delivered"),
    o.ShipmentRedirected: _parcel("redirected"),
    o.ShipmentLost: _step("lost"),
    o.ShipmentDamaged: _parcel("damaged"),
    o.ShipmentReturned: _step("brought back undelivered"),
    o.ReturnRequested: _lines_of("requested return", "return_id"),
    o.ReturnAuthorised: _simple("authorised return", "return_id"),
    o.ReturnDeclined: _simple("declined return", "return_id"),
    o.ReturnReceived: _back,
    o.ReturnInspected: _inspected,
    o.ExchangeOpened: _lines_of("opened exchange", "exchange_id"),
    o.RepairOpened: _lines_of("opened repair", "repair_id"),
    o.ClaimOpened: _simple("opened claim", "claim_id", "kind"),
    o.ClaimResolved: _simple("resolved claim", "claim_id", "outcome"),
    o.PaymentCaptured: _paid("captured", "payment_id"),
    o.PaymentFailed: _paid("payment failed:", "payment_id"),
    o.RefundIssued: _paid("refunded", "refund_id"),
    c.CustomerRegistered: _simple("registered", "kind", "group"),
    c.CustomerDescribed: _simple("described", "kind", "group"),
    c.ContactChanged: _simple("changed contact", "contact_id"),
    c.AddressAdded: _simple("added address", "address_id"),
    c.AddressRemoved: _simple("removed address", "address_id"),
    c.HandlingRequirementSet: _requirement,
    c.PreferenceNoted: _simple("prefers", "preference", "value"),
    c.ConsentGiven: _simple("agreed to", "purpose", "medium"),
    c.ConsentWithdrawn: _simple("withdrew consent to", "purpose", "medium"),
    c.CustomersMerged: lambda body: f"merged {body.absorbed_id} into {body.survivor_id}",
    c.CustomerErased: _simple("personal data erased"),
}
"""The words for our own events; one that is not here is told by its fields."""
