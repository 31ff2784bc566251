"""The words of the domain: identifiers, times, quantities, money, addresses, personal data."""

from datetime import UTC, datetime, time
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    StringConstraints,
)
from pydantic_core import core_schema, to_jsonable_python

from ordertrail.domain.event import value

T = TypeVar("T")

Identifier = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Quantity = Annotated[int, Field(gt=0, le=10**12)]
Count = Annotated[int, Field(ge=0, le=10**12)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2}$", to_upper=True)]

FIRST_YEAR, LAST_YEAR = 1000, 4999


def _in_reach(moment: datetime) -> datetime:
    """Refuse what stands for "never" in other systems: whoever counts on from there gets lost."""
    first = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    if not first <= moment < datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC):
        raise ValueError(
            f"give a time between the years {FIRST_YEAR} and {LAST_YEAR}, or none if it is unknown"
        )
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_in_reach)]
"""A time with its offset from UTC, so far from the ends of the calendar that sums stay on it."""

Priority = Annotated[int, Field(ge=-(2**31), lt=2**31)]


def _no_float(number: Any) -> Any:
    if isinstance(number, float):
        raise ValueError("write money as a string or a Decimal, never as a float")
    return number


Amount = Annotated[
    Decimal,
    Field(max_digits=24, decimal_places=8, allow_inf_nan=False),
    BeforeValidator(_no_float),  # last, so that the digits are checked in native code
]
PositiveAmount = Annotated[Amount, Field(gt=0)]

ROUNDING = Context(prec=80, rounding=ROUND_HALF_UP)

CENT = Decimal("0.01")
COINS = {
    currency: Decimal(coin)
    for coin, currencies in (
        ("1", "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        ("0.001", "BHD IQD JOD KWD LYD OMR TND"),
        ("0.0001", "CLF UYW"),
    )
    for currency in currencies.split()
}
"""The smallest coin of the currencies for which ISO 4217 has another than a cent."""


def rounded(amount: Decimal, currency: str | None) -> Decimal:
    """A total, rounded half up to the smallest coin; as it is where the currency is unknown.

    Only totals are rounded, and once: a unit price may have more digits than its currency.
    """
    if currency is None:
        return amount
    return amount.quantize(COINS.get(currency, CENT), context=ROUNDING)


DEFAULT_UNIT = "C62"
"""One piece, as UN/ECE Recommendation 20 codes it."""

DEFAULT_LOCATION = "main"


class Personal(Generic[T]):
    """Something about a person, kept whole so that it can be sealed and forgotten as one.

    `repr`, logs and errors never show it; `value` does.
    """

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "Personal(...)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Personal) and self.value == other.value

    def __hash__(self) -> int:
        return hash(repr(self.value))

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        inner = handler(source.__args__[0])
        bare = core_schema.no_info_before_validator_function(_bare, inner)
        return core_schema.no_info_after_validator_function(
            cls,
            bare,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda personal: to_jsonable_python(personal.value)
            ),
        )


def _bare(given: Any) -> Any:
    return given.value if isinstance(given, Personal) else given


@value
class Reference:
    """A name that something has elsewhere: in `system`, of a `kind`, an id scanned or typed."""

    system: Identifier
    id: Identifier
    kind: Identifier = "order"


@value
class Address:
    """Where: the parts that stay in clear, for tax and regions.

    Streets and names are personal and stand in `Recipient`.
    """

    country: Country
    postcode: Identifier | None = None
    province: Identifier | None = None
    city: Identifier | None = None
    district: Identifier | None = None


@value
class Recipient:
    """Who receives, and the part of the address that leads to one door."""

    name: Identifier | None = None
    company: Identifier | None = None
    lines: tuple[Identifier, ...] = ()
    phone: Identifier | None = None
    email: Identifier | None = None


@value
class Lot:
    """Units of one production lot, with its expiry as an ISO date."""

    lot: Identifier
    quantity: Quantity
    expiry: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None


@value
class LineQuantity:
    """Units of one line; lots, serial numbers, weight (in grams) and parcel where they are known.

    The SKU may be left out by a caller who names the line; it is then the line's own.
    """

    line: Identifier
    quantity: Quantity
    sku: Identifier | None = None
    lots: tuple[Lot, ...] = ()
    serials: tuple[Identifier, ...] = ()
    weight: Count | None = None
    parcel: Identifier | None = None


AdjustmentKind = Literal["discount", "coupon", "points", "shipping", "tax", "fee", "rounding"]


@value
class Adjustment:
    """Something added to (or, negative, taken from) the price of a line or an order."""

    kind: AdjustmentKind
    amount: Amount
    code: Code | None = None
    source: Identifier | None = None


RequirementKind = Literal["packaging", "label", "delivery_window"]


@value
class HandlingRequirement:
    """What a customer asks of whoever handles the goods.

    A delivery window has `not_before` or `not_after` (or both), compared with the wall clock of
    the offset that the delivery was told with.
    """

    kind: RequirementKind
    code: Code
    not_before: time | None = None
    not_after: time | None = None


@value
class Reminder:
    """A requirement that applies to the step at hand, to be shown to whoever does it."""

    code: Code
    requirement: HandlingRequirement
