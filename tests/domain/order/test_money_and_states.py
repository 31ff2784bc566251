"""Payments, refunds, what is due, and the states that are derived (rules 14, 20)."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from ordertrail.domain.order import commands as c
from ordertrail.domain.order.positions import payment_state, shipment_state
from tests.domain.order.story import EVERY_STEP, ID, Story


def sold(units=2, price="10", **fields):
    return Story().placed(units, prices={"1": price}, currency="GBP", reports=EVERY_STEP, **fields)


def pay(story, amount, id="P1"):
    return story.do(c.CapturePayment, payment_id=id, amount=amount)


def test_money_is_never_a_float():
    with pytest.raises(ValidationError):
        c.CapturePayment(order_id=ID, payment_id="P", amount=1.5)
    with pytest.raises(ValidationError):
        c.FailPayment(order_id=ID, payment_id="P", amount=1.5)


def test_due_is_charges_and_the_price_of_what_was_not_cancelled_returned_or_lost():
    story = sold(5, adjustments=[{"kind": "shipping", "amount": "4"}])
    story.do(c.CancelLine, line="1", quantity=1).told(c.DeliverOrder)
    assert story.order.due == 44
    assert story.do(c.ReceiveReturn, 1).event.due == 34


@pytest.mark.parametrize(
    ("price", "units", "currency", "due"),
    [
        ("0.3335", 3, "GBP", "1.00"),
        ("0.005", 1, "GBP", "0.01"),
        ("33.5", 1, "JPY", "34"),
        ("0.3335", 3, "KWD", "1.001"),
        ("0.3335", 3, None, "1.0005"),
        ("9999999999999999.99999999", 10**12, "GBP", "9999999999999999999999999999.99"),
    ],
)
def test_totals_are_rounded_once_half_up_to_the_smallest_coin(price, units, currency, due):
    story = Story().placed(units, prices={"1": price}, currency=currency)
    if units < 10:
        assert story.event.total == story.order.due == Decimal(due)
    story.told(c.DeliverOrder).told(c.ReceiveReturn, 1)


def test_payments_add_up_and_are_repeated_quietly():
    story = pay(sold(), "5")
    assert story.order.payment_state == "partially_paid"
    assert pay(story, "5").events == []
    story.refused("amount_differs", c.CapturePayment, payment_id="P1", amount="6")
    assert pay(story, "15", "P2").order.payment_state == "paid"
    assert pay(story, "1", "P3").order.payment_state == "overpaid"
    story.told(c.CapturePayment, payment_id="P3", amount="1").deviates(("repeated", "P3"))
    assert story.order.captured == 21


def test_a_failed_payment_changes_nothing():
    assert sold().do(c.FailPayment, payment_id="P", amount="5").order.payment_state == "unpaid"


def test_no_more_is_refunded_than_was_captured():
    story = pay(sold(), "20").refused("refund_beyond_captured", c.IssueRefund,
                                      refund_id="R", amount="21")  # fmt: skip
    story.told(c.DeliverOrder).do(c.ReceiveReturn, 1)
    story.do(c.IssueRefund, refund_id="R", amount="10").deviates()
    story.do(c.IssueRefund, refund_id="R", amount="10").quiet()
    story.refused("amount_differs", c.IssueRefund, refund_id="R", amount="9")
    assert (story.order.refunded, story.order.payment_state) == (10, "paid")


@pytest.mark.parametrize("reported", [False, True])
def test_a_refund_that_leaves_the_order_due_has_no_cause(reported):
    story = pay(sold(), "20").do(c.IssueRefund, refund_id="R", amount="5", reported=reported)
    story.deviates(("refund_without_cause",))
    assert story.order.payment_state == "partially_refunded"


def test_a_reported_refund_beyond_what_was_captured_says_so():
    story = sold().told(c.IssueRefund, refund_id="R", amount="5")
    assert ("over_refunded", "R") in story.deviations
    story.told(c.IssueRefund, refund_id="R", amount="5").deviates(("repeated", "R"))


def test_a_shop_that_reports_no_payments_hears_nothing_of_them():
    story = Story().placed(1, prices={"1": "5"}).told(c.IssueRefund, refund_id="R", amount="5")
    story.deviates()
    assert story.order.payment_state == "untracked"
    pay(story, "9").do(c.IssueRefund, refund_id="R2", amount="2").deviates()


def test_an_order_closes_when_nothing_is_awaited_open_or_owed():
    story = sold().told(c.DeliverOrder)
    assert story.order.status == "placed"
    assert pay(story, "20").order.status == "closed"
    story.do(c.RequestReturn, 1, return_id="R")
    assert story.order.status == "placed"
    story.do(c.ReceiveReturn, return_id="R")
    assert (story.order.status, story.order.payment_state) == ("placed", "overpaid")
    story.do(c.IssueRefund, refund_id="R", amount="10")
    assert story.order.status == "closed"


@pytest.mark.parametrize(
    ("positions", "state"),
    [
        ({}, "pending"),
        ({"open": 2}, "pending"),
        ({"backordered": 2, "open": 1}, "pending"),
        ({"backordered": 2, "cancelled": 1}, "backordered"),
        ({"packed": 2}, "ready"),
        ({"packed": 2, "picked": 1}, "pending"),
        ({"packed": 2, "shipped": 1}, "partial"),
        ({"shipped": 2, "cancelled": 1}, "shipped"),
        ({"shipped": 1, "delivered": 1}, "shipped"),
        ({"delivered": 1, "returned": 1, "lost": 1}, "delivered"),
        ({"returned": 2}, "delivered"),
        ({"lost": 2}, "shipped"),
        ({"cancelled": 2}, "cancelled"),
    ],
)
def test_the_shipment_state_follows_from_the_positions(positions, state):
    assert shipment_state(positions) == state


@pytest.mark.parametrize(
    ("due", "captured", "refunded", "state"),
    [
        (10, 0, 0, "unpaid"),
        (10, 4, 0, "partially_paid"),
        (10, 10, 0, "paid"),
        (10, 12, 0, "overpaid"),
        (10, 12, 2, "paid"),
        (10, 10, 4, "partially_refunded"),
        (0, 10, 10, "refunded"),
        (None, 0, 0, "unpaid"),
        (None, 5, 0, "paid"),
        (0, 0, 0, "paid"),
    ],
)
def test_the_payment_state_follows_from_what_is_due_and_what_came(due, captured, refunded, state):
    due = None if due is None else Decimal(due)
    assert payment_state(True, due, Decimal(captured), Decimal(refunded)) == state
    assert payment_state(False, due, Decimal(captured), Decimal(refunded)) == "untracked"
