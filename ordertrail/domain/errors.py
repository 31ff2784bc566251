"""Everything Ordertrail raises, as one tree: catch `OrdertrailError` and nothing gets past you."""

from typing import Any, NoReturn

from ordertrail.domain.messages import sentence


class OrdertrailError(Exception):
    """The root of the tree."""


class Refused(OrdertrailError):
    """A rule said no; nothing was stored and the command may be sent again.

    `code` is stable and meant for programs, `arguments` are its typed details; the text of the
    exception is the English sentence that `ordertrail.domain.messages` gives for the code.
    """

    def __init__(self, code: str, **arguments: Any) -> None:
        self.code = code
        self.arguments = arguments
        super().__init__(sentence(code, arguments))

    def __reduce__(self) -> tuple[Any, ...]:
        return (_revive, (type(self), self.code, self.arguments))


class NotFound(Refused):
    """The order, line, parcel, return, customer ... that the command names does not exist."""


class CommandReused(Refused):
    """This command id was used before, for other content."""


class InvalidCommand(Refused):
    """The command is not well-formed; the sentence names each field and what is wrong with it."""


class BadInput(OrdertrailError):
    """A file, mapping, URL, environment variable or argument cannot be used as it is."""


class StoreError(OrdertrailError):
    """The store cannot do what was asked: it is closed, locked, full, newer than this version."""


class Conflict(StoreError):
    """Another process was first; the engine reruns the command, callers see this only when it
    lost again and again."""


class UnknownEventType(StoreError):
    """The log holds an event of a known aggregate that this version of the code does not know."""


def refuse(code: str, **arguments: Any) -> NoReturn:
    """Refuse the command that is being decided.

    Raises:
        Refused: always.
    """
    raise Refused(code, **arguments)


def not_found(kind: str, id: str) -> NoReturn:
    """Refuse because the `kind` (order, line, parcel, ...) called `id` does not exist.

    Raises:
        NotFound: always.
    """
    raise NotFound("not_found", kind=kind, id=id)


def _revive(cls: type[Refused], code: str, arguments: dict[str, Any]) -> Refused:
    return cls(code, **arguments)
