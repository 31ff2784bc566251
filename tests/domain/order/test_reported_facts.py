"""Reported facts: never refused, moved as far as they fit, and what does not fit is said (1-8)."""

from decimal import Decimal

import pytest

from ordertrail.domain.order import commands as c
from tests.domain.order.story import EVERY_STEP, Story


def test_a_report_takes_units_from_the_nearest_position_behind():
    story = Story().placed(6).do(c.PickItems, 3).do(c.PackItems, 1).do(c.AllocateStock, 2)
    story.told(c.ShipOrder, 4)
    assert story.moves == [("1", 1, "packed", "shipped"), ("1", 2, "picked", "shipped"),
                           ("1", 1, "allocated", "shipped")]  # fmt: skip


def test_cancelled_units_are_taken_last():
    story = Story().placed(3).do(c.CancelLine, line="1", quantity=2).told(c.ShipOrder, 2)
    story.stands(shipped=2, cancelled=1)
    assert ("1", 1, "cancelled", "shipped") in story.moves


def test_a_report_without_lines_leaves_cancelled_and_lost_units_alone():
    story = Story().placed(5).do(c.CancelLine, line="1", quantity=1).told(c.RecordLoss, 1)
    story.told(c.DeliverOrder).stands(cancelled=1, lost=1, delivered=3)


def test_skipped_steps_deviate_where_the_shop_reports_them_and_are_inferred():
    story = Story().placed(5).told(c.ShipOrder, 2)
    story.deviates(("skipped_step", "1", 2, "picked"), ("skipped_step", "1", 2, "packed"))
    line = story.order.lines["1"]
    assert [line.inferred(s) for s in ("allocated", "picked", "packed", "shipped")] == [2, 2, 2, 0]


@pytest.mark.parametrize(
    ("kind", "skipped"),
    [
        (c.RecordLoss, ["shipped"]),
        (c.RecordReturnToSender, ["shipped"]),
        (c.DeliverOrder, ["shipped"]),
        (c.ReceiveReturn, ["shipped", "delivered"]),
    ],
)
def test_what_ends_beyond_shipping_skipped_it(kind, skipped):
    story = Story().placed(2).do(c.PickItems).do(c.PackItems).told(kind, 1)
    story.deviates(*(("skipped_step", "1", 1, step) for step in skipped))


def test_a_step_that_the_shop_does_not_report_is_skipped_in_silence():
    Story().placed(5, reports=("delivered",)).told(c.DeliverOrder).deviates().stands(delivered=5)


def test_a_later_report_explains_what_was_inferred_and_moves_nothing():
    story = Story().placed(5).told(c.ShipOrder, 2).told(c.PickItems, 3)
    assert story.moves == [("1", 1, "open", "picked")]
    assert [(part.line, part.quantity) for part in story.event.explains] == [("1", 2)]
    assert story.order.lines["1"].inferred("picked") == 0


def test_a_later_report_without_lines_explains_all():
    story = Story().placed(5).told(c.ShipOrder).told(c.PickItems).stands(shipped=5)
    assert story.event.explains[0].quantity == 5
    story.told(c.PickItems).deviates(("repeated",))


def test_what_is_inferred_is_clamped_when_units_move_back():
    story = Story().placed(5).told(c.PackItems, 4).told(c.VoidPack, 4).told(c.VoidPick, 3)
    assert story.order.lines["1"].inferred("picked") == 1
    story.told(c.PickItems, 2).stands(picked=2, open=3)


def test_units_beyond_those_movable_are_excess_and_do_not_move():
    Story().placed(2).told(c.PickItems, 5).stands(picked=2).deviates(("excess", "1", 3))


def test_a_wrong_sku_moves_and_deviates():
    story = (
        Story().placed(2).told(c.PickItems, lines=[{"line": "1", "quantity": 1, "sku": "OTHER"}])
    )
    story.stands(open=1, picked=1).deviates(("wrong_sku", "1", 1, "OTHER"))
    assert story.event.moves[0].sku == "SKU-1"


def test_a_report_on_hold_is_stored_and_says_so():
    story = Story().placed(2).do(c.PlaceHold, hold_id="H").told(c.PickItems, 1)
    story.stands(open=1, picked=1).deviates(("on_hold", "H"))
    story.told(c.DeliverOrder, 1)
    assert "on_hold" not in [kind for kind, *_ in story.deviations]


def test_carrier_news_is_always_reported():
    story = Story().placed(2).do(c.DeliverOrder)
    assert story.event.reported
    story = Story().placed(2).do(c.RecordDeliveryAttempt)
    assert story.event.reported


def test_lost_units_are_not_owed_until_they_are_found():
    story = Story().placed(2, prices={"1": "10"}, reports=EVERY_STEP).told(c.ShipOrder)
    story.told(c.RecordLoss, 1).stands(shipped=1, lost=1)
    assert story.event.due == Decimal(10)
    story.told(c.DeliverOrder, 2).stands(delivered=2)
    assert story.event.due == Decimal(20)


def test_units_returned_to_their_sender_are_final():
    story = Story().placed(2).told(c.ShipOrder).told(c.RecordReturnToSender)
    story.stands(returned_to_sender=2).told(c.DeliverOrder, 1).deviates(("excess", "1", 1))


def test_tracking_attempts_and_damage_move_nothing():
    story = (
        Story()
        .placed(2)
        .told(c.ShipOrder, parcel="P")
        .told(c.RecordTracking, parcel="P", status="in_transit", place="Leeds")
    )
    story.told(c.RecordDeliveryAttempt, parcel="P", reason="nobody_home")
    story.told(c.RecordDamage, {"1": 1}, parcel="P").stands(shipped=2)
    assert story.event.lines[0].sku == "SKU-1"


def test_a_second_placing_is_repeated_when_reported_and_refused_when_not():
    story = Story().placed(2).refused("already_placed", c.PlaceOrder, lines=[
        {"line": "7", "sku": "X", "quantity": 1}])  # fmt: skip
    story.told(c.PlaceOrder, lines=[{"line": "7", "sku": "X", "quantity": 1}])
    story.deviates(("repeated",))
    assert set(story.order.lines) == {"1"}
