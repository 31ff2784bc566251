"""Money: payments captured and failed, and refunds, in the currency of the order."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, assert_never

from ordertrail.domain.errors import refuse
from ordertrail.domain.order import commands as c
from ordertrail.domain.order import events as e
from ordertrail.domain.order.state import Order

PAYMENTS = (c.CapturePayment, c.FailPayment, c.IssueRefund)
Payment = c.CapturePayment | c.FailPayment | c.IssueRefund


def decide_payment(command: Payment, order: Order) -> Sequence[Any]:
    """What a command of this family leads to, to be settled afterwards.

    Raises:
        Refused: an id was used for another amount, or more would go back than came in.
    """
    common: dict[str, Any] = {
        "order_id": command.order_id,
        "customer_id": order.customer_id,
        "reported": command.is_reported,
    }
    match command:
        case c.CapturePayment():
            paid = e.PaymentCaptured(
                **common,
                payment_id=command.payment_id,
                amount=command.amount,
                method=command.method,
            )
            if command.is_reported:
                return [paid]
            if _is_repeated(order.payments, command.payment_id, command.amount):
                return []
            return [paid]
        case c.FailPayment():
            return [e.PaymentFailed(**common, payment_id=command.payment_id, amount=command.amount)]
        case c.IssueRefund():
            refund = e.RefundIssued(
                **common,
                refund_id=command.refund_id,
                amount=command.amount,
                return_id=command.return_id,
            )
            if command.is_reported:
                return [refund]
            if _is_repeated(order.refunds, command.refund_id, command.amount):
                return []
            left = order.captured - order.refunded
            if command.amount > left:
                refuse("refund_beyond_captured", order=order.id, asked=command.amount, left=left)
            return [refund]
        case _:
            assert_never(command)


def settle_payment(order: Order, fact: e.OrderEvent) -> e.OrderEvent:
    """What an event of this family leads to on the order as it stands."""
    match fact:
        case e.PaymentCaptured() if fact.payment_id in order.payments:
            found: tuple[e.Deviation, ...] = (e.Deviation("repeated", detail=fact.payment_id),)
        case e.RefundIssued() if fact.refund_id in order.refunds:
            found = (e.Deviation("repeated", detail=fact.refund_id),)
        case e.RefundIssued() if "paid" in order.reports:
            found = _without_cause(order, fact.amount)
            if fact.amount > order.captured - order.refunded:
                found = (*found, e.Deviation("over_refunded", detail=fact.refund_id))
        case _:
            return fact
    return replace(fact, deviations=(*fact.deviations, *found))


def _is_repeated(known: Mapping[str, Decimal], id: str, amount: Decimal) -> bool:
    if id not in known:
        return False
    if known[id] != amount:
        refuse("amount_differs", id=id, known=known[id], told=amount)
    return True


def _without_cause(order: Order, amount: Decimal) -> tuple[e.Deviation, ...]:
    """A refund that leaves the customer owing money has no cause."""
    kept = order.captured - order.refunded - amount
    if order.due is None or kept >= order.due:
        return ()
    return (e.Deviation("refund_without_cause"),)
