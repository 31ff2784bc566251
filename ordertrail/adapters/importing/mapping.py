"""The mapping: what a TOML file says of another system's export, section by section."""

from collections.abc import Mapping as Table
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    field_validator,
    model_validator,
)

from ordertrail.adapters.importing.kinds import NUMBER
from ordertrail.adapters.importing.steps import NAMES
from ordertrail.adapters.importing.times import UNIX
from ordertrail.domain.order.positions import Step
from ordertrail.domain.values import Currency


class Section(BaseModel):
    """A table of the file: a key that it does not have is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _texts(given: Any) -> Any:
    return (given,) if isinstance(given, str) else given


def _plain(given: Any) -> Any:
    """A number or date of TOML as the text that a cell would hold."""
    if isinstance(given, bool) or given is None or isinstance(given, (list, dict)):
        return given
    return str(given)


Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]


def _are_formats(given: tuple[str, ...]) -> tuple[str, ...]:
    for one in given:
        if "%" not in one and one not in UNIX:
            raise ValueError(f'{one!r} is no format of times; write one such as "%d.%m.%Y %H:%M"')
    return given


Formats = Annotated[Texts, AfterValidator(_are_formats)]
Plain = Annotated[str, BeforeValidator(_plain)]


class Cell(Section):
    """Where a value comes from: a column, a fixed value, or the row's number; and its clean-up."""

    column: str | None = None
    value: Plain | None = None
    row: bool = False
    default: Plain | None = None
    drop: Texts = ()
    words: dict[str, str] = {}
    negate: bool = False
    times: Plain | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        sources = [self.column is not None, self.value is not None, self.row]
        if sources.count(True) != 1:
            raise ValueError("needs exactly one of column, value and row = true")
        if self.times is not None and not NUMBER.fullmatch(self.times):
            raise ValueError('times should be a number, such as "0.01"')
        return self


class Moment(Cell):
    """Where a time comes from."""

    plus_days: Annotated[Plain | None, Field(description="a number, or a column that holds it")] = (
        None
    )
    until: Literal["instant", "end_of_day"] = "instant"
    time_format: Formats = ()


def _as_column(given: Any) -> Any:
    return {"column": given} if isinstance(given, str) else given


Value = Annotated[Cell, BeforeValidator(_as_column)]
Time = Annotated[Moment, BeforeValidator(_as_column)]


class StepTime(Moment):
    """When a step happened, and what else the row tells of it."""

    amount: Value | None = None
    actor: Value | None = None
    location: Value | None = None
    reason: Value | None = None


StepColumn = Annotated[StepTime, BeforeValidator(_as_column)]


class OrderSection(Section):
    """[order]: what is told of an order as a whole."""

    id: Value | None = None
    customer: Value | None = None
    currency: Value | None = None
    channel: Value | None = None
    priority: Value | None = None
    service_level: Value | None = None
    promised: Time | None = None
    requested: Time | None = None
    ship_by: Time | None = None
    country: Value | None = None
    province: Value | None = None
    city: Value | None = None
    district: Value | None = None
    postcode: Value | None = None
    reference: Value | None = None
    shipping: Value | None = None
    discount: Value | None = None
    tax: Value | None = None


class LineSection(Section):
    """[line]: what is told of a line."""

    id: Value | None = None
    sku: Value = Cell(value="unlisted")
    quantity: Value = Cell(value="1")
    price: Value | None = None
    total: Value | None = None
    title: Value | None = None
    unit: Value | None = None
    shipping: Value | None = None
    discount: Value | None = None
    tax: Value | None = None

    @model_validator(mode="after")
    def _one_price(self) -> Self:
        if self.price is not None and self.total is not None:
            raise ValueError("give price (of one unit) or total (of the line), not both")
        return self


class ParcelSection(Section):
    """[parcel]: what is told of the parcel that the goods of a row are in."""

    id: Value | None = None
    carrier: Value | None = None
    service: Value | None = None
    tracking: Value | None = None


class StatusSection(Section):
    """[status]: a column of words, each of which stands for a step."""

    column: str
    words: dict[str, str]

    @model_validator(mode="before")
    @classmethod
    def _words_beside_the_column(cls, given: Any) -> Any:
        if isinstance(given, dict):
            words = {word: step for word, step in given.items() if word != "column"}
            return {"words": words, **{k: given[k] for k in given if k == "column"}}
        return given


class RejectSection(Section):
    """[[reject]]: rows to be left out, and why."""

    when: dict[str, Texts] = Field(min_length=1)
    reason: str = Field(min_length=1)


class ReturnSection(Section):
    """[return]: rows that bring goods back."""

    when: dict[str, Texts] = Field(min_length=1)
    id: Value | None = None
    received: Time | None = None
    quantity: Value | None = None
    reason: Value | None = None
    order: Value | None = None
    match: Literal["latest purchase", "order"] = "latest purchase"


class EventSection(Section):
    """[event]: what is told of every event, in shape "events"."""

    id: Value = Cell(row=True)
    activity: str
    time: Time
    order: Value
    line: Value | None = None
    parcel: Value | None = None
    actor: Value | None = None
    location: Value | None = None
    reason: Value | None = None


def _as_step(given: Any) -> Any:
    return {"step": given} if isinstance(given, str) else given


class ActivitySection(Section):
    """What one word of the activity column stands for."""

    step: str
    amount: Value | None = None
    total: Value | None = None
    reason: str | None = None
    actor: str | None = None
    location: str | None = None


def _as_many(given: Any) -> Any:
    return [given] if isinstance(given, dict) else given


class Mapping(Section):
    """A whole mapping."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")
    shape: Literal["lines", "events"]
    timezone: str = "UTC"
    time_format: Formats = ()
    currency: Currency | None = None
    decimal: Literal[".", ","] = "."
    thousands: str = Field(default="", max_length=1)
    empty: Texts = ()
    format: Literal["csv", "jsonl"] | None = None
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    encoding: str = "utf-8"
    each: str | None = None
    lists: str = Field(default=";", min_length=1)
    fill_down: StrictBool = False
    reports: tuple[Step, ...] | None = None
    order: OrderSection = OrderSection()
    line: LineSection = LineSection()
    parcel: ParcelSection = ParcelSection()
    steps: dict[str, StepColumn] = {}
    status: Annotated[tuple[StatusSection, ...], BeforeValidator(_as_many)] = ()
    reject: Annotated[tuple[RejectSection, ...], BeforeValidator(_as_many)] = ()
    returned: ReturnSection | None = Field(default=None, alias="return")
    event: EventSection | None = None
    activities: dict[str, Annotated[ActivitySection, BeforeValidator(_as_step)]] = {}

    @field_validator("delimiter", mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:
        if isinstance(given, str) and given in '"\r\n\0':
            return None
        return "\t" if given in ("tab", "\\t") else given

    def told_steps(self) -> tuple[str, ...]:
        """Every step that a row may lead to, in the order of an order's life."""
        told = {*self.steps, *(step for s in self.status for step in s.words.values())}
        told |= {activity.step for activity in self.activities.values()}
        return tuple(name for name in NAMES if name in told)


def keys_of(section: Any) -> Table[str, Any]:
    """The keys that a section may have, by the names used in the file."""
    return {f.alias or name: f.annotation for name, f in section.model_fields.items()}
