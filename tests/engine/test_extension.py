"""A pretended user adds an aggregate, a projection and two rules, from a page of the docs."""

import re
from pathlib import Path

import pytest

from ordertrail import CORE, App, BadInput

PAGE = Path(__file__).parents[2] / "docs" / "extending.md"


@pytest.fixture
def shop():
    """What the page defines, without its last block, which uses it."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names = {"__name__": "shop"}
    for block in blocks[:-1]:
        exec(compile(block, str(PAGE), "exec"), names)
    return names


def test_the_page_adds_everything_without_touching_ours(shop):
    names = shop
    app = CORE + App([names["STOCK"]], [names["StockLevels"]()], [names["LowStock"](below=5)])
    assert len(app.aggregates) == len(CORE.aggregates) + 1
    assert "receive-stock" in [command.type_name() for command in app.commands]


def test_two_things_of_one_name_are_refused_with_their_name(shop):
    stock = App([shop["STOCK"]])
    with pytest.raises(BadInput, match="aggregate 'stock'"):
        stock + stock
    with pytest.raises(BadInput, match="rule 'low_stock'"):
        App(rules=[shop["LowStock"](below=1), shop["LowStock"](below=2)])


def test_its_lines_of_code_are_few(shop):
    code = "".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL))
    lines = [line for line in code.splitlines() if line.strip()]
    assert len(lines) < 200
