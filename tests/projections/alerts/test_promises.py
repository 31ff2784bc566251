"""The alerts about promises."""

from datetime import timedelta

from ordertrail.domain.order import commands as c
from ordertrail.domain.order.events import OrderDelayed
from ordertrail.projections.alerts.promises import (
    PromiseAtRisk,
    PromiseLapsed,
    PromiseRevisedOften,
)
from tests.projections.alerts.alert_log import AlertLog, day


def lapsing(units=2, **more):
    return AlertLog(PromiseLapsed()).placed(units=units, promised_at=day(10), **more)


def at_risk(days=3.0, promised=10.0, **more):
    return AlertLog(PromiseAtRisk(days=days)).placed(promised_at=day(promised), **more)


def test_promise_lapsed_opens_when_the_promise_passes_and_units_are_awaited():
    log = lapsing().watched(9)
    assert log.state("promise_lapsed") == "watching"
    assert log.watched(11).state("promise_lapsed") == "open"
    assert log.row("promise_lapsed").order_id == "O-1"


def test_promise_lapsed_makes_the_delay_a_fact_of_the_order_dated_with_the_promise():
    log = lapsing().watched(11)
    [told] = [event for event in log.events if isinstance(event.body, OrderDelayed)]
    assert (told.stream, told.occurred_at) == ("order-O-1", day(10))
    assert log.row("promise_lapsed").opened_at == day(10)
    assert log.due("promise_lapsed") is None


def test_promise_lapsed_stays_quiet_at_the_very_instant_of_the_promise():
    log = lapsing().watched(10)
    assert log.state("promise_lapsed") == "watching"
    assert log.due("promise_lapsed") == day(10) + timedelta(microseconds=1)
    assert log.watched(10.1).state("promise_lapsed") == "open"


def test_promise_lapsed_stays_quiet_when_everything_arrived_in_time():
    assert lapsing().at(8).told(c.DeliverOrder).watched(20).rows == {}


def test_promise_lapsed_stays_quiet_when_everything_was_called_off():
    assert lapsing().at(8).told(c.CancelOrder).watched(20).rows == {}


def test_promise_lapsed_stays_quiet_without_a_promise():
    log = AlertLog(PromiseLapsed()).placed().watched(100)
    assert log.state("promise_lapsed") == "watching"
    assert log.at(101).told(c.DeliverOrder).rows == {}


def test_promise_lapsed_waits_for_the_units_that_are_left():
    log = lapsing().at(8).told(c.DeliverOrder, 1).watched(11)
    assert log.state("promise_lapsed") == "open"


def test_promise_lapsed_opens_without_a_watch_when_a_late_fact_shows_it():
    log = lapsing().at(12).told(c.DeliverOrder, 1)
    assert log.state("promise_lapsed") == "open"
    assert log.at(13).told(c.DeliverOrder, 1).state("promise_lapsed") == "resolved"


def test_promise_lapsed_forgets_an_imported_order_that_arrived_late_and_was_never_watched():
    assert lapsing().at(12).told(c.DeliverOrder).watched(99).rows == {}


def test_promise_lapsed_resolves_when_the_rest_arrives():
    log = lapsing().watched(11).at(12).told(c.DeliverOrder)
    assert log.state("promise_lapsed") == "resolved"
    assert log.row("promise_lapsed").resolved_at == day(12)


def test_promise_lapsed_resolves_with_a_later_promise_and_opens_again_when_that_lapses():
    log = lapsing().watched(11).told(c.RevisePromise, promised_at=day(20))
    assert log.state("promise_lapsed") == "resolved"
    assert log.due("promise_lapsed") == day(20) + timedelta(microseconds=1)
    log.watched(21)
    assert log.state("promise_lapsed") == "open"
    assert log.row("promise_lapsed").opened == 2


def test_promise_lapsed_stays_open_when_the_new_promise_is_past_as_well():
    log = lapsing().watched(15).told(c.RevisePromise, promised_at=day(14))
    assert log.state("promise_lapsed") == "open"
    log.watched(16)
    assert [e.body.promise for e in log.events if isinstance(e.body, OrderDelayed)] == [
        day(10),
        day(14),
    ]


def test_promise_lapsed_watches_a_promise_that_was_made_after_the_order():
    log = AlertLog(PromiseLapsed()).placed().at(1).told(c.RevisePromise, promised_at=day(5))
    assert log.watched(6).state("promise_lapsed") == "open"


def test_promise_lapsed_counts_units_that_were_added_amended_away_and_exchanged():
    log = lapsing(units=1).at(1)
    log.told(c.AmendOrder, quantities={"1": 3}).told(c.AmendOrder, quantities={"1": 2})
    log.at(2).told(c.DeliverOrder, 2).told(c.DeliverOrder, 5)  # the latter is excess
    assert log.rows == {}
    new = {"line": "2", "sku": "CUP", "quantity": 1, "replaces": "1"}
    log.told(c.OpenExchange, exchange_id="X", lines=[new])
    assert log.watched(30).state("promise_lapsed") == "watching", "the old promise was kept"
    log.at(31).told(c.RevisePromise, promised_at=day(35)).watched(36)
    assert log.state("promise_lapsed") == "open"


def test_promise_lapsed_ends_with_shipping_where_the_shop_reports_no_deliveries():
    log = lapsing(reports=("shipped",)).at(4).told(c.ShipOrder)
    assert log.watched(30).rows == {}


def test_promise_lapsed_passes_by_what_is_repeated_or_unresolved():
    log = AlertLog(PromiseLapsed()).told(c.DeliverOrder, 1, line="9")
    log.placed(promised_at=day(10)).tell(
        c.PlaceOrder(
            order_id="O-1", reported=True, lines=[{"line": "1", "sku": "MUG", "quantity": 9}]
        )
    )
    assert log.at(5).told(c.DeliverOrder, 2).rows == {}


def test_promise_at_risk_counts_down_to_three_days_before_the_promise():
    log = at_risk()
    assert log.due("promise_at_risk") == day(7)
    assert log.watched(6.9).state("promise_at_risk") == "watching"
    assert log.watched(7).state("promise_at_risk") == "open"
    assert log.row("promise_at_risk").opened_at == day(7)


def test_promise_at_risk_counts_as_many_days_as_it_is_told():
    assert at_risk(days=1).due("promise_at_risk") == day(9)


def test_promise_at_risk_takes_half_the_time_of_a_short_promise():
    assert at_risk(promised=2).due("promise_at_risk") == day(1)


def test_promise_at_risk_stays_quiet_when_the_order_arrived():
    assert at_risk().at(6).told(c.DeliverOrder).watched(20).rows == {}


def test_promise_at_risk_resolves_when_the_order_arrives():
    log = at_risk().watched(8).at(9).told(c.DeliverOrder)
    assert log.state("promise_at_risk") == "resolved"


def test_promise_at_risk_resolves_with_a_later_promise_and_opens_again_before_that():
    log = at_risk().watched(8).told(c.RevisePromise, promised_at=day(30))
    assert log.state("promise_at_risk") == "resolved"
    assert log.watched(27).row("promise_at_risk").opened == 2
    assert log.state("promise_at_risk") == "open"


def test_promise_at_risk_gives_way_to_promise_lapsed():
    log = AlertLog(PromiseAtRisk(), PromiseLapsed()).placed(promised_at=day(10)).watched(8)
    assert log.state("promise_at_risk") == "open"
    log.watched(11)
    assert (log.state("promise_at_risk"), log.state("promise_lapsed")) == ("resolved", "open")


def test_promise_at_risk_opens_at_once_with_a_promise_that_is_past():
    log = at_risk().at(5).told(c.RevisePromise, promised_at=day(4))
    assert log.state("promise_at_risk") == "open"


def test_a_wrong_date_far_ahead_spoils_no_later_promise():
    log = at_risk().at(900).told(c.DeliverOrder, 1)
    assert log.state("promise_at_risk") == "open"
    log.at(6).told(c.RevisePromise, promised_at=day(20))
    assert log.state("promise_at_risk") == "resolved"
    assert log.watched(18).state("promise_at_risk") == "open"


def test_promise_revised_often_opens_with_the_third_revision():
    log = AlertLog(PromiseRevisedOften(times=3)).placed(promised_at=day(10))
    for number in (11, 12):
        log.told(c.RevisePromise, promised_at=day(number))
    assert log.state("promise_revised_often") == "watching"
    log.told(c.RevisePromise, promised_at=day(12))  # says what is so already
    assert log.state("promise_revised_often") == "watching"
    log.told(c.RevisePromise, promised_at=day(13))
    assert log.state("promise_revised_often") == "open"


def test_promise_revised_often_resolves_when_something_arrives_and_counts_anew():
    log = AlertLog(PromiseRevisedOften(times=1)).placed(promised_at=day(10))
    log.told(c.RevisePromise, promised_at=day(11)).told(c.DeliverOrder, 1)
    assert log.state("promise_revised_often") == "resolved"
    log.told(c.RevisePromise, promised_at=day(12))
    assert log.row("promise_revised_often").opened == 2


def test_promise_revised_often_remembers_nothing_of_an_order_that_arrived():
    log = AlertLog(PromiseRevisedOften()).placed(promised_at=day(10))
    log.told(c.RevisePromise, promised_at=day(11)).told(c.DeliverOrder)
    assert log.rows == {}
