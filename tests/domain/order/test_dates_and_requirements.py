"""Promises, delays, contradicting dates, and what the customer asks of the handling (17-19, 21)."""

from datetime import datetime, timedelta, timezone

import pytest

from ordertrail.domain.customer import HandlingRequirementSet
from ordertrail.domain.order import commands as c
from ordertrail.domain.values import HandlingRequirement
from tests.domain.order.story import Story, hour

SOFT = {"kind": "packaging", "code": "shock_proof"}
LABEL = {"kind": "label", "code": "fragile"}


def test_the_first_promise_stays_and_the_current_one_moves():
    story = Story().placed(1, promised_at=hour(24)).do(c.RevisePromise, promised_at=hour(48))
    assert (story.order.first_promise, story.order.current_promise) == (hour(24), hour(48))
    story.do(c.RevisePromise, promised_at=hour(48)).quiet()
    story = Story().placed(1).do(c.RevisePromise, promised_at=hour(48))
    assert story.order.first_promise == hour(48)


def test_a_delay_is_told_once_for_each_cause_and_promise():
    story = Story().placed(1, promised_at=hour(24)).do(c.RecordDelay, cause="strike")
    story.do(c.RecordDelay, cause="strike").quiet()
    story.do(c.RecordDelay, cause="strike", promise=hour(24)).quiet()
    story.do(c.RecordDelay, cause="snow")
    story.do(c.RevisePromise, promised_at=hour(48)).do(c.RecordDelay, cause="strike")
    assert len(story.order.delays) == 3


def test_a_promise_lapses_when_it_is_past_and_units_are_awaited():
    story = Story().placed(2, promised_at=hour(24))
    story.do(c.RecordDelay, cause="promise_lapsed", at=24).quiet()
    story.do(c.RecordDelay, cause="promise_lapsed", at=30)
    assert story.scenario.history["order-SO-1"][-1].occurred_at == hour(24)
    story.do(c.RecordDelay, cause="promise_lapsed", at=31).quiet()
    story = Story().placed(2, promised_at=hour(24)).told(c.DeliverOrder)
    story.do(c.RecordDelay, cause="promise_lapsed", at=30).quiet()


def test_delays_told_before_the_order_are_told_once_when_it_is_placed():
    story = Story().told(c.RecordDelay, cause="strike").told(c.RecordDelay, cause="strike")
    story.placed(1, promised_at=hour(24))
    assert story.order.delays == (("strike", hour(24)),)


def test_an_approval_before_the_order_was_placed_contradicts():
    story = Story().placed(1, at=5).told(c.ApproveOrder, at=4)
    story.deviates(("dates_contradict", "placed"))
    Story().placed(1, at=5).told(c.ApproveOrder, at=5).deviates()


@pytest.mark.parametrize("late_packing", [False, True])
def test_dates_contradict_within_one_parcel_in_whichever_order_they_are_told(late_packing):
    packed = (c.PackItems, {"at": 9.0})
    shipped = (c.ShipOrder, {"at": 8.0})
    story = Story().placed(2, reports=("packed", "shipped"))
    for kind, when in (shipped, packed) if late_packing else (packed, shipped):
        story.told(kind, 2, parcel="P1", **when)
    story.deviates(("dates_contradict", "shipped" if late_packing else "packed"))


def test_dates_of_different_parcels_do_not_contradict():
    story = Story().placed(2, reports=("packed", "shipped"))
    story.told(c.PackItems, 1, parcel="P1", at=9.0).told(c.PackItems, 1, parcel="P2", at=5.0)
    story.told(c.ShipOrder, parcel="P2", at=6.0).deviates()


def test_a_second_batch_that_is_picked_after_the_first_shipped_contradicts_nothing():
    story = Story().placed(2).do(c.PickItems, 1).do(c.PackItems, 1).do(c.ShipOrder, 1)
    story.do(c.PickItems, 1).deviates()


def test_what_the_customer_asks_for_is_copied_onto_the_order():
    story = Story()
    asked = HandlingRequirement("packaging", "shock_proof")
    story.scenario.given(HandlingRequirementSet(customer_id="C", requirement=asked),
                         stream="customer-C")  # fmt: skip
    story.placed(1, customer_id="C", requirements=[LABEL])
    assert [r.code for r in story.order.requirements] == ["fragile", "shock_proof"]
    gone = HandlingRequirementSet(customer_id="C", requirement=asked, withdrawn=True)
    story.scenario.given(gone, stream="customer-C")
    assert [r.code for r in story.order.requirements] == ["fragile", "shock_proof"]
    story.do(c.AmendOrder, requirements=[LABEL])
    assert [r.code for r in story.order.requirements] == ["fragile"]


def test_pick_pack_and_ship_remind_of_what_applies():
    window = {"kind": "delivery_window", "code": "early", "not_after": "09:00"}
    story = Story().placed(1, requirements=[SOFT, LABEL, window]).do(c.PickItems)
    assert [r.code for r in story.event.reminders] == ["heed_packaging"]
    story.do(c.PackItems)
    assert [r.code for r in story.event.reminders] == ["heed_packaging", "heed_label"]
    story.do(c.VoidPack)
    assert story.event.reminders == ()
    story.do(c.PackItems).do(c.ShipOrder)
    assert [r.code for r in story.event.reminders] == ["heed_label", "heed_delivery_window"]


@pytest.mark.parametrize("reported", [False, True])
def test_packing_and_shipping_without_heed_is_a_requirement_missed(reported):
    story = Story().placed(2, requirements=[SOFT, LABEL]).do(c.PickItems)
    story.do(c.PackItems, 1, reported=reported)
    story.deviates(("requirement_missed", "shock_proof"))
    story.do(c.ShipOrder, 1, reported=reported).deviates(("requirement_missed", "fragile"))
    story.do(c.PackItems, 1, heeded=["shock_proof", "fragile"], reported=reported).deviates()
    story.do(c.ShipOrder, 1, reported=reported).deviates()


def test_what_was_heeded_for_one_parcel_is_not_heeded_for_another():
    story = Story().placed(2, requirements=[LABEL]).do(c.PickItems)
    story.do(c.PackItems, 1, parcel="P1", heeded=["fragile"]).do(c.PackItems, 1, parcel="P2")
    story.do(c.ShipOrder, parcel="P1").deviates()
    story.do(c.ShipOrder, parcel="P2").deviates(("requirement_missed", "fragile"))


def test_packaging_is_checked_at_shipping_where_packing_is_not_reported():
    story = Story().placed(1, requirements=[SOFT], reports=("shipped",)).do(c.ShipOrder)
    story.deviates(("requirement_missed", "shock_proof"))


@pytest.mark.parametrize(
    ("window", "clock", "missed"),
    [
        ({"not_after": "09:00"}, "09:00", False),
        ({"not_after": "09:00"}, "09:01", True),
        ({"not_before": "14:00", "not_after": "16:00"}, "13:59", True),
        ({"not_before": "22:00", "not_after": "06:00"}, "23:30", False),
        ({"not_before": "22:00", "not_after": "06:00"}, "12:00", True),
        ({"not_after": "09:00Z"}, "08:00", False),
    ],
)
def test_a_delivery_window_compares_the_wall_clock_of_the_offset_given(window, clock, missed):
    asked = {"kind": "delivery_window", "code": "w", **window}
    story = Story().placed(1, requirements=[asked], reports=("delivered",))
    local = timezone(timedelta(hours=-9))
    at = datetime.combine(hour(72), datetime.strptime(clock, "%H:%M").time(), local)
    story.told(c.DeliverOrder, at=at)
    story.deviates(*[("requirement_missed", "w")] * missed)
