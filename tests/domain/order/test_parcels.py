"""Parcels: what is in them, told in any order, in part, twice, or by nobody (5, 6, 15, 16)."""

from ordertrail.domain.order import commands as c
from ordertrail.domain.order import events as e
from ordertrail.domain.values import Address
from tests.domain.order.story import Story


def packed_twice(**fields):
    """Five units picked, of which two are packed in P1 and two in P2."""
    story = Story().placed(5, **fields).do(c.PickItems)
    return story.do(c.PackItems, 2, parcel="P1").do(c.PackItems, 2, parcel="P2")


def test_a_parcel_is_shipped_and_delivered_with_what_was_packed_into_it():
    story = packed_twice().do(c.ShipOrder, parcel="P1", carrier="dhl", tracking_number="T1")
    story.stands(picked=1, packed=2, shipped=2).told(c.DeliverOrder, parcel="P1")
    story.stands(picked=1, packed=2, delivered=2)
    parcel = story.order.parcels["P1"]
    assert (parcel.carrier, parcel.tracking_number, parcel.stage) == ("dhl", "T1", "delivered")
    assert parcel.contents == {"1": 2}


def test_the_same_parcel_at_the_same_step_is_repeated():
    story = packed_twice().do(c.ShipOrder, parcel="P1").do(c.ShipOrder, parcel="P1").quiet()
    story.told(c.ShipOrder, 2, parcel="P1").deviates(("repeated", "P1")).stands(
        picked=1, packed=2, shipped=2
    )
    story.do(c.PackItems, 2, parcel="P1").quiet()


def test_what_is_said_of_a_parcel_is_its_total_at_that_step():
    story = packed_twice().told(c.PackItems, 3, parcel="P2").stands(packed=5)
    assert story.order.parcels["P2"].contents == {"1": 3}


def test_a_parcel_is_delivered_in_part_and_then_whole():
    story = packed_twice().do(c.ShipOrder, parcel="P1").told(c.DeliverOrder, 1, parcel="P1")
    story.stands(picked=1, packed=2, shipped=1, delivered=1)
    story.told(c.DeliverOrder, parcel="P1").stands(picked=1, packed=2, delivered=2)


def test_a_parcel_takes_its_own_units_and_not_those_of_another():
    story = packed_twice().do(c.ShipOrder, parcel="P2").told(c.DeliverOrder, parcel="P1")
    story.stands(picked=1, shipped=2, delivered=2)
    assert ("1", 2, "packed", "delivered") in story.moves


def test_a_guarded_shipment_takes_no_units_out_of_another_parcel():
    story = packed_twice().refused("not_found", c.ShipOrder, parcel="P-typo")
    story.refused("not_enough_units", c.ShipOrder, 1, parcel="P3")
    story.told(c.ShipOrder, 1, parcel="P3").stands(packed=4, shipped=1)


def test_what_was_packed_loose_ships_in_a_parcel_named_at_the_door():
    story = Story().placed(5).do(c.PickItems).do(c.PackItems, 3).do(c.ShipOrder, parcel="P1")
    story.stands(picked=2, shipped=3)
    assert story.order.parcels["P1"].contents == {"1": 3}
    story.told(c.DeliverOrder, parcel="P1").stands(picked=2, delivered=3)


def test_where_nobody_told_of_packing_a_shipped_parcel_holds_every_unit():
    story = Story().placed(5).told(c.ShipOrder, parcel="P1").stands(shipped=5)
    story.told(c.DeliverOrder, parcel="P1").stands(delivered=5)
    story = Story().placed(5, reports=("delivered",)).told(c.DeliverOrder, parcel="P1")
    story.stands(delivered=5).deviates()


def test_packing_told_after_the_shipment_of_the_parcel_is_explained():
    story = Story().placed(5).told(c.ShipOrder, 2, parcel="P1").told(c.PackItems, parcel="P1")
    story.stands(shipped=2, open=3)
    assert story.event.explains[0].quantity == 2
    story.told(c.PackItems, 2, parcel="P2").stands(shipped=2, packed=2, open=1)


def test_a_shipment_of_a_parcel_not_packed_yet_waits_where_others_are_packed():
    story = Story().placed(5).told(c.PackItems, 2, parcel="P1").told(c.ShipOrder, parcel="P2")
    story.deviates(("unresolved", "parcel")).stands(packed=2, open=3)
    story.told(c.PackItems, 3, parcel="P2").stands(packed=2, shipped=3)


def test_a_delivery_of_an_unknown_parcel_waits_until_it_is_packed():
    story = Story().placed(5).told(c.DeliverOrder, parcel="P1")
    story.deviates(("unresolved", "parcel")).stands(open=5)
    story.told(c.PackItems, 2, parcel="P1").stands(open=3, delivered=2)
    assert [type(body) for body in story.events] == [e.ItemsPacked, e.OrderDelivered]


def test_a_parcel_is_unpacked_and_packed_again():
    story = packed_twice().do(c.VoidPack, parcel="P1").stands(picked=3, packed=2)
    story.do(c.VoidPack, parcel="P1").quiet()
    story.do(c.PackItems, 3, parcel="P1").stands(packed=5)
    story.do(c.ShipOrder, parcel="P1").stands(packed=2, shipped=3)


def test_a_part_of_a_parcel_is_unpacked():
    story = packed_twice().do(c.VoidPack, 1, parcel="P1").do(c.ShipOrder, parcel="P1")
    story.stands(picked=2, packed=2, shipped=1)
    story.refused("not_enough_units", c.VoidPack, 3, parcel="P2")


def test_a_lost_parcel_is_found_and_delivered():
    story = packed_twice().do(c.ShipOrder, parcel="P1").do(c.ShipOrder, parcel="P2")
    story.told(c.RecordLoss, parcel="P1").stands(picked=1, lost=2, shipped=2)
    story.told(c.DeliverOrder, parcel="P1").stands(picked=1, shipped=2, delivered=2)
    story.told(c.RecordLoss, parcel="P1").stands(picked=1, shipped=2, delivered=2)


def test_a_parcel_returns_to_its_sender():
    story = packed_twice().do(c.ShipOrder, parcel="P1").told(c.RecordReturnToSender, parcel="P1")
    story.stands(picked=1, packed=2, returned_to_sender=2)
    story.told(c.DeliverOrder, parcel="P1").stands(picked=1, packed=2, returned_to_sender=2)


def test_a_shipment_of_the_whole_order_carries_its_parcels_along():
    story = packed_twice().told(c.ShipOrder).stands(shipped=5)
    story.told(c.ShipOrder, parcel="P1").deviates(("repeated", "P1"))
    story.told(c.DeliverOrder, parcel="P1").stands(shipped=3, delivered=2)


def test_lines_may_name_their_parcels_each():
    lines = [
        {"line": "1", "quantity": 2, "parcel": "P1"},
        {"line": "1", "quantity": 3, "parcel": "P2"},
    ]
    story = Story().placed(5).do(c.PickItems).do(c.PackItems, lines=lines)
    assert [body.parcel for body in story.events] == ["P1", "P2"]
    story.do(c.ShipOrder, parcel="P2").stands(packed=2, shipped=3)


def test_a_pick_may_name_the_parcel_to_come():
    story = Story().placed(5).do(c.PickItems, 2, parcel="P1").stands(open=3, picked=2)
    story.do(c.PackItems, 2, parcel="P1").stands(open=3, packed=2)


def test_a_reported_parcel_may_be_told_to_hold_more_than_there_is():
    story = Story().placed(2).told(c.PackItems, 5, parcel="P1").stands(packed=2)
    assert ("excess", "1", 3) in story.deviations
    story.told(c.PackItems, 5, parcel="P1").deviates(("repeated", "P1"))


def test_the_address_changes_while_nothing_is_packed():
    there = {"country": "GB", "postcode": "LS1 4DY"}
    story = Story().placed(2).do(c.ChangeShippingAddress, ship_to=there)
    assert story.order.ship_to == Address("GB", "LS1 4DY")
    story.do(c.ChangeShippingAddress, ship_to=there).quiet()
    story.do(c.PickItems).do(c.PackItems, 1, parcel="P1")
    story.refused("void_packing_first", c.ChangeShippingAddress, ship_to={"country": "FR"})
    story.do(c.VoidPack, parcel="P1").do(c.ChangeShippingAddress, ship_to={"country": "FR"})
    story.do(c.PackItems, parcel="P1").do(c.ShipOrder, parcel="P1")
    story.refused("redirect_instead", c.ChangeShippingAddress, ship_to=there)
    story.do(c.RedirectShipment, parcel="P1", ship_to=there)
    assert story.order.parcels["P1"].ship_to == Address("GB", "LS1 4DY")
    assert story.order.ship_to == Address("FR")
