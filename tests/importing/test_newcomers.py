"""What newcomers stumbled over: quotes, groups of three, cells that stand only in the first row."""

from decimal import Decimal

import pytest

from ordertrail.domain.errors import BadInput
from tests.importing.imports import PLAIN, Shop

HEADER = "order,sku,qty,price,placed\n"


def test_a_rule_sees_the_cells_that_were_filled_down(shop: Shop):
    mapping = "fill_down = true\n" + PLAIN + '[[reject]]\nwhen = { tag = "t*" }\nreason = "test"\n'
    text = "tag," + HEADER + "test,o1,A,1,1,2026-01-01\n,o1,B,1,1,\n,o2,A,1,1,2026-01-01\n"
    assert shop.imports(text, mapping).reasons == {"test": 2}


def test_a_row_that_a_rule_rejects_still_fills_down(shop: Shop):
    mapping = "fill_down = true\n" + PLAIN + '[[reject]]\nwhen = { sku = "T" }\nreason = "test"\n'
    text = HEADER + "o1,T,1,1,2026-01-01\no1,B,1,1,\n"
    assert shop.imports(text, mapping).reasons == {"test": 1}
    assert shop.story == ["o1 placed"]


@pytest.mark.parametrize("cell", ["1.5", "12.34", "1234.567", "1.234.5", ".500", "1,5.000"])
def test_a_thousands_sign_parts_groups_of_three_or_the_cell_is_no_number(cell, shop: Shop):
    mapping = 'decimal = ","\nthousands = "."\n' + PLAIN
    summary = shop.imports(HEADER + f'o1,A,1,"{cell}",2026-01-01\n', mapping)
    assert summary.reasons == {"[line] price is no number": 1}


def test_groups_of_three_are_a_number(shop: Shop):
    mapping = 'decimal = ","\nthousands = "."\n' + PLAIN
    shop.imports(HEADER + 'o1,A,1.000,"-1.234.567,5",2026-01-01\n', mapping)
    line = shop.trail.order("o1").lines["1"]
    assert (line.quantity, line.price) == (1000, Decimal("-1234567.5"))


def test_an_order_is_cancelled_before_it_is_refunded(shop: Shop):
    mapping = PLAIN + 'cancelled = "off"\n[status]\ncolumn = "fin"\nback = "refunded"\n'
    text = HEADER.replace("\n", ",off,fin\n") + "o1,A,1,1,2026-01-01,2026-01-02,back\n"
    shop.imports(text, mapping)
    assert shop.story[1:] == ["o1 cancelled", "o1 refund_issued"]


def test_money_of_nothing_is_no_step(shop: Shop):
    mapping = PLAIN + 'refunded = { column = "placed", amount = "back" }\n'
    shop.imports(HEADER.replace("\n", ",back\n") + "o1,A,1,1,2026-01-01,0.00\n", mapping)
    assert shop.story == ["o1 placed"]


def test_a_quote_that_is_not_closed_is_told_with_its_line_before_anything_is_stored(shop: Shop):
    rows = [f"o{n},A,1,1,2026-01-01" for n in range(200)]
    rows[5] = rows[5].replace("A", '"A')
    rows[60] = rows[60].replace("A", 'A"')
    with pytest.raises(BadInput, match="line 7: a cell begins with a quote there and goes on"):
        shop.imports(HEADER + "\n".join(rows) + "\n", PLAIN)
    assert shop.events == []


def test_a_field_that_is_too_long_is_told_with_the_line_where_it_begins(shop: Shop):
    text = HEADER + 'o1,A,1,1,2026-01-01\no2,"A,1,1,2026-01-01\n' + "o3,A,1,1,2026-01-01\n" * 9_000
    with pytest.raises(BadInput, match=r"line 3: .*Is there a quote that is not closed"):
        shop.imports(text, PLAIN)
    assert shop.events == []


def test_a_return_that_names_no_order_is_rejected_with_that_reason(shop: Shop):
    mapping = PLAIN + '[return]\nwhen = { order = "R*" }\nmatch = "order"\norder = "of"\n'
    text = HEADER.replace("\n", ",of\n") + "o1,A,1,1,2026-01-01,\nR1,A,1,1,2026-01-02,\n"
    assert shop.imports(text, mapping).reasons == {"a return that names no order": 1}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ('time_format = "DD.MM.YYYY"\n' + PLAIN, "'DD.MM.YYYY' is no format of times; write one"),
        ('fill_down = "yes"\n' + PLAIN, "fill_down: input should be a valid boolean"),
        (PLAIN + 'timezone = "UTC"\n', "'timezone' belongs to the whole mapping: write it above"),
        ('timezone = "GMT+1"\n' + PLAIN, "Name a city, such as Europe/Berlin."),
        (PLAIN.replace('shape = "lines"', ""), 'shape is missing: "lines" (a row for each line)'),
    ],
)
def test_a_mapping_that_newcomers_write_is_refused_with_what_to_write(settings, sentence, shop):
    with pytest.raises(BadInput) as told:
        shop.imports(HEADER, settings)
    assert sentence in str(told.value)


def test_a_copy_of_an_event_that_places_an_order_is_a_repetition(shop: Shop):
    mapping = """\
name = "p2"
shape = "events"
[event]
id = "id"
activity = "type"
time = "at"
order = "o"
line = "sku"
[line]
sku = "sku"
[activities]
NEW = "placed"
"""
    rows = "e1,2026-01-01,NEW,S1,A\ne2,2026-01-01,NEW,S1,B\n"
    summary = shop.imports("id,at,type,o,sku\n" + rows + rows, mapping)
    assert (summary.imported_rows, summary.rejected_rows) == (4, 0)
    assert shop.story == ["S1 placed", "S1 amended"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('{"order": 1, "sku": "A"}\n', 'It seems to be JSON lines: write format = "jsonl"'),
        ("Orders of May,,,\n" + HEADER, "The first line must name the columns: take out titles"),
    ],
)
def test_a_first_line_that_names_no_columns_is_told_what_it_seems_to_be(content, sentence, shop):
    with pytest.raises(BadInput) as told:
        shop.imports(content, PLAIN)
    assert sentence in str(told.value)
