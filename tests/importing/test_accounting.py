"""Whatever a file holds, every row is imported or rejected, and only BadInput is ever raised."""

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ordertrail.adapters.importing import import_file
from ordertrail.adapters.importing.reading_mapping import read_mapping
from ordertrail.domain.errors import BadInput
from tests.importing.imports import Shop

LINES = """\
name = "any"
shape = "lines"
timezone = "Europe/Berlin"
[order]
id = "a"
customer = "f"
promised = { column = "e", until = "end_of_day", plus_days = "c" }
discount = "d"
[line]
id = "b"
sku = { column = "f", default = "unlisted" }
quantity = "c"
price = "d"
title = "f"
[parcel]
id = "f"
[steps]
placed = "e"
paid = "e"
shipped = { column = "e", plus_days = 2 }
[status]
column = "g"
"*" = "delivered"
off = "cancelled"
wait = "hold"
[[reject]]
when = { c = "> 90" }
reason = "much"
[return]
when = { a = "C*" }
id = "a"
quantity = { column = "c", negate = true }
"""
EVENTS = """\
name = "any"
shape = "events"
[event]
id = "b"
activity = "g"
time = "e"
order = "a"
line = "f"
parcel = "f"
actor = "f"
[line]
sku = { column = "f", default = "unlisted" }
quantity = { column = "c", default = "1" }
[activities]
new = { step = "placed", total = "d" }
"*" = "note"
paid = { step = "paid", amount = "d" }
refund = { step = "refunded", amount = "d" }
off = "cancelled"
wait = "hold"
box = "packed"
sent = "shipped"
back = "returned"
home = "attempted"
"""

JUNK = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
USUAL = {
    "a": ["o1", "o2", "C1", "o1;o2", "C2", ""],
    "b": ["1", "2", "3", "e4", "e5", ""],
    "c": ["1", "2", "-1", "95", "0", "1.5", "1e9", ""],
    "d": ["1", "0", "-2.5", "9.999999999999", ""],
    "e": ["2026-01-02", "2026-03-29 02:30", "9999-12-31", "1e400", ""],
    "f": ["k", "x;y", "['x']", "[", ""],
    "g": ["new", "paid", "refund", "off", "wait", "box", "sent", "back", "home", ""],
}
ROW = st.one_of(
    st.tuples(*(st.sampled_from(usual) | JUNK for usual in USUAL.values())).map(list),
    st.lists(JUNK, max_size=9),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ROW, max_size=25), st.sampled_from([LINES, EVENTS]))
def test_every_row_of_any_file_is_accounted_for(rows, mapping):
    text = io.StringIO()
    csv.writer(text).writerows([[*USUAL], *rows])
    expected = sum(1 for row in csv.reader(io.StringIO(text.getvalue(), newline="")) if row) - 1
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder))
        with shop.trail:
            first = shop.imports(text.getvalue(), mapping)
            stored = len(shop.events)
            again = shop.imports(text.getvalue(), mapping)
            assert len(shop.events) == stored == first.events
        assert first.rows == again.rows == expected
        assert again.imported_rows == first.imported_rows
        assert again.events == 0


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["x.csv", "x.jsonl", "x.csv.gz"]))
def test_no_file_raises_anything_but_bad_input(content, name):
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder))
        file = Path(folder) / name
        file.write_bytes(b"a,b,c,d,e,f,g\n" + content)
        with shop.trail:
            try:
                import_file(shop.trail, file, read_mapping(LINES), shop.rejects_file)
            except BadInput:
                assert shop.events == []
