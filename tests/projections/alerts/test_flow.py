"""The alerts about the flow of goods."""

from ordertrail.domain.order import commands as c
from ordertrail.projections.alerts.flow import Dwelling, NoTrackingNews, ShortPick, StockOut
from tests.projections.alerts.alert_log import AlertLog, day

ALL_STEPS = ("allocated", "picked", "packed", "shipped", "delivered")


def dwelling(**more):
    log = AlertLog(Dwelling(open=3, allocated=2, picked=1, packed=2))
    return log.placed(**{"reports": ALL_STEPS, **more})


def shipped(**more):
    return AlertLog(NoTrackingNews(days=5)).placed(**more).at(1).told(c.ShipOrder, 2, parcel="P")


def test_dwelling_opens_when_an_order_stands_open_for_too_long():
    log = dwelling()
    assert log.watched(2.9).state("dwelling") == "watching"
    assert log.watched(3).state("dwelling") == "open"


def test_dwelling_resolves_when_the_order_goes_on_and_opens_again_where_it_stands_next():
    log = dwelling().watched(3).at(4).told(c.AllocateStock)
    assert (log.state("dwelling"), log.due("dwelling")) == ("resolved", day(6))
    log.at(5).told(c.PickItems)
    assert log.due("dwelling") == day(6), "picked units may stand for one day"
    log.watched(6)
    assert (log.state("dwelling"), log.row("dwelling").opened) == ("open", 2)
    log.told(c.PackItems)
    assert (log.state("dwelling"), log.due("dwelling")) == ("resolved", day(8))


def test_dwelling_looks_at_the_units_that_are_furthest_behind():
    log = dwelling().at(2).told(c.AllocateStock, 1)
    assert log.due("dwelling") == day(3), "the other unit is still open"
    log.at(2.5).told(c.AllocateStock, 1)
    assert log.due("dwelling") == day(4.5)


def test_dwelling_stays_quiet_when_the_order_has_left_the_house():
    assert dwelling().at(2).told(c.ShipOrder).watched(50).rows == {}


def test_dwelling_stays_quiet_when_the_order_was_called_off():
    assert dwelling().at(2).told(c.CancelOrder).watched(50).rows == {}


def test_dwelling_stays_quiet_when_an_order_was_declined_of_which_a_part_was_picked():
    assert dwelling().told(c.PickItems, 1).told(c.DeclineOrder).watched(50).rows == {}


def test_dwelling_leaves_units_that_wait_for_stock_to_stock_out():
    log = dwelling().at(1).told(c.BackorderItems)
    assert log.watched(50).rows == {}
    assert log.at(51).told(c.AllocateStock).due("dwelling") == day(53)


def test_dwelling_resolves_when_the_order_leaves():
    log = dwelling().watched(4).told(c.ShipOrder)
    assert (log.state("dwelling"), log.due("dwelling")) == ("resolved", None)


def test_dwelling_opens_without_a_watch_when_a_late_fact_shows_it():
    assert dwelling().at(9).told(c.PickItems, 1).state("dwelling") == "open"


def test_dwelling_is_quiet_about_shops_that_report_no_step():
    assert dwelling(reports=("paid",)).watched(50).rows == {}


def test_dwelling_counts_again_when_units_are_put_back():
    log = dwelling().at(1).told(c.AllocateStock).at(2).told(c.ReleaseStock)
    assert log.due("dwelling") == day(5)


def test_short_pick_opens_with_the_missing_units_until_somebody_has_seen_it():
    log = AlertLog(ShortPick()).placed().told(c.AllocateStock).told(c.ShortPick, 1)
    assert log.row("short_pick").memo == {"units": 1}
    assert log.state("short_pick") == "open"
    assert log.told(c.DeliverOrder).state("short_pick") == "open"
    assert log.acknowledged("short_pick/O-1").state("short_pick") == "resolved"


def test_short_pick_opens_again_with_the_next_one():
    log = AlertLog(ShortPick()).placed().told(c.ShortPick, 1).acknowledged("short_pick/O-1")
    log.told(c.ShortPick, 1)
    assert (log.state("short_pick"), log.row("short_pick").opened) == ("open", 2)
    assert log.row("short_pick").memo == {"units": 1}


def test_stock_out_opens_when_units_wait_for_stock():
    log = AlertLog(StockOut()).placed()
    assert log.rows == {}
    assert log.told(c.BackorderItems, 1).state("stock_out") == "open"


def test_stock_out_resolves_when_none_waits_any_more_and_opens_again():
    log = AlertLog(StockOut()).placed().told(c.BackorderItems)
    assert log.told(c.AllocateStock, 1).state("stock_out") == "open"
    assert log.told(c.AllocateStock, 1).state("stock_out") == "resolved"
    assert log.told(c.ShortPick, 1).row("stock_out").opened == 2


def test_stock_out_resolves_when_the_waiting_units_are_called_off():
    log = AlertLog(StockOut()).placed().told(c.BackorderItems).told(c.CancelOrder)
    assert log.state("stock_out") == "resolved"


def test_no_tracking_news_opens_five_days_after_the_last_thing_heard():
    log = shipped()
    assert log.due("no_tracking_news") == day(6)
    log.at(4).told(c.RecordTracking, parcel="P", status="in_transit")
    assert log.watched(8.9).state("no_tracking_news") == "watching"
    assert log.watched(9).state("no_tracking_news") == "open"


def test_no_tracking_news_resolves_with_the_next_news_and_opens_again():
    log = shipped().watched(6).at(7).told(c.RecordDeliveryAttempt, parcel="P")
    assert (log.state("no_tracking_news"), log.due("no_tracking_news")) == ("resolved", day(12))
    assert log.watched(12).row("no_tracking_news").opened == 2


def test_no_tracking_news_stays_quiet_before_anything_was_shipped():
    log = AlertLog(NoTrackingNews()).placed().told(c.RecordTracking, status="announced")
    assert log.watched(99).rows == {}


def test_no_tracking_news_stays_quiet_when_everything_arrived():
    assert shipped().at(3).told(c.DeliverOrder).watched(50).rows == {}


def test_no_tracking_news_stays_quiet_when_the_parcel_is_known_to_be_lost():
    assert shipped().at(3).told(c.RecordLoss).watched(50).rows == {}


def test_no_tracking_news_still_waits_for_the_second_half():
    log = shipped().at(3).told(c.DeliverOrder, 1).watched(8)
    assert log.state("no_tracking_news") == "open"


def test_no_tracking_news_is_not_delayed_by_news_that_comes_late():
    log = shipped().at(3).told(c.RecordTracking, status="in_transit")
    log.told(c.RecordTracking, status="announced", occurred_at=day(1))
    assert log.due("no_tracking_news") == day(8)


def test_no_tracking_news_hears_nothing_of_the_carrier_in_an_amendment():
    log = shipped().at(3).told(c.AmendOrder, quantities={"1": 5})
    assert log.due("no_tracking_news") == day(6)


def test_no_tracking_news_is_quiet_about_shops_that_report_no_deliveries():
    log = AlertLog(NoTrackingNews()).placed(reports=("shipped",))
    assert log.at(1).told(c.ShipOrder, 1).watched(50).state("no_tracking_news") == "watching"
    assert log.told(c.ShipOrder, 1).watched(99).rows == {}
