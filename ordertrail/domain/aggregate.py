"""What an aggregate is, what a command is, and how a decision tells more than a body."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

from ordertrail.domain.event import Event, value
from ordertrail.domain.values import Moment

ActorName = Annotated[
    str,
    StringConstraints(
        pattern=r"^(person|customer|service|policy|carrier):[!-~]{1,100}$", max_length=110
    ),
]
Label = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")]


class Command(BaseModel):
    """A wish, checked for form when it is made; the fields here are the envelope of its events.

    Attributes:
        command_id: decides once over the whole log; made by the engine when you give none.
        occurred_at: when it happened, with an offset; the engine's clock when you give none.
        actor: who did it, as "kind:opaque-id" (person, customer, service, policy, carrier).
        on_behalf_of: for whom the actor did it, in the same form.
        channel: how it reached you: web, phone, e-mail, shop, fax, edi, import, ...
        source, source_id: which system or file told it, and the id of its own message.
        reason: a code that says why.
        correlation_id, causation_id: what it belongs to, and the event that led to it.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        defer_build=True,  # a process that only reads would build sixty validators for nothing
    )

    command_id: Label | None = None
    occurred_at: Moment | None = None
    actor: ActorName | None = None
    on_behalf_of: ActorName | None = None
    channel: Label | None = None
    source: Label | None = None
    source_id: Label | None = None
    reason: Label | None = None
    correlation_id: Label | None = None
    causation_id: Label | None = None

    @property
    def streams(self) -> tuple[str, ...]:
        """The streams that the command decides on, all or none; `decide` gets a state for each."""
        raise NotImplementedError(f"{type(self).__name__} does not name its streams")

    @classmethod
    @cache
    def type_name(cls) -> str:
        """The stable name of the command: PlaceOrder is "place-order"."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()


def example(**fields: Any) -> ConfigDict:
    """The `model_config` of a command that shows how it is filled in."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


ENVELOPE = frozenset(Command.model_fields)


@value
class Decided:
    """A decided body that happened at another time than its command.

    `original` is the event in which it was told first, if it was: that event is its cause, and who
    told it, and how, is taken from there.
    """

    body: Any
    occurred_at: datetime
    original: Event | None = None

    @property
    def causation_id(self) -> str | None:
        """The id of the event in which it was told first."""
        return None if self.original is None else self.original.id


@dataclass(frozen=True)
class Aggregate:
    """A kind of thing with a life of its own, whose stream is `{name}-{id}`.

    Attributes:
        name: the first part of its streams, without a dash.
        initial: the state before anything happened.
        evolve: (state, event) -> state; never raises, on no subsequence of a stream.
        decide: (command, *states) -> list of event bodies (or of `Decided`), one state for each
            stream the command names; with several streams, one such list for each of them.
        events: the classes of its event bodies.
        commands: the classes of its commands.
        upcasters: (type, schema) -> function from a stored body of that schema to the next one.
    """

    name: str
    initial: Any
    evolve: Callable[[Any, Any], Any]
    decide: Callable[..., Any]
    events: tuple[type[Any], ...]
    commands: tuple[type[Command], ...]
    upcasters: Mapping[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = field(
        default_factory=dict
    )

    def stream(self, id: str) -> str:
        """The stream of the one called `id`."""
        return f"{self.name}-{id}"
