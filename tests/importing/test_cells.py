"""Cells: what numbers, times, words and empty cells mean."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from ordertrail.adapters.importing.conditions import matcher
from ordertrail.adapters.importing.times import LocalTime
from ordertrail.domain.errors import BadInput
from tests.importing.imports import PLAIN, Shop

HEADER = "order,sku,qty,price,placed\n"


@pytest.mark.parametrize(
    ("settings", "cell", "price"),
    [
        ("", "2.55", "2.55"),
        ("", " 2 ", "2"),
        ("", "", None),
        ("", "1e1", "10"),
        ("", "2.5500000000000003", "2.55"),
        ("", "9.999999999999", "10"),
        ('decimal = ","\nthousands = "."', '"1.299,50"', "1299.50"),
        ('thousands = ","', '"1,299.50"', "1299.50"),
        ('empty = ["NULL", "NaN"]', "NaN", None),
    ],
)
def test_a_price_is_read_as_it_is_written(settings, cell, price, shop: Shop):
    shop.imports(HEADER + f"o1,A,1,{cell},2026-01-01\n", f"{settings}\n{PLAIN}")
    (event,) = shop.events
    assert event.body.lines[0].price == (None if price is None else Decimal(price))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("o1,A,abc,1,2026-01-01", "[line] quantity is no number"),
        ("o1,A,1_0,1,2026-01-01", "[line] quantity is no number"),
        ("o1,A,2.5,1,2026-01-01", "[line] quantity is not a whole number"),
        ("o1,A,0,1,2026-01-01", "[line] quantity is not above zero"),
        ("o1,A,-1,1,2026-01-01", "[line] quantity is not above zero"),
        ("o1,A,,1,2026-01-01", "[line] quantity is empty"),
        ("o1,A,9999999999999,1,2026-01-01", "[line] quantity is too large"),
        ("o1,A,1,1e40,2026-01-01", "[line] price is too large"),
        ("o1,A,1,free,2026-01-01", "[line] price is no number"),
        ("o1,,1,1,2026-01-01", "[line] sku is empty"),
        (",A,1,1,2026-01-01", "[order] id is empty"),
        (f"{'x' * 201},A,1,1,2026-01-01", "[order] id is longer than 200 characters"),
        ('"o\n1",A,1,1,2026-01-01', "[order] id holds a line break or another sign that cannot be "
         "printed"),
        ("o1,A,1,1,", "[steps] placed is empty"),
        ("o1,A,1,1,yesterday", "[steps] placed is no time that ISO 8601 knows; say how with "
         "time_format"),
        ("o1,A,1,1,0001-01-01", "[steps] placed is of the year 1"),
        ("o1,A,1,1", "has more or fewer cells than the header"),
        ("o1,A,1,1,2026-01-01,", "has more or fewer cells than the header"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_is_rejected_with_the_key_and_the_reason(row, reason, shop: Shop):
    summary = shop.imports(HEADER + "o0,A,1,1,2026-01-01\n" + row + "\n\n", PLAIN)
    assert summary.reasons == {reason: 1}
    assert summary.imported_rows == 1
    assert shop.rejects_file.read_text().splitlines()[1].startswith("3,")


def test_a_good_row_of_an_order_is_kept_beside_a_bad_one(shop: Shop):
    shop.imports(HEADER + "o1,A,x,1,2026-01-01\no1,B,1,1,2026-01-01\n", PLAIN)
    assert [line.sku for line in shop.trail.order("o1").lines.values()] == ["B"]


@pytest.mark.parametrize(
    ("formats", "text", "instant"),
    [
        ((), "2026-07-01 09:00", "2026-07-01T09:00+01:00"),
        ((), "2026-01-01", "2026-01-01T00:00+00:00"),
        ((), "2026-07-01T09:00:00.5Z", "2026-07-01T09:00:00.5+00:00"),
        ((), "2026-07-01 09:00:00.123 UTC", "2026-07-01T09:00:00.123+00:00"),
        ((), "2026-07-01T09:00:00+05:30", "2026-07-01T09:00:00+05:30"),
        (("%d/%m/%Y", "%d/%m/%Y %H:%M"), "01/07/2026 09:00", "2026-07-01T09:00+01:00"),
        (("unix",), "1767225600", "2026-01-01T00:00+00:00"),
        (("unix_ms",), "1767225600500", "2026-01-01T00:00:00.5+00:00"),
        ((), "2026-10-25 01:30", "2026-10-25T01:30+01:00"),
        ((), "2026-03-29 01:30", "2026-03-29T01:30+00:00"),
    ],
)
def test_a_time_is_an_instant_with_its_offset(formats, text, instant):
    read = LocalTime("Europe/London", formats).read(text)
    expected = datetime.fromisoformat(instant)
    assert (read, read.utcoffset()) == (expected, expected.utcoffset())


def test_days_are_added_by_the_clock_on_the_wall():
    local = LocalTime("Europe/London", ())
    later = local.later(local.read("2026-03-28 12:00"), 1)
    assert later == datetime.fromisoformat("2026-03-29T12:00+01:00")


def test_the_end_of_a_day_is_its_last_microsecond_in_the_zone():
    local = LocalTime("America/Sao_Paulo", ())
    end = local.end_of_day(local.read("2018-01-02"))
    assert end == datetime.fromisoformat("2018-01-03T00:00-02:00") - timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("wanted", "yes", "no"),
    [
        ("A*", ["A", "A12"], ["BA", ""]),
        ("*x?", ["xy", "axb"], ["x"]),
        ("<= 0", ["0", "-1.5", " -2 "], ["0.1", "", "none"]),
        ("> 5", ["6"], ["5", ""]),
        ("!= A*", ["B", ""], ["A1"]),
        ("", ["", " "], ["x"]),
        ("[x]", ["[x]"], ["x"]),
    ],
)
def test_conditions(wanted, yes, no):
    holds = matcher(wanted)
    assert all(map(holds, yes))
    assert not any(map(holds, no))


def test_what_is_dropped_is_cut_off_the_ends_only(shop: Shop):
    mapping = PLAIN.replace('id = "order"', 'id = { column = "order", drop = [".0", "#"] }')
    shop.imports(HEADER + "#10.05.0,A,1,1,2026-01-01\n", mapping)
    assert shop.story == ["10.05 placed"]


def test_a_rule_rejects_rows_where_all_its_columns_fit(shop: Shop):
    mapping = PLAIN + '[[reject]]\nwhen = { sku = ["T*", "X"], qty = "> 1" }\nreason = "a test"\n'
    summary = shop.imports(
        HEADER + "o1,T1,2,1,2026-01-01\no1,X,3,1,2026-01-01\no1,T,1,1,2026-01-01\n", mapping
    )
    assert summary.reasons == {"a test": 2}
    assert summary.imported_rows == 1


def test_a_fixed_value_that_cannot_be_read_is_an_error(shop: Shop):
    mapping = PLAIN.replace('"qty"', "{ value = 'two' }")
    with pytest.raises(BadInput, match="quantity is no number: value = 'two'"):
        shop.imports(HEADER, mapping)
