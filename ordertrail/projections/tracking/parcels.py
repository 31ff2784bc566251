"""Which parcels are there, what is in each, and how far has it got?"""

from collections.abc import Iterable
from dataclasses import field
from datetime import datetime
from typing import Annotated, Any

from ordertrail.domain.event import EPOCH, Event
from ordertrail.domain.order import events as e
from ordertrail.domain.order.parcels import said
from ordertrail.domain.order.state import PARCEL_STEPS, STAGES, ParcelStage
from ordertrail.projections.order_facts import counts
from ordertrail.projections.projection import Key, Projection, row

NEWS = (e.TrackingRecorded, e.DeliveryAttempted, e.ShipmentRedirected, e.ShipmentDamaged)


@row("parcels", key=("order_id", "parcel"), indexes=(("stage", "shipped_at"),))
class ParcelRow:
    """What one parcel holds of one order; a parcel with goods of several orders has several."""

    order_id: Annotated[str, "the order"]
    parcel: Annotated[str, "the parcel"]
    customer_id: Annotated[str | None, "who ordered; nothing: a guest"] = None
    stage: Annotated[ParcelStage, "how far it has got"] = "packed"
    carrier: Annotated[str | None, "who carries it"] = None
    service: Annotated[str | None, "the service of the carrier"] = None
    tracking_number: Annotated[str | None, "the carrier's number"] = None
    sscc: Annotated[str | None, "its serial shipping container code"] = None
    quantity: Annotated[int, "units in it"] = 0
    contents: Annotated[dict[str, int], "units in it, by line"] = field(default_factory=dict)
    location: Annotated[str | None, "where it was packed, or else shipped"] = None
    packed_at: Annotated[datetime | None, "when it was packed"] = None
    packed_by: Annotated[str | None, "who packed it"] = None
    shipped_at: Annotated[datetime | None, "when it left the house"] = None
    shipped_by: Annotated[str | None, "who handed it to the carrier"] = None
    delivered_at: Annotated[datetime | None, "when it arrived"] = None
    tracking_status: Annotated[str | None, "what the carrier said of it last, as its code"] = None
    tracking_place: Annotated[str | None, "where the carrier saw it last"] = None
    tracking_at: Annotated[datetime | None, "when that was"] = None
    estimated_at: Annotated[datetime | None, "when the carrier thinks to deliver it"] = None
    attempts: Annotated[int, "how often the carrier could not deliver it"] = 0
    next_attempt_at: Annotated[datetime | None, "when the carrier will try again"] = None
    damaged: Annotated[bool, "somebody told that it was damaged"] = False
    redirected: Annotated[bool, "it goes elsewhere than the order says"] = False
    country: Annotated[str | None, "where it was redirected to"] = None
    province: Annotated[str | None, "where it was redirected to"] = None
    city: Annotated[str | None, "where it was redirected to"] = None
    postcode: Annotated[str | None, "where it was redirected to"] = None
    last_news: Annotated[str, "the type of what happened last"] = ""
    last_news_at: Annotated[datetime, "when that happened"] = EPOCH


class Parcels(Projection[ParcelRow]):
    """A row for each parcel of each order, from the events that name it."""

    name = "parcels"
    row = ParcelRow
    meaning = "Which parcels are there, what is in each, and how far has it got?"
    on = (*PARCEL_STEPS, e.PackVoided, *NEWS)

    def stays(self, kind: type[Any]) -> bool:
        return True

    def parts(self, event: Event) -> Iterable[tuple[Key, None]]:
        body = event.body
        if body.parcel is None or not counts(body):
            return ()
        return (((body.order_id, body.parcel), None),)

    def apply(self, row: ParcelRow, event: Event, part: None) -> ParcelRow | None:
        body = event.body
        if body.__class__ in PARCEL_STEPS:
            _step(row, body, event)
        elif not row.last_news:
            return None
        elif isinstance(body, e.PackVoided):
            _unpacked(row, body)
        else:
            _news(row, body, event)
        row.customer_id = body.customer_id
        if event.occurred_at >= row.last_news_at:
            row.last_news = body.type
            row.last_news_at = event.occurred_at
        return row


def _step(row: ParcelRow, body: e.StepEvent, event: Event) -> None:
    """Count contents and stages as the state of the order does (domain/order/parcels.py)."""
    if isinstance(body, (e.ItemsPacked, e.OrderShipped)) or not row.contents:
        for line, units in said(body).items():
            if units > row.contents.get(line, 0):
                row.contents[line] = units
        row.quantity = sum(row.contents.values())
    row.stage = max(PARCEL_STEPS[body.__class__], row.stage, key=STAGES.index)
    at = event.occurred_at
    if isinstance(body, e.ItemsPacked):
        row.packed_at = min(row.packed_at or at, at)
        row.packed_by = row.packed_by or event.actor
        row.sscc = body.sscc or row.sscc
        row.location = body.location
    elif isinstance(body, e.OrderShipped):
        row.shipped_at = min(row.shipped_at or at, at)
        row.shipped_by = row.shipped_by or event.actor
        row.carrier = body.carrier or row.carrier
        row.service = body.service or row.service
        row.tracking_number = body.tracking_number or row.tracking_number
        row.sscc = body.sscc or row.sscc
        row.location = row.location or body.location
    elif isinstance(body, e.OrderDelivered):
        row.delivered_at = min(row.delivered_at or at, at)


def _unpacked(row: ParcelRow, body: e.PackVoided) -> None:
    for move in body.moves:
        row.contents[move.line] = row.contents.get(move.line, 0) - move.quantity
    row.contents = {line: units for line, units in row.contents.items() if units > 0}
    row.quantity = sum(row.contents.values())
    if not row.contents:
        row.packed_at = row.shipped_at = row.delivered_at = None


def _news(row: ParcelRow, body: e.ParcelEvent, event: Event) -> None:
    match body:
        case e.TrackingRecorded():
            if row.tracking_at is None or event.occurred_at >= row.tracking_at:
                row.tracking_at = event.occurred_at
                row.tracking_status = body.status
                row.tracking_place = body.place
                row.estimated_at = body.estimated_at or row.estimated_at
        case e.DeliveryAttempted():
            row.attempts += 1
            row.next_attempt_at = body.next_attempt_at
        case e.ShipmentDamaged():
            row.damaged = True
        case e.ShipmentRedirected():
            row.redirected = True
            row.country = body.ship_to.country if body.ship_to else None
            row.province = body.ship_to.province if body.ship_to else None
            row.city = body.ship_to.city if body.ship_to else None
            row.postcode = body.ship_to.postcode if body.ship_to else None
