"""Shape "events": a row is an event, which may touch several orders, lines and parcels."""

from decimal import Decimal

import pytest

from tests.importing.imports import Shop

HARBOUR = """\
name = "harbour"
shape = "events"
[event]
id = "uid"
activity = "what"
time = "when"
order = "orders"
line = "items"
parcel = "box"
actor = "who"
[line]
sku = "sku"
quantity = { column = "qty", default = "1" }
[activities]
new = { step = "placed", total = "amount" }
paid = { step = "paid", amount = "amount" }
refund = { step = "refunded", amount = "amount" }
picked = "picked"
packed = "packed"
sent = "shipped"
"nobody home" = "attempted"
there = "delivered"
back = "returned"
off = "cancelled"
stop = "hold"
"called*" = "note"
bell = "nothing"
"""
HEADER = "uid,what,when,orders,items,box,who,sku,qty,amount\n"
T = "2026-01-02T10:00:00Z"


def imports(shop: Shop, *rows: str, mapping: str = HARBOUR):
    return shop.imports(HEADER + "".join(f"{row}\n".replace("@", T) for row in rows), mapping)


def test_an_order_goes_its_way(shop: Shop):
    imports(
        shop,
        "e1,new,@,o1,a;b,,,X;Y,2;1,20",
        "e2,paid,@,o1,,,,,,20",
        "e3,picked,@,o1,a,,p1,,,",
        "e4,picked,@,,b,,p 2,,,",
        "e5,packed,@,o1,,P1,,,,",
        "e6,sent,@,,,P1,,,,",
        "e7,nobody home,@,,,P1,,,,",
        "e8,there,@,,,P1,,,,",
        "e9,called at noon,@,o1,,,,,,",
        "e10,bell,@,,,,,,,",
    )
    order = shop.trail.order("o1")
    assert order.positions["delivered"] == 3
    assert order.due == order.captured == Decimal(20)
    assert [(line.sku, line.quantity) for line in order.lines.values()] == [("X", 2), ("Y", 1)]
    assert not [d for e in shop.events for d in e.body.deviations]
    assert [e.actor for e in shop.events if e.type == "order.picked"] == ["person:p1", "person:p_2"]
    assert shop.events[-1].body.kind == "called_at_noon"


def test_an_event_of_several_orders_is_told_of_each_with_one_correlation(shop: Shop):
    imports(
        shop,
        "e1,new,@,o1,a,,,X,,5",
        "e2,new,@,o2,b,,,X,,5",
        "e3,packed,@,o1;o2,a;b,P,,,,",
        "e4,sent,@,,,P,,,,",
    )
    packed = [e for e in shop.events if e.type == "order.packed"]
    assert [(e.subject, e.body.lines[0].line) for e in packed] == [("o1", "a"), ("o2", "b")]
    assert {e.correlation_id for e in packed} == {"harbour/e3"}
    assert shop.story[-2:] == ["o1 shipped", "o2 shipped"]


@pytest.mark.parametrize("cell", ["a;b", '"[""a"", ""b""]"', "\"['a', 'b']\"", "a; b ;"])
def test_a_cell_may_hold_a_list_in_any_of_the_usual_ways(cell, shop: Shop):
    imports(shop, f"e1,new,@,o1,{cell},,,X,,")
    assert [*shop.trail.order("o1").lines] == ["a", "b"]


def test_a_second_placing_adds_lines(shop: Shop):
    imports(shop, "e1,new,@,o1,,,,X,2,", "e2,new,@,o1,,,,Y,1,")
    assert shop.story == ["o1 placed", "o1 amended"]
    assert {line: x.sku for line, x in shop.trail.order("o1").lines.items()} == {"1": "X", "2": "Y"}


def test_lines_may_be_called_off_and_come_back(shop: Shop):
    imports(
        shop,
        "e1,new,@,o1,a;b,,,X,3,",
        "e2,off,@,o1,a,,,,1,",
        "e3,sent,@,o1,,,,,,",
        "e4,back,@,o1,b,,,,,",
        "e5,refund,@,o1,,,,,,3.50",
        "e6,off,@,o1,,,,,,",
    )
    order = shop.trail.order("o1")
    assert (order.lines["a"].at("cancelled"), order.lines["a"].at("shipped")) == (1, 2)
    assert order.lines["b"].at("returned") == 3
    assert order.refunded == Decimal("3.50")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("e9,picked,@,,,,,,,", "names no order, and no line or parcel that was seen above"),
        ("e9,sent,@,,,P9,,,,", "names no order, and no line or parcel that was seen above"),
        ("e9,picked,@,,zzz,,,,,", "names a line that was not seen above, and not its order"),
        ("e9,picked,@,,same,,,,,", "names a line that several orders have, and not which"),
        ("e9,packed,@,o1,a,P1;P2,,,,", "names several parcels, and lines that may be in any of "
         "them"),
        ("e9,paid,@,o1;o2,,,,,,7", "names several orders, and not an amount for each"),
        ("e9,new,@,o3,a;b,,,X;Y;Z,,", "a cell of [line] holds a list that is not as long as the "
         "list of lines"),
        ("e9,new,@,o3,a;a,,,X,,", "names a line twice"),
        ("e9,new,@,o3,a,,,,,", "[line] sku is empty"),
        ("e9,,@,o1,,,,,,", "[event] activity is empty"),
        ("e9,picked,soon,o1,,,,,,", "[event] time is no time that ISO 8601 knows; say how with "
         "time_format"),
        ("e9,picked,@,o1,a,,,,none,", "[line] quantity is no number"),
        (",picked,@,o1,a,,,,,", "[event] id is empty"),
        ("e9,paid,@,o1,,,,,,much", "[activities] 'paid' amount is no number"),
        ("e1,new,@,o1,a,,,Q,,", "was imported before, with other content"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_rejected_with_a_reason(row, reason, shop: Shop):
    summary = imports(shop, "e1,new,@,o1,a;same,,,X,,5", "e2,new,@,o2,same,,,X,,5", row)
    assert summary.reasons == {reason: 1}
    assert summary.imported_rows == 2


def test_an_amount_for_each_order(shop: Shop):
    imports(shop, "e1,new,@,o1,,,,X,,5", "e2,new,@,o2,,,,X,,5", "e3,paid,@,o1;o2,,,,,,5;4")
    assert [shop.trail.order(o).captured for o in ("o1", "o2")] == [5, 4]


def test_importing_events_twice_adds_nothing(shop: Shop):
    rows = (
        "e1,new,@,o1,a,,,X,,5",
        "e2,new,@,o1,b,,,X,,",
        "e3,packed,@,o1,,P,,,,",
        "e4,sent,@,,,P,,,,",
    )
    imports(shop, *rows)
    before = shop.story
    again = imports(shop, *rows)
    assert (again.events, again.imported_rows) == (0, 4)
    assert shop.story == before
