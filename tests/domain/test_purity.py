"""The domain is pure: the modules it may import, and the calls it may not make."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import ordertrail.domain

DOMAIN = Path(ordertrail.domain.__file__).parent

ALLOWED_MODULES = {
    "__future__",
    "abc",
    "bisect",
    "collections",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "itertools",
    "math",
    "operator",
    "re",
    "types",
    "typing",
    "unicodedata",
    "pydantic",
    "pydantic_core",  # a part of pydantic, in which its custom types are written
    "ordertrail.domain",
}
CLOCKS = {"now", "today", "utcnow"}
DOORS = {"__import__", "breakpoint", "eval", "exec", "input", "open", "print"}


def impurities(source: str) -> Iterator[str]:
    """Every import and call in the source that reaches for the world, with its line."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                for name in names:
                    if not allowed(name.name):
                        yield f"{node.lineno}: import {name.name}"
            case ast.ImportFrom(module=module, names=names, level=0):
                for name in names:
                    if not (allowed(module or "") or allowed(f"{module}.{name.name}")):
                        yield f"{node.lineno}: from {module} import {name.name}"
            case ast.ImportFrom():
                yield f"{node.lineno}: a relative import, which hides the room it leads to"
            case ast.Call(func=ast.Attribute(attr=called)) if called in CLOCKS:
                yield f"{node.lineno}: a clock is read by {called}()"
            case ast.Call(func=ast.Name(id=called)) if called in DOORS:
                yield f"{node.lineno}: {called}()"


def allowed(module: str) -> bool:
    """Whether the module, or a package that it is in, is on the list."""
    parts = module.split(".")
    return any(".".join(parts[:end]) in ALLOWED_MODULES for end in range(1, len(parts) + 1))


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, id=str(path.relative_to(DOMAIN))) for path in sorted(DOMAIN.rglob("*.py"))],
)
def test_a_domain_file_needs_no_world_around_it(path):
    assert list(impurities(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "line",
    [
        "import time",
        "import uuid as ids",
        "import collections, os.path",
        "from random import choice",
        "from orjson import dumps",
        "from ordertrail import engine",
        "from ordertrail.adapters import sqlite",
        "from ..adapters import sqlite",
        "at = datetime.now(UTC)",
        "day = datetime.date.today()",
        "print('shipped')",
    ],
)
def test_an_impure_line_is_found(line):
    assert list(impurities(f"def decide():\n    {line}\n")) != []


@pytest.mark.parametrize(
    "line",
    [
        "from collections.abc import Iterable",
        "from pydantic_core import core_schema",
        "from ordertrail.domain.order import events",
        "from ordertrail import domain",
        "import pydantic",
        "order.open(at)",
    ],
)
def test_a_pure_line_is_let_through(line):
    assert list(impurities(line)) == []
