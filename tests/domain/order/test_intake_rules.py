"""Placing, amending, cancelling, declining (rules 9, 10, 11, 17)."""

from decimal import Decimal

import pytest

from ordertrail.domain.customer import CustomerErased, CustomersMerged
from ordertrail.domain.order import commands as c
from ordertrail.domain.order import events as e
from tests.domain.order.story import EVERY_STEP, Story, hour


def added(line: str, **fields) -> dict[str, object]:
    return {"line": line, "sku": f"SKU-{line}", "quantity": 1, **fields}


def test_an_order_is_placed_with_what_is_known_of_it():
    story = Story().placed({"1": 2, "2": 1}, customer_id="C-1", currency="GBP",
                           prices={"1": "2.50", "2": "1"}, promised_at=hour(48))  # fmt: skip
    assert (story.event.total, story.event.due) == (Decimal("6.00"), Decimal("6.00"))
    order = story.order
    assert (order.customer_id, order.status, order.shipment_state) == ("C-1", "placed", "pending")
    assert order.first_promise == order.current_promise == hour(48)


def test_a_price_or_a_customer_may_be_unknown():
    story = Story().placed({"1": 2, "2": 1}, prices={"1": "2.50"})
    assert (story.order.customer_id, story.order.due, story.event.total) == (None, None, None)


def test_two_lines_of_one_name_are_refused():
    story = Story()
    story.refused("line_twice", c.PlaceOrder, lines=[added("1"), added("1")])


@pytest.mark.parametrize(
    ("happened", "code"),
    [
        (CustomersMerged(customer_id="C", survivor_id="S", absorbed_id="C"), "customer_absorbed"),
        (CustomerErased(customer_id="C"), "customer_erased"),
    ],
)
def test_a_customer_who_is_gone_places_no_order_but_reports_of_one_are_stored(happened, code):
    story = Story()
    story.scenario.given(happened, stream="customer-C")
    story.refused(code, c.PlaceOrder, lines=[added("1")], customer_id="C")
    story.told(c.PlaceOrder, lines=[added("1")], customer_id="C")
    assert story.order.customer_id == "C"


def test_an_amendment_names_the_current_quantity():
    story = Story().placed(5, prices={"1": "2"}).do(c.AmendOrder, quantities={"1": 7})
    story.stands(open=7)
    assert story.order.lines["1"].quantity == 7
    story.do(c.AmendOrder, quantities={"1": 3}).stands(open=3, cancelled=4)
    line = story.order.lines["1"]
    assert (line.quantity, line.current_quantity) == (7, 3)
    assert story.order.due == 6
    story.do(c.AmendOrder, quantities={"1": 3}).quiet()


def test_a_cut_takes_backordered_then_open_then_allocated_units():
    story = Story().placed(6, reports=EVERY_STEP).do(c.AllocateStock, 2).do(c.BackorderItems, 2)
    story.do(c.AmendOrder, quantities={"1": 1})
    assert [origin for _, _, origin, _ in story.moves] == ["backordered", "open", "allocated"]
    story.stands(allocated=1, cancelled=5)


def test_a_cut_that_does_not_fit_is_refused_whole():
    story = Story().placed({"1": 5, "2": 5}).do(c.PickItems, 3)
    story.refused("not_enough_units", c.AmendOrder, quantities={"2": 1, "1": 2})
    story.stands(line="2", open=5)


def test_a_reported_cut_goes_as_far_as_it_can():
    story = Story().placed(5).do(c.PickItems, 3).told(c.AmendOrder, quantities={"1": 2})
    story.stands(picked=3, cancelled=2).deviates(("excess", "1", 1))


def test_lines_prices_and_dates_change_only_by_amendment():
    story = Story().placed(5, prices={"1": "2"}, currency="GBP")
    story.do(c.AmendOrder, added=[added("2", price="3")], prices={"1": "4"}, deliver_by=hour(9))
    assert (story.order.due, story.order.deliver_by) == (Decimal(23), hour(9))
    assert story.order.lines["2"].positions == {"open": 1}
    story.refused("line_exists", c.AmendOrder, added=[added("2")])
    story.refused("not_found", c.AmendOrder, quantities={"9": 1})
    story.refused("not_found", c.AmendOrder, prices={"9": "1"})


def test_a_reported_line_that_exists_already_does_not_start_anew():
    story = Story().placed(5).do(c.PickItems, 2).told(c.AmendOrder, added=[added("1")])
    story.stands(open=3, picked=2).deviates(("repeated",))


def test_an_order_called_off_grows_no_more():
    story = Story().placed(5).do(c.CancelOrder)
    story.refused("order_called_off", c.AmendOrder, quantities={"1": 6})
    story.refused("order_called_off", c.AmendOrder, added=[added("2")])
    story.refused("order_called_off", c.ApproveOrder)


def test_cancelling_is_all_or_nothing():
    story = Story().placed({"1": 2, "2": 2}).do(c.PickItems, {"2": 1})
    story.refused("cannot_cancel", c.CancelOrder)
    story.do(c.VoidPick).do(c.CancelOrder).stands(cancelled=2).stands(line="2", cancelled=2)
    assert (story.order.status, story.order.shipment_state) == ("cancelled", "cancelled")
    story.do(c.CancelOrder).quiet()


def test_a_reported_cancellation_takes_what_has_not_shipped():
    story = Story().placed(5).do(c.PickItems).do(c.PackItems, 3, parcel="P1")
    story.do(c.ShipOrder, 1, parcel="P1").told(c.CancelOrder)
    story.stands(shipped=1, cancelled=4).deviates(("cancelled_after_shipping", "1", 1))
    assert story.order.status == "cancelled"
    story.told(c.CancelOrder).deviates(("repeated",))


def test_picked_and_packed_units_are_voided_before_they_are_cancelled():
    story = Story().placed(2, reports=EVERY_STEP).told(c.PickItems).told(c.PackItems, 1)
    story.told(c.CancelOrder).stands(cancelled=2)
    assert ("1", 1, "packed", "picked") in story.moves
    assert story.moves.count(("1", 1, "picked", "allocated")) == 2
    assert {origin for _, _, origin, target in story.moves if target == "cancelled"} == {
        "allocated"
    }


def test_a_line_is_cancelled_in_part_and_whole():
    story = Story().placed({"1": 5, "2": 1}).do(c.CancelLine, line="1", quantity=2)
    story.stands(open=3, cancelled=2).do(c.PickItems, 1)
    story.refused("not_enough_units", c.CancelLine, line="1")
    story.refused("not_found", c.CancelLine, line="9")
    story.do(c.CancelLine, line="2").do(c.CancelLine, line="2").quiet()
    story.told(c.CancelLine, line="2").deviates(("repeated",)).stands(open=2, picked=1, cancelled=2)


def test_a_reported_cancellation_of_a_shipped_line_says_so():
    story = Story().placed(3).told(c.ShipOrder, 2).told(c.CancelLine, line="1")
    story.stands(shipped=2, cancelled=1).deviates(("cancelled_after_shipping", "1", 2))


def test_when_all_units_are_cancelled_the_order_is():
    story = Story().placed(2, prices={"1": "5"}, adjustments=[{"kind": "shipping", "amount": "4"}])
    story.do(c.CancelLine, line="1")
    assert story.order.status == "cancelled"
    assert story.order.due == 0


def test_an_order_is_declined_while_nothing_is_picked():
    story = Story().placed(2).do(c.AllocateStock, 1).do(c.DeclineOrder).stands(cancelled=2)
    assert story.order.status == "cancelled"
    story.do(c.DeclineOrder).quiet()
    Story().placed(2).do(c.PickItems, 1).refused("cannot_decline", c.DeclineOrder)
    story = Story().placed(2).told(c.ShipOrder, 1).told(c.DeclineOrder)
    story.stands(shipped=1, cancelled=1).deviates(("cancelled_after_shipping", "1", 1))


def test_an_order_is_approved_once():
    story = Story().placed(2).do(c.ApproveOrder).do(c.ApproveOrder).quiet()
    assert story.last(e.OrderApproved).order_id == "SO-1"


def test_a_note_tells_its_kind_and_hides_its_text():
    story = Story().placed(1).do(c.AddNote, kind="gift_message", text="Happy birthday!")
    assert story.event.kind == "gift_message"
    assert "birthday" not in repr(story.event)
