"""Reading a mapping: whatever is wrong with it becomes a sentence that names the key."""

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from ordertrail.adapters.importing.mapping import Mapping, keys_of
from ordertrail.adapters.importing.sense import misfit
from ordertrail.adapters.importing.wording import SECTIONS, place, suggestion
from ordertrail.domain.errors import BadInput

SHIPPED = files("ordertrail.adapters.importing") / "mappings"


def shipped_mappings() -> list[str]:
    """The names of the mappings that come with Ordertrail."""
    return sorted(
        f.name.removesuffix(".toml") for f in SHIPPED.iterdir() if f.name.endswith(".toml")
    )


def load_mapping(named: str | Path) -> Mapping:
    """Read the mapping at a path, or the one of that name that comes with Ordertrail.

    Raises:
        BadInput: there is none, or it cannot be used; the sentence names the key.
    """
    path = Path(named)
    try:
        if str(named) in shipped_mappings() and not path.exists():
            text = (SHIPPED / f"{named}.toml").read_text("utf-8")
        else:
            text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise BadInput(
            f"There is no mapping {named}. Give the path of a TOML file, or the name of one that "
            f"comes with Ordertrail: {', '.join(shipped_mappings())}."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The mapping {named} cannot be read: {error}.") from error
    return read_mapping(text, str(named))


def read_mapping(text: str, called: str = "mapping") -> Mapping:
    """Read the text of a mapping.

    Raises:
        BadInput: it cannot be used; the sentence names the key.
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{called} is no TOML: {error}.") from error
    try:
        mapping = Mapping.model_validate(given)
    except ValidationError as error:
        sentences = [_sentence(dict(problem)) for problem in error.errors()]
        raise BadInput("\n".join(f"{called}: {each}" for each in sentences)) from None
    if problem := misfit(mapping, given):
        raise BadInput(f"{called}: {problem}")
    return mapping


_PATTERNS = {
    "name": "a name is up to 40 letters, digits and signs of _ . -",
    "currency": "a currency is a code of three capitals, such as EUR",
    "delimiter": 'a delimiter is one sign, or "tab"',
}


_BY_NAME = ("steps", "activities")
"""Tables whose keys are no fields, but names that the mapping gives."""


def _sentence(problem: dict[str, Any]) -> str:
    path: tuple[int | str, ...] = problem["loc"]
    where = place(path)
    kind: str = problem["type"]
    if kind == "extra_forbidden":
        if len(path) > 1 and path[-1] in keys_of(Mapping) and path[-1] not in SECTIONS:
            return f"{path[-1]!r} belongs to the whole mapping: write it above the first [section]."
        section = _section(path[:-1])
        known = sorted(keys_of(section)) if section else []
        inside = place(path[:-1])
        return (
            f"{inside} has no key {path[-1]!r}.{suggestion(str(path[-1]), known)}"
            f" It may have: {', '.join(known)}."
        )
    if kind == "missing" and path == ("shape",):
        return 'shape is missing: "lines" (a row for each line) or "events" (for each event).'
    if kind == "missing":
        return f"{where} is missing."
    if kind == "model_type":
        if len(path) == 1 and path[0] in SECTIONS:
            return f"{where} should be a table of its own: a line {where}, and its keys below."
        return (
            f"{where} should be the name of a column in quotes, or a table such as "
            '{ column = "...", default = "..." } or { value = "..." }.'
        )
    message: str = _PATTERNS.get(where) or problem["msg"].removeprefix("Value error, ")
    return f"{where}: {message[0].lower()}{message[1:]}."


def _section(path: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The class of the table at a place of the mapping."""
    model: type[BaseModel] | None = Mapping
    named = [str(name) for name in path if not isinstance(name, int)]
    while named and model is not None:
        key = named.pop(0)
        model = _model_in(keys_of(model).get(key))
        if key in _BY_NAME and named:
            named.pop(0)
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        if found := _model_in(inner):
            return found
    return None
