"""Every code that is refused with has a sentence, and every sentence is a code of somebody."""

import ast
from pathlib import Path
from string import Formatter

import ordertrail
from ordertrail.domain.errors import Refused
from ordertrail.domain.messages import SENTENCES, sentence

SOURCES = sorted(Path(ordertrail.__file__).parent.rglob("*.py"))
REFUSERS = {"refuse", "Refused", "NotFound", "CommandReused", "InvalidCommand"}
FROM_THE_OUTSIDE = {"contact_invalid"}
"""Told by whoever checks contacts, with a reason that has a sentence of its own."""


def refusals() -> dict[str, list[set[str]]]:
    """Each code that is refused with in the source, and the arguments it is given each time."""
    found: dict[str, list[set[str]]] = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            code = node.args[0]
            if name in REFUSERS and isinstance(code, ast.Constant) and isinstance(code.value, str):
                given = {keyword.arg or "**" for keyword in node.keywords}
                found.setdefault(code.value, []).append(given)
    return found


def asked(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_every_code_that_is_refused_with_has_a_sentence():
    assert set(refusals()) - set(SENTENCES) == set()


def test_every_sentence_is_used():
    used = set(refusals()) | FROM_THE_OUTSIDE
    assert {code for code in SENTENCES if code.partition(".")[0] not in used} == set()


def test_no_refusal_leaves_out_an_argument_of_its_sentence():
    for code, calls in refusals().items():
        for given in calls:
            assert "**" in given or asked(SENTENCES.get(code, "")) <= given, code


def test_a_refusal_says_its_sentence():
    refusal = Refused("not_found", kind="order", id="SO-1")
    assert str(refusal) == "There is no order SO-1."


def test_a_code_without_a_sentence_is_shown_with_its_arguments():
    assert sentence("no_such_code", {"line": "1"}) == "no_such_code (line: 1)"
    assert sentence("no_such_code", {}) == "no_such_code"


def test_an_argument_that_is_missing_is_named():
    assert sentence("not_found", {"kind": "order"}) == "There is no order (id)."
