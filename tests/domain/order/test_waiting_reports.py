"""Reports that come before what they name: they wait, and are decided again (rule 6)."""

from itertools import permutations

import pytest

from ordertrail.domain.order import commands as c
from ordertrail.domain.order import events as e
from tests.domain.order.story import ID, Story, hour


def test_reports_of_an_unknown_order_wait_and_are_decided_when_it_is_placed():
    story = Story().told(c.PickItems, 2).told(c.ShipOrder, 1)
    assert (story.order.placed, story.order.status, len(story.order.waiting)) == (False, None, 2)
    story.placed(5, customer_id="C-1").stands(open=3, picked=1, shipped=1)
    assert [type(body) for body in story.events] == [e.OrderPlaced, e.ItemsPicked, e.OrderShipped]
    assert {body.customer_id for body in story.events} == {"C-1"}
    assert story.order.waiting == ()


def test_what_is_decided_again_cites_the_report_and_keeps_its_time():
    story = Story().told(c.PickItems, 2, at=1).placed(5)
    first, _, again = story.scenario.history[f"order-{ID}"]
    assert again.causation_id == first.id
    assert again.occurred_at == first.occurred_at


def test_a_report_of_an_unknown_line_waits_for_the_line():
    story = Story().placed(5).told(c.PickItems, {"1": 1, "2": 1}).stands(open=5)
    story.deviates(("unresolved", "line"))
    story.do(c.AmendOrder, added=[{"line": "2", "sku": "X", "quantity": 1}])
    story.stands(open=4, picked=1).stands(line="2", picked=1)


WAITERS = [
    (c.ApproveOrder, {}),
    (c.DeclineOrder, {}),
    (c.CancelOrder, {}),
    (c.CancelLine, {"line": "1"}),
    (c.AmendOrder, {"quantities": {"1": 3}, "prices": {"1": "7"}}),
    (c.CapturePayment, {"payment_id": "P", "amount": "5"}),
    (c.RecordDelay, {"cause": "strike"}),
    (c.OpenExchange, {"exchange_id": "E", "lines": [{"line": "8", "sku": "X", "quantity": 1}]}),
    (c.ReceiveReturn, {"return_id": "R"}),
    (c.RequestReturn, {"return_id": "R", "lines": [{"line": "1", "quantity": 1}]}),
    (c.OpenClaim, {"claim_id": "CL", "kind": "damaged"}),
    (c.ChangeShippingAddress, {"ship_to": {"country": "GB"}}),
    (c.PlaceHold, {"hold_id": "H", "lines": ["1"]}),
    (c.AddNote, {"kind": "gift"}),
]


@pytest.mark.parametrize(("kind", "fields"), WAITERS)
def test_told_before_the_order_it_comes_to_the_same_as_told_after(kind, fields):
    known = {"prices": {"1": "2"}, "promised_at": hour(9)}
    before = Story().told(kind, **fields).placed(5, **known)
    after = Story().placed(5, **known).told(kind, **fields)
    assert before.order.waiting == ()
    assert before.order.lines == after.order.lines
    assert before.order.status == after.order.status
    assert (before.order.due, before.order.captured) == (after.order.due, after.order.captured)
    assert before.order.delays == after.order.delays
    assert before.order.returns == after.order.returns


def test_one_report_may_free_the_next():
    story = Story().told(c.DeliverOrder, parcel="P1").told(c.PackItems, 2, parcel="P1").placed(5)
    assert [type(body) for body in story.events] == [
        e.OrderPlaced,
        e.ItemsPacked,
        e.OrderDelivered,
    ]


def facts_of_a_return():
    return {
        "asked": lambda s: s.told(c.RequestReturn, 2, return_id="R"),
        "allowed": lambda s: s.told(c.AuthoriseReturn, return_id="R"),
        "came": lambda s: s.told(c.ReceiveReturn, 2, return_id="R"),
        "seen": lambda s: s.told(
            c.InspectReturn, return_id="R", outcomes=[{"line": "1", "restocked": 2}]
        ),
    }


@pytest.mark.parametrize("order", list(permutations(facts_of_a_return())))
def test_a_return_is_told_in_any_order(order):
    facts = facts_of_a_return()
    story = Story().placed(5).told(c.DeliverOrder)
    for name in order:
        facts[name](story)
    story.stands(delivered=3, returned=2)
    known = story.order.returns["R"]
    assert (known.state, known.received, known.inspected) == ("inspected", 2, 2)
    assert known.allowed
    assert story.order.waiting == ()


@pytest.mark.parametrize(
    ("kind", "fields", "missing"),
    [
        (c.AuthoriseReturn, {"return_id": "R"}, "return"),
        (c.DeclineReturn, {"return_id": "R"}, "return"),
        (c.ResolveClaim, {"claim_id": "CL", "outcome": "refunded"}, "claim"),
        (c.ReleaseHold, {"hold_id": "H"}, "hold"),
        (c.RecordTracking, {"parcel": "P", "status": "seen"}, "parcel"),
        (c.RedirectShipment, {"parcel": "P", "ship_to": {"country": "GB"}}, "parcel"),
        (c.OpenClaim, {"claim_id": "CL", "kind": "lost", "parcel": "P"}, "parcel"),
        (c.AmendOrder, {"quantities": {"9": 1}}, "line"),
        (c.CancelLine, {"line": "9"}, "line"),
        (c.PlaceHold, {"hold_id": "H", "lines": ["9"]}, "line"),
    ],
)
def test_a_report_says_what_it_waits_for(kind, fields, missing):
    Story().placed(5).told(kind, **fields).deviates(("unresolved", missing)).stands(open=5)


def test_a_claim_resolved_before_it_is_opened_is_resolved_when_it_is():
    story = Story().placed(5).told(c.ResolveClaim, claim_id="CL", outcome="replaced")
    story.told(c.OpenClaim, claim_id="CL", kind="lost")
    assert story.order.claims == {"CL": "replaced"}


def test_a_hold_released_before_it_is_placed_is_released():
    story = Story().placed(5).told(c.ReleaseHold, hold_id="H").told(c.PlaceHold, hold_id="H")
    assert story.order.holds == {}


def test_the_whole_of_an_unknown_line_is_cancelled_when_it_is_known():
    story = Story().told(c.CancelLine, line="1").placed({"1": 5, "2": 2})
    story.stands(cancelled=5).stands(line="2", open=2)
    story.told(c.CancelLine, line="1").deviates(("repeated",)).stands(line="2", open=2)
