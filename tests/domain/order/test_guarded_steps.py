"""Guarded warehouse and carrier commands: they fit, or are refused whole (rules 1, 3, 7, 8, 13)."""

import pytest

from ordertrail.domain.order import commands as c
from ordertrail.domain.order import events as e
from ordertrail.domain.order.positions import Move
from tests.domain.order.story import EVERY_STEP, ID, Story


def test_a_pick_says_what_was_asked_and_what_moved():
    story = Story().placed(5).do(c.PickItems, 3, location="north")
    assert story.event.moves == (Move("1", "SKU-1", 3, "open", "picked"),)
    assert (story.event.location, story.event.reported) == ("north", False)


def test_units_go_the_whole_chain_part_by_part():
    story = Story().placed(5, reports=EVERY_STEP)
    story.do(c.AllocateStock, 4).do(c.PickItems, 3).do(c.PackItems, 2).do(c.ShipOrder, 1)
    story.stands(open=1, allocated=1, picked=1, packed=1, shipped=1)
    story.told(c.DeliverOrder, 1).stands(open=1, allocated=1, picked=1, packed=1, delivered=1)


def test_without_lines_every_unit_not_yet_there_is_meant():
    story = Story().placed({"1": 2, "2": 3}).do(c.PickItems).do(c.PackItems).do(c.ShipOrder)
    story.stands(line="1", shipped=2).stands(line="2", shipped=3)
    story.do(c.ShipOrder).quiet()


def test_without_lines_a_step_is_refused_while_some_units_are_not_ready_for_it():
    story = Story().placed(5).do(c.PickItems, 3)
    story.refused("not_enough_units", c.PackItems)


@pytest.mark.parametrize("step", [c.ShortPick, c.VoidPack, c.ReceiveReturn])
def test_a_step_with_nothing_behind_it_is_refused(step):
    Story().placed(5, reports=EVERY_STEP).refused("nothing_to_move", step)


@pytest.mark.parametrize("step", [c.PickItems, c.PackItems, c.ShipOrder])
def test_a_step_of_the_chain_that_skips_another_is_refused(step):
    Story().placed(5, reports=EVERY_STEP).refused("not_enough_units", step)


def test_more_units_than_stand_behind_are_refused():
    story = Story().placed(5).refused("not_enough_units", c.PickItems, 6)
    story.scenario.then_refused("not_enough_units", line="1", asked=6, available=5)


def test_the_same_line_named_twice_counts_twice():
    lines = [{"line": "1", "quantity": 3}, {"line": "1", "quantity": 3}]
    Story().placed(5).refused("not_enough_units", c.PickItems, lines=lines)
    Story().placed(6).do(c.PickItems, lines=lines).stands(picked=6)


def test_an_unknown_order_line_or_parcel_is_not_found():
    Story().refused("not_found", c.PickItems, 1)
    Story().placed(5).refused("not_found", c.PickItems, {"9": 1})
    Story().placed(5).refused("not_found", c.VoidPack, parcel="P-9")


def test_a_wrong_sku_is_refused():
    wrong = [{"line": "1", "quantity": 1, "sku": "OTHER"}]
    Story().placed(5).refused("wrong_sku", c.PickItems, lines=wrong)


def test_a_shop_that_allocates_picks_only_what_is_allocated():
    story = Story().placed(5, reports=EVERY_STEP).refused("not_enough_units", c.PickItems, 1)
    story.do(c.AllocateStock, 2).do(c.PickItems, 2).stands(open=3, picked=2)


def test_steps_that_a_shop_does_not_report_may_be_skipped():
    story = Story().placed(5, reports=("shipped",)).do(c.ShipOrder, 5).stands(shipped=5)
    story.deviates()
    assert story.order.lines["1"].inferred("packed") == 5


def test_stock_that_is_missing_waits_and_is_allocated_before_what_is_open():
    story = Story().placed(5, reports=EVERY_STEP).do(c.BackorderItems, 2)
    story.stands(open=3, backordered=2).do(c.AllocateStock, 3).stands(open=2, allocated=3)
    story.do(c.BackorderItems).stands(backordered=2, allocated=3)


def test_stock_is_released_and_backorders_are_given_up():
    story = Story().placed(5).do(c.AllocateStock, 2).do(c.BackorderItems, 1)
    story.do(c.ReleaseStock).stands(open=5)


def test_a_short_pick_lets_the_missing_units_wait_for_stock():
    story = Story().placed(5, reports=EVERY_STEP).do(c.AllocateStock)
    story.do(c.PickItems, 3).do(c.ShortPick).stands(picked=3, backordered=2)
    Story().placed(5).do(c.PickItems, 3).do(c.ShortPick, 2).stands(picked=3, backordered=2)


def test_voids_put_units_back_where_the_shop_had_them():
    story = Story().placed(5, reports=EVERY_STEP).do(c.AllocateStock).do(c.PickItems)
    story.do(c.PackItems).do(c.VoidPack, 2).stands(packed=3, picked=2)
    story.do(c.VoidPick, 1).stands(packed=3, picked=1, allocated=1)
    Story().placed(5).do(c.PickItems).do(c.VoidPick).stands(open=5)
    story = Story().placed(5, reports=("packed",)).do(c.PackItems).do(c.VoidPack).stands(open=5)


def test_a_void_tells_of_no_pick():
    story = Story().placed(5).told(c.PackItems, 3).do(c.VoidPack, 3)
    assert story.order.lines["1"].inferred("picked") == 3
    assert story.order.times.keys() == {"packed"}


def test_a_hold_stops_pick_pack_and_ship_of_its_lines_and_nothing_else():
    story = Story().placed({"1": 3, "2": 3}).do(c.PickItems, 1).do(c.PackItems, 1)
    story.do(c.PickItems, 1).do(c.PlaceHold, hold_id="H", lines=["1"])
    for step in (c.PickItems, c.PackItems, c.ShipOrder):
        story.refused("on_hold", step, 1)
    story.do(c.PickItems, {"2": 3}).do(c.VoidPick, 1).do(c.CancelLine, line="1", quantity=1)
    story.do(c.ReleaseHold, hold_id="H").do(c.ShipOrder, 1)


def test_a_hold_of_the_whole_order_covers_every_line():
    story = Story().placed({"1": 3, "2": 3}).do(c.PlaceHold, hold_id="H")
    story.refused("on_hold", c.PickItems, {"2": 1})
    story.do(c.CancelOrder)


def test_holds_are_placed_and_released_once():
    story = Story().placed(5).do(c.PlaceHold, hold_id="H").do(c.PlaceHold, hold_id="H").quiet()
    story.refused("hold_exists", c.PlaceHold, hold_id="H", lines=["1"])
    story.refused("not_found", c.PlaceHold, hold_id="I", lines=["9"])
    story.do(c.ReleaseHold, hold_id="H").do(c.ReleaseHold, hold_id="H").quiet()
    story.refused("hold_exists", c.PlaceHold, hold_id="H")
    story.refused("not_found", c.ReleaseHold, hold_id="never")


def test_a_preview_is_to_decide_and_not_to_store():
    story = Story().placed(5, prices={"1": "2"})
    before = story.order
    command = c.AmendOrder(order_id=ID, quantities={"1": 3}, occurred_at=story.order.placed_at)
    preview = story.scenario.decide(command, before)
    assert story.order == before
    assert story.scenario.when(command).bodies == preview
    assert isinstance(preview[0], e.OrderAmended)
    assert preview[0].due == 6
