"""Mistakes in a mapping get a sentence that names the key."""

import pytest

from ordertrail.adapters.importing import load_mapping, shipped_mappings
from ordertrail.adapters.importing.reading_mapping import read_mapping
from ordertrail.domain.errors import BadInput
from tests.importing.imports import PLAIN

EVENTS = """\
name = "x"
shape = "events"
[event]
activity = "a"
time = "t"
order = "o"
[activities]
x = "placed"
"""


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ("name =", "shop.toml is no TOML: "),
        ("", "shop.toml: name is missing."),
        (PLAIN.replace('"lines"', '"rows"'), "shape: input should be 'lines' or 'events'."),
        (PLAIN.replace("sku =", "skuu ="), "[line] has no key 'skuu'. Did you mean 'sku'? It may "),
        (PLAIN.replace('"sku"', "3"), "[line] sku should be the name of a column in quotes, or a "),
        (PLAIN.replace('"sku"', "{ colum = 'x' }"), "[line] sku has no key 'colum'. Did you mean"),
        (PLAIN.replace('"sku"', "{ column = 'x', times = 'x' }"), "times should be a number"),
        ("delimiter = '\"'\n" + PLAIN, "delimiter: a delimiter is one sign"),
        ("encoding = 'rot13'\n" + PLAIN, "encoding: there is no encoding 'rot13'"),
        (PLAIN.replace('"sku"', "{ drop = 'x' }"), "[line] sku: needs exactly one of column"),
        (PLAIN.replace("placed =", "plaecd ="), "[steps] 'plaecd': there is no step 'plaecd'. Did"),
        (PLAIN.replace('"placed"', "{ column = 'd', until = 'noon' }"), "[steps] placed.until: "),
        (PLAIN.replace('"placed"', "{ column = 'd', untl = 'noon' }"), "Did you mean 'until'?"),
        (PLAIN.replace("placed =", "shipped ="), "[steps] placed is missing: which column says"),
        (PLAIN.replace('id = "order"\n', ""), "[order] is missing"),
        (PLAIN.replace("id =", "customer ="), "[order] id is missing: which column says to which"),
        (PLAIN + '[status]\ncolumn = "s"\ndone = "sent"', "[status] 'done' = 'sent': there is no "),
        (PLAIN + '[status]\ndone = "delivered"', "[status] column is missing."),
        (PLAIN + '[status]\ncolumn = "s"\nnew = "placed"', '[status] a word cannot stand for "pla'),
        (PLAIN + '[[reject]]\nreason = "b"', "[[reject]] when is missing."),
        (PLAIN + '[[reject]]\nwhen = {}\nreason = "b"', "[[reject]] when: "),
        (PLAIN + '[event]\nactivity="b"\ntime="t"\norder="o"', '[event] belongs to shape = "ev'),
        ("timezone = 'Europe/Lodnon'\n" + PLAIN, "timezone: there is no time zone 'Europe/Lodnon'."
         " Did you mean 'Europe/London'?"),
        ("encoding = 'utf-99'\n" + PLAIN, "encoding: there is no encoding 'utf-99'"),
        ("delimiter = ';;'\n" + PLAIN, 'delimiter: a delimiter is one sign, or "tab".'),
        ("currency = 'Euro'\n" + PLAIN, "currency: a currency is a code of three capitals"),
        ("nme = 'Euro'\n" + PLAIN, "the mapping has no key 'nme'. Did you mean 'name'?"),
        (PLAIN.replace('"shop"', '"my shop"'), "name: a name is up to 40 letters, digits and"),
        ("decimal = ','\nthousands = ','\n" + PLAIN, "thousands: cannot be the same sign as"),
        (PLAIN + '[return]\nwhen = { o = "C*" }', '[return] match = "latest purchase" needs'),
        (PLAIN + '[return]\nwhen = { o = "C*" }\nmatch = "order"', "[return] order is missing"),
        (PLAIN.replace('price = "price"', 'price = "p"\ntotal = "t"'), "[line]: give price (of"),
        ("order = 'x'\nname = 'x'\nshape = 'lines'", "[order] should be a table of its own"),
        (EVENTS + 'y = { step = "paid" }', "[activities] 'y': the step 'paid' needs the amount: "),
        (EVENTS + 'y = { step = "paid", amout = "x" }', "[activities] y has no key 'amout'. Did"),
        (EVENTS + 'y = "sent"', "[activities] 'y' = 'sent': there is no step 'sent'. The steps"),
        (EVENTS.replace('order = "o"\n', ""), "[event] order is missing."),
        (EVENTS + '[order]\nid = "x"', '[order] id: in shape = "events" this is [event] order.'),
        (EVENTS + '[line]\nid = "x"', '[line] id: in shape = "events" this is [event] line.'),
        (EVENTS + '[parcel]\nid = "x"', '[parcel] id: in shape = "events" this is [event] parcel.'),
        ("fill_down = true\n" + EVENTS, 'fill_down belongs to shape = "lines"; this is "events".'),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_key(mapping, sentence):
    if sentence == "[order] is missing":
        mapping = mapping.replace("[order]\n", "")
    with pytest.raises(BadInput) as told:
        read_mapping(mapping, "shop.toml")
    assert sentence in str(told.value)
    assert str(told.value).startswith("shop.toml")


def test_a_mapping_that_does_not_exist_is_told_with_those_that_do(tmp_path):
    with pytest.raises(BadInput, match=r"no mapping .*olist, online-retail"):
        load_mapping(tmp_path / "none.toml")


@pytest.mark.parametrize("name", shipped_mappings())
def test_the_mappings_that_come_along_can_be_read(name):
    assert load_mapping(name).name == name
