"""Shape "lines": rows become orders, and the steps that their columns and words tell of."""

from datetime import UTC, datetime
from decimal import Decimal

from tests.importing.imports import PLAIN, Shop

STEPS = PLAIN + 'shipped = "shipped"\ndelivered = "delivered"\n'


def test_rows_that_stand_together_are_one_order_with_numbered_lines(shop: Shop):
    summary = shop.imports(
        "order,sku,qty,price,placed\no1,A,2,1.50,2026-01-02\no1,B,1,3,2026-01-02\n", PLAIN
    )
    (event,) = shop.events
    assert [(x.line, x.sku, x.quantity, x.price) for x in event.body.lines] == [
        ("1", "A", 2, Decimal("1.50")),
        ("2", "B", 1, Decimal(3)),
    ]
    assert event.body.total == Decimal("6.00")
    assert event.occurred_at == datetime(2026, 1, 2, tzinfo=UTC)
    assert (event.actor, event.channel, event.source, event.source_id) == (
        "service:import",
        "import",
        "shop",
        "2",
    )
    assert (summary.rows, summary.orders, summary.events) == (2, 1, 1)


def test_later_rows_of_an_order_amend_it_and_their_steps_are_of_them_alone(shop: Shop):
    shop.imports(
        "order,sku,qty,price,placed,shipped,delivered\n"
        "o1,A,1,1,2026-01-02,2026-01-03,\n"
        "o2,A,1,1,2026-01-02,,\n"
        "o1,B,1,1,2026-01-02,2026-01-04,\n"
        "o1,C,1,1,2026-01-02,,\n",
        STEPS,
    )
    assert shop.story == ["o1 placed", "o1 shipped", "o2 placed", "o1 amended", "o1 shipped"]
    order = shop.trail.order("o1")
    assert {line.sku: line.at("shipped") for line in order.lines.values()} == {
        "A": 1,
        "B": 1,
        "C": 0,
    }
    assert [*order.lines] == ["1", "2", "3"]


def test_steps_are_told_in_the_order_of_an_orders_life_even_where_dates_contradict(shop: Shop):
    shop.imports(
        "order,sku,qty,price,placed,shipped,delivered\no1,A,1,1,2026-01-05,2026-01-04,2026-01-03\n",
        STEPS,
    )
    assert shop.story == ["o1 placed", "o1 shipped", "o1 delivered"]
    assert {d.kind for e in shop.events for d in e.body.deviations} == {"dates_contradict"}


def test_lines_with_times_of_their_own_are_told_by_themselves(shop: Shop):
    shop.imports(
        "order,sku,qty,price,placed,shipped,delivered\n"
        "o1,A,2,1,2026-01-02,2026-01-03,\n"
        "o1,B,3,1,2026-01-02,2026-01-04,2026-01-05\n",
        STEPS,
    )
    shipped = [e.body for e in shop.events if e.type == "order.shipped"]
    assert [[(x.line, x.quantity) for x in body.lines] for body in shipped] == [
        [("1", 2)],
        [("2", 3)],
    ]
    assert shop.trail.order("o1").positions["delivered"] == 3


def test_a_word_adds_its_step_only_where_the_step_has_no_date(shop: Shop):
    mapping = (
        STEPS + '[status]\ncolumn = "state"\nsent = "shipped"\nhere = "delivered"\n"*" = "nothing"'
    )
    shop.imports(
        "order,sku,qty,price,placed,shipped,delivered,state\n"
        "o1,A,1,1,2026-01-02,2026-01-03,,here\n"
        "o2,A,1,1,2026-01-02,2026-01-03,,sent\n"
        "o3,A,1,1,2026-01-02,,,whatever else\n"
        "o4,A,1,1,2026-01-02,,,\n",
        mapping,
    )
    delivered = [e for e in shop.events if e.type == "order.delivered"]
    assert [(e.subject, e.occurred_at) for e in delivered] == [
        ("o1", datetime(2026, 1, 3, tzinfo=UTC))
    ]
    assert shop.story.count("o2 shipped") == 1
    assert "o3 shipped" not in shop.story


def test_only_steps_that_the_mapping_names_are_reported(shop: Shop):
    mapping = PLAIN + '[status]\ncolumn = "state"\ndone = "delivered"\n'
    shop.imports("order,sku,qty,price,placed,state\no1,A,1,1,2026-01-02,done\n", mapping)
    placed, delivered = shop.events
    assert placed.body.reports == ("delivered",)
    assert delivered.body.deviations == ()


def test_cancelled_lines_are_called_off_and_cancelled_orders_as_a_whole(shop: Shop):
    mapping = PLAIN + '[status]\ncolumn = "state"\nx = "cancelled"\n'
    shop.imports(
        "order,sku,qty,price,placed,state\n"
        "o1,A,1,1,2026-01-02,x\no1,B,1,1,2026-01-02,\n"
        "o2,A,1,1,2026-01-02,x\no2,B,1,1,2026-01-02,x\n",
        mapping,
    )
    assert shop.story == ["o1 placed", "o1 line_cancelled", "o2 placed", "o2 cancelled"]
    assert shop.trail.order("o1").status == "placed"


def test_all_that_can_be_told_of_an_order_its_lines_and_its_parcel(shop: Shop):
    mapping = """\
name = "full"
shape = "lines"
currency = "EUR"
[order]
id = "order"
customer = "who"
channel = { value = "web" }
priority = "prio"
service_level = "level"
promised = { column = "day", until = "end_of_day" }
requested = "day"
ship_by = { column = "day", plus_days = -1 }
country = { column = "land", words = { Germany = "de" } }
city = "city"
reference = "ref"
shipping = "freight"
discount = "off"
[line]
id = "item"
sku = "sku"
quantity = { column = "kg", times = "1000" }
unit = { value = "GRM" }
total = "sum"
title = "name"
tax = "vat"
[parcel]
id = "box"
carrier = "by"
tracking = "track"
[steps]
placed = "at"
paid = "at"
shipped = { column = "at", plus_days = "wait", actor = "person", location = "depot" }
"""
    shop.imports(
        "order,who,prio,level,day,land,city,ref,freight,off,item,sku,kg,sum,name,vat,box,by,track,"
        "at,wait,person,depot\n"
        "o1,C1,3,express,2026-03-05,Germany,Kiel,R-9,4.90,1,x,TEA,0.25,10.00,Tea,0.70,B1,dhl,T1,"
        "2026-03-01 08:00,2,p 7,north\n",
        mapping,
    )
    placed, paid, shipped = shop.events
    body = placed.body
    assert (body.customer_id, body.currency, body.priority) == ("C1", "EUR", 3)
    assert (body.service_level, placed.channel) == ("express", "web")
    assert body.promised_at == datetime(2026, 3, 5, 23, 59, 59, 999_999, UTC)
    assert body.requested_at == datetime(2026, 3, 5, tzinfo=UTC)
    assert body.ship_by == datetime(2026, 3, 4, tzinfo=UTC)
    assert (body.ship_to.country, body.ship_to.city) == ("DE", "Kiel")
    assert [(r.system, r.id) for r in body.references] == [("full", "R-9")]
    assert [(a.kind, a.amount) for a in body.adjustments] == [
        ("shipping", Decimal("4.90")),
        ("discount", Decimal(-1)),
    ]
    (line,) = body.lines
    assert (line.line, line.quantity, line.unit) == ("x", 250, "GRM")
    assert line.price == Decimal("0.04")
    assert body.total == Decimal("14.60")
    assert paid.body.amount == Decimal("14.60")
    assert (shipped.body.parcel, shipped.body.carrier) == ("B1", "dhl")
    assert shipped.body.tracking_number == "T1"
    assert (shipped.body.location, shipped.actor) == ("north", "person:p_7")
    assert shipped.occurred_at == datetime(2026, 3, 3, 8, tzinfo=UTC)


def test_a_total_that_cannot_be_parted_evenly_leaves_rounding(shop: Shop):
    mapping = PLAIN.replace("price =", "total =")
    shop.imports("order,sku,qty,price,placed\no1,A,3,10.00,2026-01-02\n", mapping)
    (event,) = shop.events
    assert event.body.lines[0].price == Decimal("3.33333333")
    assert event.body.total == Decimal(10)


def test_parcels_of_one_order_are_told_one_by_one(shop: Shop):
    mapping = STEPS + '[parcel]\nid = "box"\n'
    shop.imports(
        "order,sku,qty,price,placed,shipped,delivered,box\n"
        "o1,A,1,1,2026-01-02,2026-01-03,,b1\n"
        "o1,B,1,1,2026-01-02,2026-01-03,2026-01-04,b2\n",
        mapping,
    )
    shipped = [e.body for e in shop.events if e.type == "order.shipped"]
    assert [(body.parcel, [x.line for x in body.lines]) for body in shipped] == [
        ("b1", ["1"]),
        ("b2", ["2"]),
    ]
    assert shop.trail.order("o1").lines["2"].at("delivered") == 1


def test_cells_that_only_the_first_row_fills_are_filled_down(shop: Shop):
    mapping = "fill_down = true\n" + STEPS
    shop.imports(
        "order,sku,qty,price,placed,shipped,delivered\n"
        "o1,A,1,1,2026-01-02,2026-01-03,\no1,B,1,1,,,\n",
        mapping,
    )
    assert shop.trail.order("o1").positions["shipped"] == 2


def test_an_order_of_very_many_rows_is_placed_and_amended(shop: Shop):
    rows = "".join(f"o1,S{n},1,1,2026-01-02\n" for n in range(5_001))
    shop.imports("order,sku,qty,price,placed\n" + rows, PLAIN)
    assert shop.story == ["o1 placed", "o1 amended"]
    assert len(shop.trail.order("o1").lines) == 5_001


def test_a_line_that_stands_twice_is_rejected(shop: Shop):
    mapping = PLAIN.replace("[line]\n", '[line]\nid = "item"\n')
    summary = shop.imports(
        "order,item,sku,qty,price,placed\no1,1,A,1,1,2026-01-02\no1,1,A,1,1,2026-01-02\n", mapping
    )
    assert summary.reasons == {"the order has a line of this id already": 1}
    assert summary.imported_rows == 1
