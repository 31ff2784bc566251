"""Files: CSV and JSON lines, plain and gzip, in several encodings; and those that are no use."""

import gzip
import json

import pytest

from ordertrail.domain.errors import BadInput
from tests.importing.imports import PLAIN, Shop

ROWS = "order,sku,qty,price,placed\no1,A,1,1,2026-01-01\no2,Ä,1,1,2026-01-01\n"


@pytest.mark.parametrize(
    ("settings", "content"),
    [
        ("", ROWS.encode()),
        ("", ROWS.encode("utf-8-sig")),
        ("", gzip.compress(ROWS.encode(), mtime=0)),
        ("", ROWS.replace("\n", "\r\n").encode()),
        ('encoding = "latin-1"', ROWS.encode("latin-1")),
        ('encoding = "utf-16"', ROWS.encode("utf-16")),
        ('delimiter = ";"', ROWS.replace(",", ";").encode()),
        ('delimiter = "tab"', ROWS.replace(",", "\t").encode()),
    ],
)
def test_a_file_is_read_as_it_is_written(settings, content, shop: Shop):
    shop.imports(content, f"{settings}\n{PLAIN}")
    assert [e.body.lines[0].sku for e in shop.events] == ["A", "Ä"]


def test_json_lines_may_be_nested(shop: Shop):
    mapping = PLAIN.replace('"order"', '"order.no"')
    lines = [
        {"order": {"no": 7}, "sku": "A", "qty": 2, "price": 1.5, "placed": "2026-01-01"},
        {"order": {"no": 7}, "sku": "B", "qty": 1, "price": None, "placed": "2026-01-01"},
        ["no", "object"],
        {"sku": "C"},
    ]
    text = "\n".join(map(json.dumps, lines)) + "\n{broken\n\n"
    summary = shop.imports(text, mapping, "shop.jsonl")
    assert summary.reasons == {"is no JSON object": 2, "[order] id is empty": 1}
    assert [str(x.price) for x in shop.trail.order("7").lines.values()] == ["1.5", "None"]
    rejects = shop.rejects_file.read_text().splitlines()
    assert rejects[0] == "line,reason,json"
    assert rejects[-1] == "5,is no JSON object,{broken"


def test_each_element_of_a_list_may_be_a_row(shop: Shop):
    mapping = "each = 'items'\n" + PLAIN.replace('"sku"', '"items.sku"').replace(
        '"qty"', '"items.qty"'
    )
    order = {"order": "o1", "price": "1", "placed": "2026-01-01"}
    items = [{"sku": "A", "qty": 1}, {"sku": "B", "qty": 2}]
    text = json.dumps({**order, "items": items}) + "\n" + json.dumps({**order, "items": []})
    summary = shop.imports(text, mapping, "shop.ndjson")
    assert (summary.rows, summary.imported_rows) == (3, 2)
    assert shop.trail.order("o1").lines["2"].quantity == 2


def test_a_cell_with_line_breaks_does_not_upset_the_numbers_of_lines(shop: Shop):
    text = 'order,sku,qty,price,placed\n"o\n1",A,1,1,2026-01-01\n\no2,A,x,1,2026-01-01\n'
    shop.imports(text, PLAIN)
    rejects = shop.rejects_file.read_text().splitlines()
    assert rejects[1].startswith("2,")
    assert rejects[-1].startswith("5,")


@pytest.mark.parametrize(
    ("content", "settings", "name", "sentence"),
    [
        (b"", "", "shop.csv", "shop.csv: the first line is empty; it should name the columns."),
        (ROWS.replace("sku", "SKU").encode(), "", "shop.csv",
         "[line] sku: shop.csv has no column 'sku'. Did you mean 'SKU'? It has: order, SKU, "),
        (ROWS.replace(",", ";").encode(), "", "shop.csv", 'try delimiter = ";".'),
        (ROWS.replace("price", "sku").encode(), "", "shop.csv", "has 2 columns 'sku'; rename one"),
        (ROWS.encode("latin-1"), "", "shop.csv", 'encoding in the mapping, such as encoding = '),
        (gzip.compress(ROWS.encode() * 99, mtime=0)[:-20], "", "shop.csv.gz", "is damaged: "),
        (b"PK\x03\x04rest", "", "shop.xlsx", "is a zip archive or an Excel workbook"),
        (b"[{}]", "", "shop.json", "is one JSON array, and not JSON lines"),
        (b'{"order": "1", "qty": 1}', "", "shop.jsonl", "no line has placed, price, sku."),
        (b'a,b\n"' + b"x" * 200_000, "", "shop.csv", ""),
    ],
)  # fmt: skip
def test_a_file_that_is_no_use_is_told_so_before_anything_is_stored(
    content, settings, name, sentence, shop: Shop
):
    with pytest.raises(BadInput) as told:
        shop.imports(content, settings + PLAIN, name)
    assert sentence in str(told.value)
    assert shop.events == []
    assert not shop.rejects_file.exists()


def test_a_word_that_nothing_explains_is_told_with_its_line_before_anything_is_stored(shop: Shop):
    mapping = PLAIN + '[status]\ncolumn = "state"\ndone = "delivered"\n'
    text = "order,sku,qty,price,placed,state\no1,A,1,1,2026-01-01,done\no2,A,1,1,2026-01-01,dome\n"
    with pytest.raises(BadInput) as told:
        shop.imports(text, mapping)
    assert str(told.value) == (
        "shop.csv, line 3: [status] does not explain the word 'dome'. Did you mean 'done'? Add "
        'dome = a step, or "nothing".'
    )
    assert shop.events == []


def test_all_words_that_nothing_explains_are_told_at_once(shop: Shop):
    mapping = PLAIN + '[status]\ncolumn = "sku"\n'
    rows = "".join(f"o{n},word {n % 30},1,1,2026-01-01\n" for n in range(60))
    with pytest.raises(BadInput) as told:
        shop.imports("order,sku,qty,price,placed\n" + rows, mapping)
    sentences = str(told.value).splitlines()
    assert len(sentences) == 20
    assert sentences[1].endswith(
        "line 3: [status] does not explain the word 'word 1'. Add \"word 1\" "
        '= a step, or "nothing".'
    )


def test_a_word_in_a_row_that_is_rejected_needs_no_explanation(shop: Shop):
    mapping = (
        PLAIN + '[status]\ncolumn = "state"\n[[reject]]\nwhen = { sku = "A" }\nreason = "no"\n'
    )
    summary = shop.imports("order,sku,qty,price,placed,state\no1,A,1,1,2026-01-01,odd\n", mapping)
    assert summary.rejected_rows == 1
