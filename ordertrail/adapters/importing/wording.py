"""How a mapping is spoken of: the places in it, and the nearest of the words that exist."""

from collections.abc import Iterable
from difflib import get_close_matches

SECTIONS = (
    "order",
    "line",
    "parcel",
    "steps",
    "status",
    "reject",
    "return",
    "event",
    "activities",
)


def suggestion(word: str, known: Iterable[str]) -> str:
    """The nearest word, as a question to put behind a sentence; nothing if none is near."""
    folded = {each.casefold(): each for each in known}
    near = get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return f" Did you mean {folded[near[0]]!r}?" if near else ""


def place(path: tuple[int | str, ...]) -> str:
    """A place in a mapping as people write it, such as `[line] quantity.column`."""
    names = [str(name) for name in path if not isinstance(name, int)]
    if not names:
        return "the mapping"
    first, *rest = names
    if first not in SECTIONS:
        return ".".join(names)
    if first == "status":
        rest = [name for name in rest if name != "words"]
    section = "[[reject]]" if first == "reject" else f"[{first}]"
    return f"{section} {'.'.join(rest)}".rstrip()
