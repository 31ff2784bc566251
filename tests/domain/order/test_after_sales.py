"""Returns, exchanges, repairs and claims (rules 11, 12)."""

import pytest

from ordertrail.domain.order import commands as c
from tests.domain.order.story import EVERY_STEP, Story

NEW = {"line": "2", "sku": "SKU-2", "quantity": 1, "price": "4", "replaces": "1"}


def delivered(units=3, **fields):
    return Story().placed(units, **fields).told(c.DeliverOrder)


def test_a_return_goes_from_request_to_inspection():
    story = delivered().do(c.RequestReturn, 2, return_id="R")
    assert (story.order.return_state, story.order.status) == ("requested", "placed")
    assert story.event.lines[0].sku == "SKU-1"
    story.do(c.AuthoriseReturn, return_id="R")
    assert story.order.return_state == "authorised"
    story.do(c.ReceiveReturn, return_id="R").stands(delivered=1, returned=2)
    assert (story.order.return_state, story.order.status) == ("partially_returned", "closed")
    outcomes = [{"line": "1", "restocked": 1, "scrapped": 1}]
    story.do(c.InspectReturn, return_id="R", outcomes=outcomes)
    assert story.order.returns["R"].state == "inspected"
    assert story.event.outcomes[0].sku == "SKU-1"


def test_a_return_received_without_lines_is_what_was_asked_for():
    story = delivered(5).do(c.RequestReturn, 2, return_id="R").do(c.ReceiveReturn, 1, return_id="R")
    story.told(c.ReceiveReturn, return_id="R").stands(delivered=3, returned=2)


def test_everything_comes_back():
    story = delivered().do(c.ReceiveReturn).stands(returned=3)
    assert story.order.return_state == "returned"
    story.do(c.ReceiveReturn).quiet()


def test_only_what_was_sent_can_be_returned():
    story = Story().placed(3)
    story.refused("nothing_to_return", c.RequestReturn, return_id="R")
    story.told(c.DeliverOrder, 1).refused("not_returnable", c.RequestReturn, 2, return_id="R")
    story.refused("not_found", c.RequestReturn, {"9": 1}, return_id="R")
    story.refused("not_enough_units", c.ReceiveReturn, 2)
    wrong = [{"line": "1", "quantity": 1, "sku": "OTHER"}]
    story.refused("wrong_sku", c.RequestReturn, lines=wrong, return_id="R")


def test_requests_and_answers_are_repeated_quietly_and_contradicted_never():
    story = delivered().do(c.RequestReturn, 2, return_id="R")
    story.do(c.RequestReturn, 2, return_id="R").quiet()
    story.refused("return_exists", c.RequestReturn, 1, return_id="R")
    story.do(c.AuthoriseReturn, return_id="R").do(c.AuthoriseReturn, return_id="R").quiet()
    story.do(c.DeclineReturn, return_id="R").do(c.DeclineReturn, return_id="R").quiet()
    story.refused("return_declined", c.AuthoriseReturn, return_id="R")
    story.refused("return_declined", c.ReceiveReturn, 1, return_id="R")
    assert story.order.status == "closed"
    story.refused("not_found", c.AuthoriseReturn, return_id="none")


def test_a_return_that_came_is_not_declined_any_more():
    story = delivered().do(c.RequestReturn, 1, return_id="R").do(c.ReceiveReturn, return_id="R")
    story.refused("return_received", c.DeclineReturn, return_id="R")
    story.told(c.DeclineReturn, return_id="R")
    assert story.order.returns["R"].state == "received"


def test_blind_returns_are_accepted():
    delivered().do(c.ReceiveReturn, 1).stands(delivered=2, returned=1).deviates()
    story = delivered().do(c.ReceiveReturn, 1, return_id="R").stands(delivered=2, returned=1)
    story.do(c.InspectReturn, return_id="R", outcomes=[{"line": "1", "scrapped": 1}])


@pytest.mark.parametrize("reported", [False, True])
def test_an_unauthorised_return_deviates_where_that_is_reported(reported):
    story = delivered(reports=EVERY_STEP).do(c.RequestReturn, 2, return_id="R")
    story.do(c.ReceiveReturn, 1, return_id="R", reported=reported)
    story.deviates(("return_unauthorised", "R"))
    story.do(c.ReceiveReturn, 1, return_id="R", reported=reported)
    story.deviates(("return_unauthorised", "R"))
    story = delivered(reports=EVERY_STEP).do(c.RequestReturn, 2, return_id="R")
    story.do(c.AuthoriseReturn, return_id="R")
    story.do(c.ReceiveReturn, return_id="R", reported=reported).deviates()


def test_no_more_is_inspected_than_came_of_each_line():
    story = Story().placed({"1": 2, "2": 2}).told(c.DeliverOrder)
    story.do(c.ReceiveReturn, {"1": 2}, return_id="R")
    too_many = [{"line": "1", "restocked": 2, "repaired": 1}]
    story.refused("inspected_beyond_received", c.InspectReturn, return_id="R", outcomes=too_many)
    other = [{"line": "2", "restocked": 1}]
    story.refused("inspected_beyond_received", c.InspectReturn, return_id="R", outcomes=other)
    story.told(c.InspectReturn, return_id="R", outcomes=too_many)
    story.deviates(("inspected_beyond_received", "1", 1, "R"))
    story.refused("not_found", c.InspectReturn, return_id="none", outcomes=other)


@pytest.mark.parametrize("kind", [c.OpenExchange, c.OpenRepair])
def test_what_is_sent_again_is_a_new_line_that_names_the_one_it_replaces(kind):
    name = "exchange_id" if kind is c.OpenExchange else "repair_id"
    story = delivered(prices={"1": "5"}).do(c.ReceiveReturn, 1)
    story.do(kind, lines=[NEW], **{name: "X"})
    assert (story.event.due, story.order.status) == (14, "placed")
    assert story.order.lines["2"].replaces == "1"
    story.stands(line="2", open=1).do(kind, lines=[NEW], **{name: "X"}).quiet()
    story.refused("line_exists", kind, lines=[NEW], **{name: "Y"})
    stray = NEW | {"line": "3", "replaces": "9"}
    story.refused("replaces_unknown", kind, lines=[stray], **{name: "Y"})
    story.told(kind, lines=[NEW], **{name: "Y"}).stands(line="2", open=1)


def test_returned_units_are_final_for_guarded_commands():
    story = delivered().do(c.ReceiveReturn)
    story.do(c.ShipOrder).quiet()
    story.refused("not_enough_units", c.ShipOrder, 1)
    story.refused("not_enough_units", c.PickItems, 1)


def test_a_claim_is_opened_and_resolved_once():
    story = delivered().do(c.OpenClaim, {"1": 1}, claim_id="CL", kind="damaged")
    assert story.event.lines[0].sku == "SKU-1"
    story.do(c.OpenClaim, {"1": 1}, claim_id="CL", kind="damaged").quiet()
    story.do(c.ResolveClaim, claim_id="CL", outcome="refunded", amount="3")
    story.do(c.ResolveClaim, claim_id="CL", outcome="refunded", amount="3").quiet()
    assert story.order.claims == {"CL": "refunded"}
    story.refused("not_found", c.ResolveClaim, claim_id="none", outcome="refunded")
    story.refused("not_found", c.OpenClaim, claim_id="C2", parcel="P9", kind="lost")
