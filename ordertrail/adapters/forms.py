"""How values are written as JSON and read again, by functions compiled once for each class."""

from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import orjson

from ordertrail.domain.values import Personal

# A datetime or a dataclass where the class says str is a mistake, and would come back as something
# else: orjson is told to refuse it.
REFUSE_FOREIGN = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME

# How a type is read from JSON, and written; methods are called through their class, so that a value
# of another class is an error and not a surprise.
FORMS = {
    str: ("{}", "{}"),
    int: ("{}", "{}"),
    bool: ("{}", "{}"),
    float: ("{}", "_finite({})"),
    Any: ("{}", "_plain({})"),
    Decimal: ("Decimal({})", "Decimal.__str__({})"),
    datetime: ("datetime.fromisoformat({})", "_aware({})"),
    date: ("date.fromisoformat({})", "date.isoformat({})"),
    time: ("time.fromisoformat({})", "time.isoformat({})"),
}


class Compiler:
    """Writes and compiles two functions for each class: object to dict for JSON, and back.

    For a class Line with `id: str` and `lots: tuple[Lot, ...] = ()` they are (but for a number
    after each name, since classes may share one):

        def encode_Line(o):
            d = {'id': o.id}
            if (v := o.lots) != (): d['lots'] = [encode_Lot(o) for o in v]
            return d
        def decode_Line(d):
            o = new(Line)
            o.id = d['id']
            o.lots = tuple([decode_Lot(d) for d in d['lots']]) if 'lots' in d else ()
            return o

    A loop over closures for the fields would do the same, and take three times as long. To call
    the class would take half as long again as to set the fields; it is called where more than
    that happens (in `__post_init__`), or they cannot be set (in a NamedTuple).
    """

    def __init__(self) -> None:
        self.names: dict[type[Any], str] = {}
        self.scope: dict[str, Any] = {
            f.__name__: f
            for f in (Personal, Decimal, datetime, date, time, _aware, _finite, _plain)
        } | {"new": object.__new__}

    def functions(self, cls: type[Any]) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
        """The encoder and the decoder of a class."""
        name = self._compiled(cls)
        return self.scope[f"encode_{name}"], self.scope[f"decode_{name}"]

    def _compiled(self, cls: type[Any]) -> str:
        if cls not in self.names:  # one that holds itself finds its own name here
            self.names[cls] = f"{cls.__name__}_{len(self.names)}"
            self.scope[self.names[cls]] = cls
            exec(self._source(cls, self.names[cls]), self.scope)
        return self.names[cls]

    def _source(self, cls: type[Any], name: str) -> str:
        required, optional, values = [], [], []
        hints = get_type_hints(cls, include_extras=True)
        for field, default, keyword in _fields(cls):
            key, value = repr(field), f"o.{field}"
            try:
                read, write = self._forms(hints[field], f"d[{key}]", value)
            except TypeError as error:
                raise TypeError(f"{cls.__name__}.{field}: {error}") from None
            if default is MISSING:
                required.append(f"{key}: {write}")
            else:
                made, differs, write = self._default(hints[field], default, value, write)
                read = f"{read} if {key} in d else {made}"
                optional.append(f"    if {differs}: d[{key}] = {write}\n")
            values.append((field, read, keyword))
        if _only_holds_fields(cls):
            sets = "".join(f"    o.{field} = {read}\n" for field, read, _ in values)
            build = f"    o = new({name})\n{sets}    return o\n"
        else:
            given = [f"{field}={read}" if keyword else read for field, read, keyword in values]
            build = f"    return {name}({', '.join(given)})\n"
        return (
            f"def encode_{name}(o):\n    d = {{{', '.join(required)}}}\n{''.join(optional)}"
            f"    return d\ndef decode_{name}(d):\n{build}"
        )

    def _default(self, hint: Any, default: Any, value: str, write: str) -> tuple[str, str, str]:
        """Expressions: the default; whether the value differs, naming it `v`; what is written."""
        if default is None or default == () or isinstance(default, str | int):
            differs = f"(v := {value}) {'is not' if default is None else '!='} {default!r}"
            return repr(default), differs, self._forms(hint, "", "v")[1]
        made = name = f"default_{len(self.scope)}"
        self.scope[name] = default
        if isinstance(default, _Factory):
            self.scope[name], made, default = default.make, f"{name}()", default.make()
        # What is equal need not be the same (Decimal 1.0 and 1.00); what is written alike is.
        self.scope[f"{name}_o"] = default
        self.scope[f"{name}_written"] = eval(self._forms(hint, "", f"{name}_o")[1], self.scope)
        return made, f"(v := {write}) != {name}_written", "v"

    def _forms(self, hint: Any, d: str, o: str) -> tuple[str, str]:
        """Two Python expressions: `d` read from JSON as the type, and `o` of the type written."""
        hint, origin, args = bare(hint)
        if origin is Literal or hint in FORMS:
            read, write = FORMS.get(hint, FORMS[str])
            return read.format(d), write.format(o)
        if origin is Union and len(args) == 1:
            read, write = self._forms(args[0], d, o)
            return _unless(f"{d} is None", d, read), _unless(f"{o} is None", o, write)
        if origin is tuple and args[1:] == (...,):
            read, write = self._forms(args[0], "d", "o")
            tupled = f"tuple({d})" if read == "d" else f"tuple([{read} for d in {d}])"
            return tupled, o if write == "o" else f"[{write} for o in {o}]"
        if origin is dict and bare(args[0])[0] is str:
            read, write = self._forms(args[1], "d", "o")
            return (
                d if read == "d" else f"{{k: {read} for k, d in {d}.items()}}",
                f"{{k: {write} for k, o in sorted({o}.items())}}",
            )
        if origin is Personal:  # always an object: a string in its place is a sealed token
            if not _is_object(args[0]):
                read, write = self._forms(args[0], f"{d}['value']", f"{o}.value")
                write = f"{{'value': {write}}}"
            else:
                read, write = self._forms(args[0], d, f"{o}.value")
            sealed = f"{d}.__class__ is str"
            return (
                f"Personal(None if {sealed} else {read})",
                f"('' if {o}.value is None else {write})",
            )
        if not _is_object(hint):
            raise TypeError(f"{hint} has no form in JSON")
        name = self._compiled(hint)
        return f"decode_{name}({d})", f"encode_{name}({o})"


def _unless(missing: str, value: str, form: str) -> str:
    return value if form == value else f"(None if {missing} else {form})"


class _Factory(NamedTuple):
    make: Callable[[], Any]


def _fields(cls: type[Any]) -> Iterator[tuple[str, Any, bool]]:
    """Of a dataclass or a NamedTuple: name, default (or MISSING), whether given by keyword."""
    if not is_dataclass(cls):
        for name in cls._fields:
            yield name, cls._field_defaults.get(name, MISSING), False
        return
    for field in fields(cls):
        made = field.default_factory
        default = field.default if made is MISSING else _Factory(made)
        yield field.name, default, field.kw_only is True


def _only_holds_fields(cls: type[Any]) -> bool:
    """Whether to build one is nothing but to set its fields."""
    if not is_dataclass(cls) or hasattr(cls, "__post_init__"):
        return False
    made: Any = cls.__dataclass_params__  # type: ignore[attr-defined]
    return bool(made.init) and not made.frozen


def _is_object(hint: Any) -> bool:
    hint = bare(hint)[0]
    return is_dataclass(hint) or hasattr(hint, "_field_defaults")


def bare(hint: Any) -> tuple[Any, Any, tuple[Any, ...]]:
    """A type without its constraints, its origin and arguments; `X | None` is a Union of (X,)."""
    while hasattr(hint, "__metadata__"):
        hint = hint.__origin__
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return hint, Union, tuple(arg for arg in args if arg is not NoneType)
    return hint, origin, args


def _aware(moment: datetime) -> str:
    if moment.utcoffset() is None:
        raise ValueError("a time needs its offset from UTC")
    return moment.isoformat()


def _finite(number: float) -> float:
    if not isfinite(number):
        raise ValueError("a number that is infinite, or none, cannot be stored")
    return number


def _plain(value: Any) -> Any:
    """A JSON value with its keys in order, so that the same value gives the same bytes."""
    if isinstance(value, dict):
        return {key: _plain(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return _finite(value) if isinstance(value, float) else value
