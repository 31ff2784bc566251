"""By which numbers, scanned or typed, is an order found?"""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, NamedTuple

from ordertrail.domain.event import Event
from ordertrail.domain.order import events as e
from ordertrail.domain.order.state import PARCEL_STEPS
from ordertrail.domain.values import Reference
from ordertrail.projections.order_facts import counts
from ordertrail.projections.projection import Key, Projection, row


@row("order_references", key=("reference", "order_id"), indexes=(("order_id",),))
class ReferenceRow:
    """One number that leads to one order."""

    reference: Annotated[str, "the number, in lower case and without blanks around it"]
    order_id: Annotated[str, "the order"]
    written: Annotated[str, "the number as it was told"] = ""
    kind: Annotated[str, "what it numbers: order, line, parcel, tracking, serial, return ..."] = ""
    system: Annotated[str | None, "who gave it; nothing: we did, or nobody said"] = None


class Named(NamedTuple):
    """A number as it was told."""

    written: str
    kind: str
    system: str | None = None


class OrderReferences(Projection[ReferenceRow]):
    """A row for each number of an order; the first thing that bears it gives it its kind."""

    name = "order_references"
    row = ReferenceRow
    meaning = "By which numbers, scanned or typed, is an order found?"
    on = (
        e.OrderPlaced,
        e.OrderAmended,
        *PARCEL_STEPS,
        e.ReturnRequested,
        e.ExchangeOpened,
        e.RepairOpened,
        e.ClaimOpened,
    )
    begins = (e.OrderPlaced,)

    def kept_by(self, key: Key) -> str:
        return key[1]

    def stays(self, kind: type[Any]) -> bool:
        return True

    def parts(self, event: Event) -> Iterable[tuple[Key, Named]]:
        body = event.body
        if not counts(body):
            return ()
        order_id = body.order_id
        return [((normalised(named.written), order_id), named) for named in _named(body)]

    def apply(self, row: ReferenceRow, event: Event, part: Named) -> ReferenceRow:
        if not row.kind:
            row.written, row.kind, row.system = part
        return row


def normalised(reference: str) -> str:
    """A number as it is looked up: capitals and blanks around it do not matter."""
    return reference.strip().casefold()


def _named(body: Any) -> Iterator[Named]:
    """Every number in the event. A new kind of number is one more line here."""
    match body:
        case e.OrderPlaced():
            yield Named(body.order_id, "order")
            yield from _of(body.references)
            yield from _of_lines(body.lines)
        case e.OrderAmended():
            yield from _of(body.references)
            yield from _of_lines(body.added)
        case e.StepEvent():
            yield from _of_parcel(body)
        case e.ReturnRequested():
            yield Named(body.return_id, "return")
        case e.ExchangeOpened():
            yield Named(body.exchange_id, "exchange")
            yield from _of_lines(body.added)
        case e.RepairOpened():
            yield Named(body.repair_id, "repair")
            yield from _of_lines(body.added)
        case e.ClaimOpened():
            yield Named(body.claim_id, "claim")


def _of_parcel(body: e.StepEvent) -> Iterator[Named]:
    if body.parcel is not None:
        yield Named(body.parcel, "parcel")
    if isinstance(body, (e.ItemsPacked, e.OrderShipped)) and body.sscc is not None:
        yield Named(body.sscc, "sscc")
    if isinstance(body, e.OrderShipped) and body.tracking_number is not None:
        yield Named(body.tracking_number, "tracking", body.carrier)
    for line in body.lines:
        for serial in line.serials:
            yield Named(serial, "serial")


def _of(references: Iterable[Reference]) -> Iterator[Named]:
    for reference in references:
        yield Named(reference.id, reference.kind, reference.system)


def _of_lines(lines: Iterable[e.OrderLine]) -> Iterator[Named]:
    for line in lines:
        if line.references:
            yield from _of(line.references)
