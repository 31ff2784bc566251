"""The alerts about returns, and the interval that they rest on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordertrail.domain.order import commands as c
from ordertrail.projections.alerts.returns import (
    CustomerReturnRate,
    SkuReturnRate,
    wilson_lower,
)
from tests.projections.alerts.alert_log import AlertLog


def sold(rule, units, **more):
    return AlertLog(rule).placed(units=units, **more).told(c.DeliverOrder)


@pytest.mark.parametrize(
    ("successes", "trials", "lower"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3.
        (81, 263, 0.2553),
        (15, 148, 0.0624),
        (0, 20, 0.0),
        (1, 29, 0.0061),
        (29, 29, 0.8830),  # by symmetry: one less the upper bound of 0 of 29, 0.1170
    ],
)
def test_the_wilson_interval_begins_where_the_literature_says(successes, trials, lower):
    assert wilson_lower(successes, trials) == pytest.approx(lower, abs=5e-5)


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_the_lower_bound_is_a_share_and_never_above_the_one_observed(successes, trials):
    bound = wilson_lower(successes, trials)
    assert 0 <= bound <= 1
    if 0 < successes <= trials:
        assert bound < successes / trials


def test_sku_return_rate_opens_when_far_more_comes_back_than_should():
    log = sold(SkuReturnRate(share=0.2, units=20), 20)
    assert log.told(c.ReceiveReturn, 7).state("sku_return_rate", "MUG") == "watching"
    assert log.told(c.ReceiveReturn, 2).state("sku_return_rate", "MUG") == "open"
    assert log.row("sku_return_rate", "MUG").memo == {"shipped": 20, "returned": 9}
    assert log.row("sku_return_rate", "MUG").order_id is None


def test_sku_return_rate_stays_quiet_while_few_units_are_known():
    log = sold(SkuReturnRate(share=0.2, units=20), 19)
    assert log.told(c.ReceiveReturn, 19).state("sku_return_rate", "MUG") == "watching"


def test_sku_return_rate_resolves_when_the_share_falls_and_opens_again():
    log = sold(SkuReturnRate(share=0.2, units=5), 20).told(c.ReceiveReturn, 9)
    log.placed("O-2", units=40).told(c.DeliverOrder, order_id="O-2")
    assert log.state("sku_return_rate", "MUG") == "resolved"
    log.told(c.ReceiveReturn, 30, order_id="O-2")
    assert log.row("sku_return_rate", "MUG").opened == 2


def test_sku_return_rate_sums_the_lines_of_an_event():
    lines = [{"line": str(n), "sku": "MUG", "quantity": n} for n in (1, 2, 3)]
    lines.append({"line": "4", "sku": "CUP", "quantity": 4})
    log = AlertLog(SkuReturnRate()).tell(c.PlaceOrder(order_id="O-1", lines=lines))
    log.told(c.ShipOrder)
    [told] = [list(log.alerts.parts(event)) for event in log.events[1:]]
    assert [(key, part) for key, (_, part) in told] == [
        ("sku_return_rate/MUG", (6, 0)),
        ("sku_return_rate/CUP", (4, 0)),
    ]


def test_sku_return_rate_counts_what_the_carrier_brings_back_as_shipped_only():
    log = AlertLog(SkuReturnRate()).placed().told(c.ShipOrder).told(c.RecordReturnToSender)
    assert log.row("sku_return_rate", "MUG").memo == {"shipped": 2, "returned": 0}


def bought_and_returned(customer, orders, kept):
    log = AlertLog(CustomerReturnRate(share=0.4, units=10))
    for number in range(orders):
        order = f"O-{number}"
        log.placed(order, units=4, customer_id=customer).told(c.DeliverOrder, order_id=order)
        log.told(c.ReceiveReturn, 4 - kept, order_id=order)
    return log


def test_customer_return_rate_opens_for_who_sends_most_of_many_orders_back():
    log = bought_and_returned("C-1", orders=5, kept=1)
    row = log.row("customer_return_rate", "C-1")
    assert row.memo == {"shipped": 20, "returned": 15}
    assert (row.state, row.customer_id, row.order_id) == ("open", "C-1", None)


def test_customer_return_rate_stays_quiet_about_who_keeps_half():
    log = bought_and_returned("C-1", orders=5, kept=2)
    assert log.state("customer_return_rate", "C-1") == "watching"


def test_customer_return_rate_resolves_when_the_customer_keeps_more():
    log = bought_and_returned("C-1", orders=5, kept=1)
    log.placed("O-9", units=30, customer_id="C-1").told(c.DeliverOrder, order_id="O-9")
    assert log.state("customer_return_rate", "C-1") == "resolved"


def test_customer_return_rate_knows_nothing_of_guests():
    assert bought_and_returned(None, orders=5, kept=0).rows == {}
