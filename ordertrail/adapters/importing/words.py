"""Words of other systems, each of which stands for a step, or for more that we know."""

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

from ordertrail.adapters.importing.cells import LINE, Row, Texts, Unreadable
from ordertrail.adapters.importing.conditions import matcher
from ordertrail.adapters.importing.source import Source
from ordertrail.adapters.importing.wording import suggestion

T = TypeVar("T")


class Words(Generic[T]):
    """A column whose every word must be explained; an empty cell says nothing.

    A word of the mapping may hold * for any signs; those without go first.
    """

    def __init__(
        self, where: str, column: str, words: Mapping[str, T], source: Source, asked: str
    ) -> None:
        self._where = where
        self._words = words
        self._path = source.path
        self._index = source.index(column, asked)
        self._patterns = [(matcher(word), words[word]) for word in words if "*" in word]
        self._known = Texts("", self._meaning)

    def of(self, row: Row) -> T | None:
        """What the word in the row stands for; None for an empty cell."""
        meaning: T | None = self._known[row[self._index]]
        return meaning

    def word(self, row: Row) -> str:
        """The word in the row."""
        word: str = row[self._index]
        return word.strip()

    def all(self, rows: Sequence[Row]) -> list[T | None]:
        """What the words in the rows stand for; None for an empty cell."""
        known, index = self._known, self._index
        return [known[row[index]] for row in rows]

    def unexplained(self, rows: Sequence[Row]) -> list[Row]:
        """The rows that hold a word which the mapping does not explain."""
        known, index = self._known, self._index
        strange = {text for text in {r[index] for r in rows} if type(known[text]) is Unreadable}
        return [row for row in rows if row[index] in strange] if strange else []

    def complaint(self, row: Row) -> str:
        """The sentence that a word of the row is not explained."""
        word = self.word(row)
        return (
            f"{self._path.name}, line {row[LINE]}: {self._where} does not explain the word "
            f"{word!r}.{suggestion(word, self._words)} Add {_key(word)} = a step, or "
            '"nothing".'
        )

    def _meaning(self, text: str) -> T | None:
        word = text.strip()
        if word in self._words:
            return self._words[word]
        if not word:
            return None
        for matches, meaning in self._patterns:
            if matches(word):
                return meaning
        raise ValueError("is not explained")


def _key(word: str) -> str:
    """The word as a key of TOML."""
    bare = word.isascii() and word.replace("_", "").replace("-", "").isalnum()
    return word if bare else '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
