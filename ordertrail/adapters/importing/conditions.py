"""Conditions on the cells of a row, such as "A*" or "<= 0"."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from ordertrail.adapters.importing.cells import Columns, Row, Texts
from ordertrail.adapters.importing.kinds import NUMBER

COMPARISON = re.compile(r"\s*(<=|>=|<|>)\s*(\S+)\s*")
COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}


class Condition:
    """Holds for a row if each column named is as said (any one of several ways will do)."""

    def __init__(self, when: Mapping[str, Sequence[str]], columns: Columns, where: str) -> None:
        self._tests = [
            (columns.index(name, f"{where} when"), Texts("", any_of(wanted)))
            for name, wanted in when.items()
        ]

    def holds(self, row: Row) -> bool:
        """Whether it holds for the row."""
        return all(holds[row[index]] for index, holds in self._tests)

    def among(self, rows: Sequence[Row]) -> list[Row]:
        """The rows for which it holds."""
        for index, holds in self._tests:
            rows = [row for row in rows if holds[row[index]]]
        return list(rows)


def any_of(wanted: Sequence[str]) -> Callable[[str], bool]:
    """A test whether a text is as one of these words says."""
    tests = [matcher(one) for one in wanted]
    return tests[0] if len(tests) == 1 else lambda text: any(test(text) for test in tests)


def matcher(wanted: str) -> Callable[[str], bool]:
    """A test whether a text is as said: "C*", "<= 0", "!= done", "" (empty), or just the word."""
    if wanted.startswith("!="):
        inner = matcher(wanted[2:].strip())
        return lambda text: not inner(text)
    compared = COMPARISON.fullmatch(wanted)
    if compared and NUMBER.fullmatch(compared[2]):
        compare, bound = COMPARE[compared[1]], Decimal(compared[2])
        return lambda text: (
            NUMBER.fullmatch(text.strip()) is not None and compare(Decimal(text.strip()), bound)
        )
    if "*" in wanted or "?" in wanted:
        parts = re.split(r"([*?])", wanted)
        pattern = "".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in parts)
        glob = re.compile(pattern, re.DOTALL)
        return lambda text: glob.fullmatch(text.strip()) is not None
    return lambda text: text.strip() == wanted
