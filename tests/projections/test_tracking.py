"""Order tracking: late and delayed orders, arrivals, next steps, parcels and references."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ordertrail.domain.aggregate import Command
from ordertrail.domain.order import commands as c
from ordertrail.projections.tracking import (
    OrderLines,
    OrderReferences,
    OrderRow,
    Orders,
    ParcelRow,
    Parcels,
    ReferenceRow,
)
from tests.projections.folding import START, Log, fold

PROMISE = START + timedelta(days=3)
ONE = [{"line": "1", "quantity": 1}]
TWO_LINES = [
    {"line": "1", "sku": "MUG", "quantity": 2, "price": "9.50"},
    {"line": "2", "sku": "TEA", "quantity": 1, "price": "4"},
]


def place(**more: Any) -> c.PlaceOrder:
    return c.PlaceOrder(**{"order_id": "SO-1", "lines": TWO_LINES, "promised_at": PROMISE, **more})


def picked(**more: Any) -> c.PickItems:
    return c.PickItems(**{"order_id": "SO-1", **more})


def packed(**more: Any) -> c.PackItems:
    return c.PackItems(**{"order_id": "SO-1", **more})


def shipped(**more: Any) -> c.ShipOrder:
    return c.ShipOrder(**{"order_id": "SO-1", **more})


def delivered(**more: Any) -> c.DeliverOrder:
    return c.DeliverOrder(**{"order_id": "SO-1", **more})


def row_after(*commands: Command) -> OrderRow:
    row = Log().tell(*commands).rows(Orders())["SO-1"]
    assert isinstance(row, OrderRow)
    return row


def parcel_after(*commands: Command) -> ParcelRow:
    row = Log().tell(*commands).rows(Parcels())["SO-1", "P-1"]
    assert isinstance(row, ParcelRow)
    return row


def test_a_placed_order_shows_what_was_ordered_and_promised():
    row = row_after(place(currency="GBP", channel="web", ship_to={"country": "GB", "city": "Ely"}))
    assert (row.status, row.shipment_state, row.open, row.live) == ("placed", "pending", 3, 3)
    assert (row.total, row.due, row.currency) == (Decimal("23.00"), Decimal("23.00"), "GBP")
    assert (row.promised_at, row.current_promise_at) == (PROMISE, PROMISE)
    assert (row.country, row.city, row.channel) == ("GB", "Ely", "web")
    assert row.last_news == "order.placed"


def test_a_report_of_an_order_that_nobody_placed_makes_no_row():
    log = Log().tell(shipped(reported=True, parcel="P-1"), delivered(parcel="P-1"))
    for projection in (Orders(), OrderLines(), Parcels(), OrderReferences()):
        assert log.rows(projection) == {}


def test_reports_that_came_before_the_order_show_once_it_is_placed():
    row = row_after(delivered(), shipped(reported=True), place())
    assert (row.delivered, row.shipment_state) == (3, "delivered")
    assert row.first_shipped_at == START + timedelta(hours=2)
    assert row.delivered_at == START + timedelta(hours=1)


def test_what_is_told_twice_counts_once():
    payment = c.CapturePayment(order_id="SO-1", payment_id="PAY-1", amount="23", reported=True)
    row = row_after(place(reports=("paid",)), payment, payment)
    assert (row.captured, row.payment_state) == (Decimal(23), "paid")


def test_an_order_is_late_once_its_promise_is_past_and_units_are_awaited():
    row = row_after(place())
    assert not row.late(PROMISE)  # equal is on time
    assert row.late(PROMISE + timedelta(microseconds=1))


def test_an_order_that_arrived_at_the_promise_is_on_time_for_ever():
    row = row_after(place(), shipped(reported=True), delivered(occurred_at=PROMISE))
    assert row.delivered_at == PROMISE
    assert not row.arrived_late
    assert not row.late(PROMISE + timedelta(days=99))


def test_an_order_of_which_the_last_unit_arrived_after_the_promise_was_late():
    after = PROMISE + timedelta(seconds=1)
    row = row_after(
        place(),
        shipped(reported=True),
        delivered(lines=[{"line": "1", "quantity": 2}], occurred_at=PROMISE),
        delivered(occurred_at=after),
    )
    assert (row.last_arrival_at, row.delivered_at, row.arrived_late) == (after, after, True)


def test_a_new_promise_does_not_make_a_late_order_punctual():
    later = PROMISE + timedelta(days=2)
    revised = c.RevisePromise(order_id="SO-1", promised_at=later)
    row = row_after(place(), revised, shipped(reported=True), delivered(occurred_at=later))
    assert (row.promised_at, row.current_promise_at) == (PROMISE, later)
    assert (row.promise_revisions, row.arrived_late) == (1, True)


def test_an_order_without_a_promise_is_never_late():
    assert not row_after(place(promised_at=None)).late(PROMISE + timedelta(days=999))


def test_an_order_is_no_longer_delivered_when_a_line_is_added():
    added = [{"line": "3", "sku": "CUP", "quantity": 1, "replaces": "1"}]
    arrived = (place(), shipped(reported=True), delivered())
    assert row_after(*arrived).delivered_at is not None
    row = row_after(*arrived, c.OpenExchange(order_id="SO-1", exchange_id="E-1", lines=added))
    assert (row.delivered_at, row.live) == (None, 1)
    assert row.due is None  # the price of the new line is not known


def test_a_delay_lasts_until_there_is_a_new_promise():
    delay = c.RecordDelay(order_id="SO-1", cause="carrier_strike")
    row = row_after(place(), delay)
    assert (row.delayed, row.delay_cause, row.delays) == (True, "carrier_strike", 1)
    row = row_after(
        place(), delay, c.RevisePromise(order_id="SO-1", promised_at=PROMISE + timedelta(days=1))
    )
    assert (row.delayed, row.delay_cause, row.delays) == (False, "carrier_strike", 1)


def test_news_told_late_are_not_the_last_news():
    row = row_after(place(), shipped(reported=True), picked(reported=True, occurred_at=START))
    assert row.last_news == "order.shipped"


ALL = ("allocated", "picked", "packed", "shipped", "delivered")
HOLD = c.PlaceHold(order_id="SO-1", hold_id="H-1")
REFUND = c.IssueRefund(order_id="SO-1", refund_id="RF-1", amount="23")
PAYMENT = c.CapturePayment(order_id="SO-1", payment_id="PAY-1", amount="23")
WISH = c.RequestReturn(order_id="SO-1", return_id="R-1")
LEAVE = c.AuthoriseReturn(order_id="SO-1", return_id="R-1")
BACK = c.ReceiveReturn(order_id="SO-1", return_id="R-1")
SEEN = c.InspectReturn(order_id="SO-1", return_id="R-1", outcomes=[{"line": "1", "restocked": 2}])
GONE = (place(), shipped(reported=True), delivered())


@pytest.mark.parametrize(
    ("commands", "step"),
    [
        ([place(reports=ALL)], "allocate"),
        ([place()], "pick"),
        ([place(reports=())], "ship"),
        ([place(), HOLD], "release_hold"),
        ([place(), HOLD, c.ReleaseHold(order_id="SO-1", hold_id="H-1")], "pick"),
        ([place(), c.BackorderItems(order_id="SO-1")], "await_stock"),
        ([place(), picked()], "pack"),
        ([place(), picked(), packed()], "ship"),
        ([place(), picked(), packed(), shipped()], "deliver"),
        ([*GONE], "none"),
        ([*GONE, WISH], "authorise_return"),
        ([*GONE, WISH, LEAVE], "receive_return"),
        ([*GONE, WISH, LEAVE, BACK], "inspect"),
        ([*GONE, WISH, LEAVE, BACK, SEEN], "none"),
        ([place(reports=("paid",)), shipped(), delivered()], "collect_payment"),
        ([place(reports=("paid",)), PAYMENT, c.CancelOrder(order_id="SO-1")], "refund"),
        ([place(reports=("paid",)), PAYMENT, c.CancelOrder(order_id="SO-1"), REFUND], "none"),
    ],
)
def test_the_next_step_is_that_of_the_units_that_are_least_far(commands, step):
    assert row_after(*commands).next_step == step


def test_a_parcel_shows_its_contents_and_its_way():
    row = parcel_after(
        place(),
        picked(),
        packed(parcel="P-1", lines=ONE, actor="person:p-9"),
        shipped(parcel="P-1", carrier="royal-mail", tracking_number="AB1"),
        c.RecordTracking(order_id="SO-1", parcel="P-1", status="in_transit", place="Leeds"),
        c.RecordDeliveryAttempt(order_id="SO-1", parcel="P-1"),
        c.RedirectShipment(order_id="SO-1", parcel="P-1", ship_to={"country": "IE"}),
        delivered(parcel="P-1"),
    )
    assert (row.stage, row.quantity, row.contents) == ("delivered", 1, {"1": 1})
    assert (row.carrier, row.tracking_number, row.packed_by) == (
        "royal-mail",
        "AB1",
        "person:p-9",
    )
    assert (row.tracking_status, row.tracking_place, row.attempts) == ("in_transit", "Leeds", 1)
    assert (row.redirected, row.country) == (True, "IE")
    assert row.packed_at is not None
    assert row.shipped_at is not None
    assert row.delivered_at is not None
    assert row.packed_at < row.shipped_at < row.delivered_at


def test_an_order_is_known_by_every_number_it_was_given():
    numbered = [
        {
            **TWO_LINES[0],
            "references": [{"system": "edi", "kind": "customer_line", "id": "PO-7/1"}],
        }
    ]
    log = Log().tell(
        place(lines=numbered, references=[{"system": "shop", "id": "#1001"}]),
        picked(),
        packed(parcel="P-1", sscc="0" * 18),
        shipped(
            parcel="P-1",
            carrier="dhl",
            tracking_number="JD01",
            lines=[{"line": "1", "quantity": 2, "serials": ["SN-1"]}],
        ),
        delivered(),
        c.RequestReturn(order_id="SO-1", return_id="R-1"),
        c.OpenClaim(order_id="SO-1", claim_id="CL-1", kind="damaged"),
    )
    rows = log.rows(OrderReferences())
    assert {(r.written, r.kind, r.system) for r in rows.values()} == {
        ("SO-1", "order", None),
        ("#1001", "order", "shop"),
        ("PO-7/1", "customer_line", "edi"),
        ("P-1", "parcel", None),
        ("0" * 18, "sscc", None),
        ("JD01", "tracking", "dhl"),
        ("SN-1", "serial", None),
        ("R-1", "return", None),
        ("CL-1", "claim", None),
    }
    assert rows["po-7/1", "SO-1"] == ReferenceRow(
        "po-7/1", "SO-1", "PO-7/1", "customer_line", "edi"
    )


def test_the_order_in_which_facts_are_told_does_not_change_where_units_stand():
    facts = [place(), picked(reported=True), shipped(reported=True), delivered()]
    told = row_after(*facts)
    backwards = row_after(*reversed(facts))
    assert (told.delivered, told.shipment_state) == (3, "delivered")
    assert (backwards.delivered, backwards.shipment_state) == (3, "delivered")


def test_an_event_that_is_not_counted_changes_nothing():
    log = Log().tell(place())
    before = fold(Orders(), log.events)
    log.tell(shipped(reported=True, lines=[{"line": "9", "quantity": 1}]))
    assert fold(Orders(), log.events) == before == {"SO-1": replace(before["SO-1"])}
