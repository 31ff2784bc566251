"""Importing again with corrected rows: what is new is added, what was told stays as it is."""

import pytest

from tests.importing.imports import PLAIN, Shop

HEADER = "order,sku,qty,price,placed,shipped\n"
NUMBERED = PLAIN + 'shipped = "shipped"\n'
NAMED = NUMBERED.replace("[line]\n", '[line]\nid = "sku"\n')
BAD = HEADER + "o1,A,x,1,2026-01-01,\no1,B,1,1,2026-01-01,\n"
GOOD = BAD.replace(",x,", ",3,")


@pytest.mark.parametrize("mapping", [NUMBERED, NAMED])
def test_a_corrected_row_is_added_beside_those_that_were_imported(mapping, shop: Shop):
    shop.imports(BAD, mapping)
    summary = shop.imports(GOOD, mapping)
    assert (summary.rejected_rows, summary.events) == (0, 1)
    lines = shop.trail.order("o1").lines.values()
    assert [(line.sku, line.quantity) for line in lines] == [("B", 1), ("A", 3)]
    again = shop.imports(GOOD, mapping)
    assert (again.imported_rows, again.events) == (2, 0)


@pytest.mark.parametrize("mapping", [NUMBERED, NAMED])
@pytest.mark.parametrize("later", ["2026-01-05", "2026-01-02"])
def test_a_step_is_told_of_the_corrected_row_and_of_no_other_again(mapping, later, shop: Shop):
    shop.imports(BAD.replace("01,\n", "01,2026-01-02\n"), mapping)
    good = GOOD.replace("01,\n", "01,2026-01-02\n").replace("1-02\n", later[-4:] + "\n", 1)
    assert shop.imports(good, mapping).events == 2
    assert shop.story == ["o1 placed", "o1 shipped", "o1 amended", "o1 shipped"]
    lines = shop.trail.order("o1").lines.values()
    assert [line.shipped_quantity for line in lines] == [1, 3]
    assert shop.imports(good, mapping).events == 0


@pytest.mark.parametrize("mapping", [NUMBERED, NAMED])
def test_only_the_row_that_says_something_else_is_rejected(mapping, shop: Shop):
    shop.imports(GOOD, mapping)
    later = GOOD.replace("A,3", "A,4").replace("01,\n", "01,2026-01-02\n")
    summary = shop.imports(later, mapping)
    assert summary.reasons == {"was imported before, with other content": 1}
    assert (summary.imported_rows, summary.events) == (1, 1)
    assert shop.rejects_file.read_text().splitlines()[1].startswith("2,")
    assert [x.shipped_quantity for x in shop.trail.order("o1").lines.values()] == [0, 1]


def test_a_later_export_may_add_rows_to_an_order(shop: Shop):
    shop.imports(GOOD, NUMBERED)
    shop.imports(GOOD + "o1,C,1,1,2026-01-01,2026-01-09\n", NUMBERED)
    later = GOOD.replace("01,\n", "01,2026-01-10\n") + "o1,C,1,1,2026-01-01,2026-01-09\n"
    assert shop.imports(later, NUMBERED).rejected_rows == 0
    assert [x.shipped_quantity for x in shop.trail.order("o1").lines.values()] == [3, 1, 1]
    assert shop.imports(later, NUMBERED).events == 0


def test_another_promise_is_told_once_and_the_row_counts_as_imported(shop: Shop):
    mapping = NAMED.replace("[line]", 'promised = "due"\n[line]')
    text = "due," + HEADER + "2026-02-01,o1,A,1,1,2026-01-01,\n"
    shop.imports(text, mapping)
    later = text.replace("2026-02-01", "2026-02-09").replace("01,\n", "01,2026-01-03\n")
    summary = shop.imports(later, mapping)
    assert (summary.rejected_rows, summary.events) == (0, 2)
    assert shop.story == ["o1 placed", "o1 promise_revised", "o1 shipped"]
    assert shop.imports(later, mapping).events == 0
    assert shop.imports(text, mapping).events == 0
