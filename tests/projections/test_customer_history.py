"""Customer history: what customers ask for, how often they order, who did what for them."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import stdev
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordertrail.domain import customer as cu
from ordertrail.domain.aggregate import Command
from ordertrail.domain.customer.commands import EraseCustomer, MergeCustomers
from ordertrail.domain.order import commands as c
from ordertrail.projections.customer_history import CustomerRow, Customers, deed
from ordertrail.projections.customer_history.frequency import ordered
from tests.projections.folding import START, Log

DAY = timedelta(days=1)
MUGS = [{"line": "1", "sku": "MUG", "quantity": 2, "price": "9.50"}]


def register(id: str = "C-1", **more: Any) -> cu.RegisterCustomer:
    return cu.RegisterCustomer(customer_id=id, **more)


def place(order_id: str = "SO-1", customer_id: str | None = "C-1", **more: Any) -> c.PlaceOrder:
    return c.PlaceOrder(order_id=order_id, customer_id=customer_id, lines=MUGS, **more)


def customers_after(*commands: Command) -> dict[str, CustomerRow]:
    return Log().tell(*commands).rows(Customers())


def test_a_guest_has_no_history():
    log = Log().tell(place(customer_id=None))
    assert log.rows(Customers()) == {}


def test_a_customer_shows_what_it_asks_for_but_never_its_name():
    row = customers_after(
        register(name="Ada Byron", language="en", group="vip"),
        cu.SetHandlingRequirement(
            customer_id="C-1",
            requirement={"kind": "delivery_window", "code": "early", "not_after": "09:00"},
        ),
        cu.SetHandlingRequirement(
            customer_id="C-1", requirement={"kind": "packaging", "code": "no_plastic"}
        ),
        cu.WithdrawHandlingRequirement(customer_id="C-1", kind="packaging", code="no_plastic"),
        cu.NotePreference(customer_id="C-1", preference="colour", value="red", text="like my car"),
        cu.GiveConsent(customer_id="C-1", purpose="news", medium="email", text_version="3"),
        cu.GiveConsent(customer_id="C-1", purpose="news", medium="sms", text_version="3"),
        cu.WithdrawConsent(customer_id="C-1", purpose="news", medium="sms"),
    )["C-1"]
    assert (row.kind, row.language, row.customer_group) == ("person", "en", "vip")
    assert row.requirements == [
        {"kind": "delivery_window", "code": "early", "not_after": "09:00:00"}
    ]
    assert row.preferences == {"colour": "red"}
    assert row.consents == {"news": {"email": "3"}}
    assert row.registered_at == START + timedelta(hours=1)
    assert "Ada" not in repr(row)
    assert "car" not in repr(row)


def test_the_next_order_is_expected_after_the_average_time_between_orders():
    days = (0, 10, 40)
    row = customers_after(
        *(place(f"SO-{day}", occurred_at=START + day * DAY) for day in days),
    )["C-1"]
    assert row.orders == 3
    assert row.average_days_between_orders == 20
    assert row.expected_next_order_at == START + 60 * DAY
    assert row.expected_next_order_spread_days == pytest.approx(stdev([10, 30]))


def test_after_one_order_no_next_one_is_expected():
    row = customers_after(place())["C-1"]
    assert (row.orders, row.expected_next_order_at) == (1, None)


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=20), st.booleans())
def test_the_spread_is_the_same_told_forwards_or_backwards(minutes, backwards):
    times = [START + timedelta(minutes=minute) for minute in sorted(minutes, reverse=backwards)]
    row = CustomerRow("C-1")
    for at in times:
        ordered(row, at)
    times.sort()
    gaps = [(later - earlier) / DAY for earlier, later in pairwise(times)]
    assert row.average_days_between_orders == pytest.approx(sum(gaps) / len(gaps))
    assert (row.first_order_at, row.last_order_at) == (times[0], times[-1])
    if len(gaps) > 1:
        assert row.expected_next_order_spread_days == pytest.approx(stdev(gaps), abs=1e-9)


def test_an_order_told_late_counts_in_the_average_and_not_in_the_spread():
    row = CustomerRow("C-1")
    for day in (0, 30, 60, 15):
        ordered(row, START + day * DAY)
    assert (row.orders, row.average_days_between_orders) == (4, 20)
    assert (row.gaps, row.expected_next_order_spread_days) == (2, 0)


def test_goods_go_where_the_last_order_went():
    row = customers_after(
        register(),
        place("SO-1", ship_to={"country": "GB"}, occurred_at=START + 9 * DAY),
        place("SO-2", ship_to={"country": "FR"}, occurred_at=START),
    )["C-1"]
    assert row.country == "GB"


def test_of_merged_customers_all_know_the_survivor():
    rows = customers_after(
        register("C-1"),
        register("C-2"),
        register("C-3"),
        MergeCustomers(customer_id="C-2", absorbed_id="C-1"),
        MergeCustomers(customer_id="C-3", absorbed_id="C-2"),
    )
    assert {row.survivor_id for row in rows.values()} == {"C-3"}


def test_of_an_erased_customer_only_the_figures_stay():
    row = customers_after(
        register(group="vip", language="en"),
        place(ship_to={"country": "GB", "postcode": "CB7"}),
        EraseCustomer(customer_id="C-1"),
    )["C-1"]
    assert (row.erased, row.orders) == (True, 1)
    assert (row.kind, row.customer_group, row.language, row.postcode) == (None, None, None, None)


def test_activity_says_who_did_what_when_and_why():
    log = Log().tell(
        place(channel="web", actor="customer:C-1"),
        c.PickItems(order_id="SO-1", actor="person:p-8", location="north"),
        c.PackItems(order_id="SO-1", actor="person:p-9", parcel="P-1"),
        c.ShipOrder(order_id="SO-1", parcel="P-1"),
        c.RecordTracking(order_id="SO-1", parcel="P-1", status="in_transit"),
        c.DeliverOrder(order_id="SO-1", parcel="P-1"),
        c.ReceiveReturn(order_id="SO-1", lines=[{"line": "1", "quantity": 1}], reason="wrong_size"),
        c.CapturePayment(order_id="SO-1", payment_id="PAY-1", amount="19"),
        c.IssueRefund(order_id="SO-1", refund_id="RF-1", amount="9.50", reason="returned"),
    )
    rows = [told for event in log.events if (told := deed(event)) is not None]
    assert [row.what for row in rows] == [
        "placed",
        "picked",
        "packed",
        "shipped",
        "delivered",
        "returned",
        "payment_captured",
        "refund_issued",
    ]
    placed, picked, packed, *_, back, _, refund = rows
    assert (placed.items, placed.amount, placed.channel) == ({"MUG": 2}, Decimal("19.00"), "web")
    assert (picked.actor, picked.location, picked.items) == ("person:p-8", "north", {"MUG": 2})
    assert (packed.actor, packed.parcel) == ("person:p-9", "P-1")
    assert (back.reason, back.quantity, back.customer_id) == ("wrong_size", 1, "C-1")
    assert (refund.reason, refund.amount, refund.detail) == ("returned", Decimal("9.50"), "RF-1")
