"""The alerts about facts that do not fit."""

from typing import get_args

import pytest

from ordertrail.domain.order import commands as c
from ordertrail.domain.order.events import DeviationKind
from ordertrail.projections.alerts import RULES
from ordertrail.projections.alerts.deviations import DEVIATION_RULES, Unresolved
from tests.projections.alerts.alert_log import AlertLog, day

PAID = ("shipped", "delivered", "authorised", "paid")


def placed(**more):
    return AlertLog(*DEVIATION_RULES).placed(**{"reports": ("shipped", "delivered"), **more})


def deviating():
    """A log that has just deviated, for each kind."""
    packing = {"kind": "packaging", "code": "shock_proof"}
    priced = {"line": "1", "sku": "MUG", "quantity": 2, "price": "5"}
    paid = c.PlaceOrder(order_id="O-1", lines=[priced], reports=PAID)
    returned = placed().told(c.DeliverOrder).told(c.RequestReturn, return_id="R")
    return {
        "excess": placed().told(c.ShipOrder, 3),
        "repeated": placed().told(c.ShipOrder, parcel="P").told(c.ShipOrder, parcel="P"),
        "wrong_sku": placed().told(c.ShipOrder, lines=[{"line": "1", "sku": "CUP", "quantity": 1}]),
        "skipped_step": placed().told(c.DeliverOrder),
        "dates_contradict": placed().told(c.ShipOrder, occurred_at=day(-1)),
        "on_hold": placed().told(c.PlaceHold, hold_id="H").told(c.ShipOrder),
        "cancelled_after_shipping": placed().told(c.ShipOrder, 1).told(c.CancelOrder),
        "requirement_missed": placed(requirements=[packing]).told(c.ShipOrder),
        "return_unauthorised": placed(reports=PAID).told(c.DeliverOrder).told(c.ReceiveReturn),
        "refund_without_cause": AlertLog(*DEVIATION_RULES)
        .tell(paid)
        .told(c.CapturePayment, payment_id="P", amount="10")
        .told(c.IssueRefund, refund_id="F", amount="5"),
        "over_refunded": AlertLog(*DEVIATION_RULES)
        .tell(paid)
        .told(c.IssueRefund, refund_id="F", amount="5"),
        "inspected_beyond_received": returned.told(
            c.InspectReturn, return_id="R", outcomes=[{"line": "1", "restocked": 1}]
        ),
        "unresolved": placed().told(c.ShipOrder, 1, line="9").watched(3),
    }


def test_there_is_one_rule_for_each_kind_of_deviation():
    names = [rule.name for rule in DEVIATION_RULES]
    assert sorted(names) == sorted(get_args(DeviationKind)) == sorted(deviating())
    assert set(DEVIATION_RULES) <= set(RULES)


@pytest.mark.parametrize("kind", get_args(DeviationKind))
def test_a_deviation_opens_the_alert_that_is_called_like_it(kind):
    row = deviating()[kind].row(kind)
    assert (row.state, row.opened, row.order_id) == ("open", 1, "O-1")
    assert row.opening in row.evidence


@pytest.mark.parametrize("kind", sorted({*get_args(DeviationKind)} - {"unresolved"}))
def test_a_deviation_is_over_when_somebody_has_seen_it(kind):
    log = deviating()[kind].at(9).acknowledged(f"{kind}/O-1", actor="person:p-3")
    row = log.row(kind)
    assert (row.state, row.memo, row.due) == ("resolved", None, None)
    assert (row.acknowledged_by, row.resolved_at) == ("person:p-3", day(9))


def test_an_order_without_deviations_is_quiet():
    log = placed().told(c.ShipOrder).told(c.DeliverOrder).watched(50)
    assert log.rows == {}


def test_the_same_deviation_opens_its_alert_again_after_it_was_seen():
    log = placed().told(c.ShipOrder, 3).told(c.ShipOrder, 1).acknowledged("excess/O-1")
    assert log.told(c.ShipOrder, 1).row("excess").opened == 2
    assert log.row("excess").memo == {"deviations": 1}


def test_skipped_step_resolves_when_all_of_it_is_explained():
    log = placed().told(c.DeliverOrder)
    assert log.row("skipped_step").memo == {"shipped:1": 2}
    assert log.told(c.ShipOrder, 1).state("skipped_step") == "open"
    assert log.told(c.ShipOrder, 1).state("skipped_step") == "resolved"


def test_unresolved_gives_a_report_two_days_to_find_what_it_names():
    log = AlertLog(Unresolved(days=2)).told(c.ShipOrder)
    assert log.watched(1.9).state("unresolved") == "watching"
    assert log.watched(2).state("unresolved") == "open"


def test_unresolved_stays_quiet_when_the_report_is_settled_in_time():
    log = AlertLog(Unresolved(days=2)).told(c.ShipOrder).at(1).placed()
    assert log.events[-1].causation_id == log.events[0].id
    assert log.watched(9).rows == {}


def test_unresolved_resolves_when_all_reports_are_settled_and_opens_again():
    log = AlertLog(Unresolved(days=2)).told(c.ShipOrder).told(c.DeliverOrder).watched(2)
    assert log.at(3).placed().state("unresolved") == "resolved"
    log.told(c.ShipOrder, 1, line="9").watched(5)
    assert log.row("unresolved").opened == 2


def test_unresolved_counts_for_each_report_on_its_own():
    log = AlertLog(Unresolved(days=2)).told(c.ShipOrder).at(1).told(c.DeliverOrder).watched(2)
    assert (log.state("unresolved"), log.due("unresolved")) == ("open", day(3))
    assert log.watched(3).due("unresolved") is None


def test_unresolved_may_be_acknowledged_and_still_waits():
    log = AlertLog(Unresolved()).told(c.ShipOrder).watched(2).acknowledged("unresolved/O-1")
    assert log.state("unresolved") == "acknowledged"
    assert log.placed().state("unresolved") == "resolved"
