"""Event bodies come back from their bytes as they were, whatever their fields hold."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from ordertrail.adapters.codec import Codec
from ordertrail.domain.aggregate import Aggregate
from ordertrail.domain.errors import StoreError, UnknownEventType
from ordertrail.domain.event import Event, event, value
from ordertrail.domain.values import Personal, Recipient

NOON = datetime(2024, 5, 6, 12, 0, tzinfo=UTC)


class Lot(NamedTuple):
    lot: str
    quantity: int = 1


@value
class Line:
    line: str
    quantity: Annotated[int, Field(gt=0)]
    sku: str | None = None
    price: Decimal | None = None
    lots: tuple[Lot, ...] = ()
    inside: tuple["Line", ...] = ()


@event("toy.everything")
class Everything:
    text: str
    number: Annotated[int, Field(ge=0)]
    flag: bool
    share: float
    amount: Decimal
    at: datetime
    day: date
    hour: time
    word: Literal["a", "b"]
    line: Line
    lots: tuple[Lot, ...]
    counts: dict[str, int]
    lines: dict[str, Line]
    json: Any
    recipient: Personal[Recipient]
    note: Personal[str]
    maybe: str | None = "something"
    price: Decimal = Decimal("1.0")
    until: datetime | None = None
    notes: tuple[Decimal | None, ...] = (Decimal(1), None)
    steps: tuple[str, ...] = ("picked", "packed")
    named: dict[str, Decimal] = field(default_factory=dict)
    whole: Line = field(default_factory=lambda: Line("1", 1))
    seen: Personal[Recipient] | None = None
    extra: Any = None
    fraction: float = 0.5


@event("toy.opened")
class Opened:
    id: str
    lines: tuple[Line, ...] = ()
    priority: int = 0
    price: Decimal = Decimal(1)
    who: Personal[Recipient] | None = None
    note: Personal[str] | None = None


@event("toy.renamed", schema=3)
class Renamed:
    id: str
    label: str
    language: str = "en"


@dataclass
class Weight:
    grams: int

    def __post_init__(self) -> None:
        self.kilograms = self.grams / 1000


@dataclass(frozen=True)
class Frozen:
    code: str


@dataclass
class Weighed:
    weight: Weight
    frozen: Frozen
    type: ClassVar[str] = "toy.weighed"
    schema: ClassVar[int] = 1


def toy(*events: type, **more: Any) -> Aggregate:
    return Aggregate("toy", None, lambda state, event: state, None, events, (), **more)  # type: ignore[arg-type]


UPCASTERS = {
    ("toy.renamed", 1): lambda body: {"id": body["id"], "title": body["name"]},
    ("toy.renamed", 2): lambda body: {"id": body["id"], "label": body["title"]},
}
CODEC = Codec([toy(Everything, Opened, Renamed, upcasters=UPCASTERS)])

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
integers = st.integers(-(2**63), 2**63 - 1)
amounts = st.decimals(allow_nan=False)
floats = st.floats(allow_nan=False, allow_infinity=False)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
EARLY, LATE = datetime(1700, 1, 1), datetime(2300, 1, 1)
times = st.datetimes(EARLY, LATE, timezones=zones)
lots = st.builds(Lot, texts, integers)
plain_lines = st.builds(
    Line, texts, integers, st.none() | texts, st.none() | amounts, st.lists(lots).map(tuple)
)
lines = st.builds(Line, texts, integers, inside=st.lists(plain_lines, max_size=2).map(tuple))
json = st.recursive(
    st.none() | st.booleans() | integers | floats | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
recipients = st.builds(Recipient, st.none() | texts, lines=st.lists(texts).map(tuple))
bodies = st.builds(
    Everything,
    text=texts,
    number=integers,
    flag=st.booleans(),
    share=floats,
    amount=amounts,
    at=times,
    day=st.dates(),
    hour=st.times(),
    word=st.sampled_from(["a", "b"]),
    line=lines,
    lots=st.lists(lots).map(tuple),
    counts=st.dictionaries(texts, integers),
    lines=st.dictionaries(texts, lines, max_size=2),
    json=json,
    recipient=st.builds(Personal, st.none() | recipients),
    note=st.builds(Personal, texts),
    maybe=st.none() | texts,
    price=amounts,
    until=st.none() | times,
    notes=st.lists(st.none() | amounts).map(tuple),
    steps=st.lists(texts).map(tuple),
    named=st.dictionaries(texts, amounts),
    whole=lines | st.just(Line("1", 1)),
    seen=st.none() | st.builds(Personal, recipients),
    extra=json,
    fraction=floats,
)


@given(bodies)
def test_a_body_comes_back_as_it_was(body):
    stored = CODEC.encode(body)
    again = CODEC.decode_body("toy.everything", 1, stored)
    assert again == body
    assert CODEC.encode(again) == stored  # what is equal need not be the same: 1.0 and 1.00
    assert (again.amount.as_tuple(), again.price.as_tuple()) == (
        body.amount.as_tuple(),
        body.price.as_tuple(),
    )
    assert again.at.utcoffset() == body.at.utcoffset()


@given(bodies)
def test_the_same_body_gives_the_same_bytes(body):
    again = CODEC.decode_body("toy.everything", 1, CODEC.encode(body))
    again.counts = dict(reversed(again.counts.items()))
    again.lines = dict(reversed(again.lines.items()))
    if isinstance(again.json, dict):
        again.json = dict(reversed(again.json.items()))
    assert CODEC.encode(again) == CODEC.encode(body)


@given(
    at=times,
    recorded=st.datetimes(EARLY, LATE, timezones=st.just(UTC)),
    version=st.integers(1, 9),
    index=st.integers(0, 9),
)
def test_an_event_comes_back_with_its_envelope(at, recorded, version, index):
    told = Event(
        body=Opened(id="1"),
        occurred_at=at,
        id=f"c-1.{index}",
        stream="toy-1-2",
        version=version,
        position=7,
        recorded_at=recorded,
        actor="person:p",
        on_behalf_of="customer:c",
        channel="web",
        source="shop",
        source_id="m-1",
        reason="because",
        correlation_id="k",
        causation_id="b-1.0",
        command_id="c-1",
    )
    again = CODEC.decode(CODEC.record(told, index))
    assert again == told
    assert again.occurred_at.utcoffset() == at.utcoffset()


def test_a_class_that_does_more_than_to_hold_its_fields_is_built_by_calling_it():
    body = Weighed(Weight(1500), Frozen("x"))
    codec = Codec([toy(Weighed)])
    back = codec.decode_body("toy.weighed", 1, codec.encode(body))
    assert back == body
    assert back.weight.kilograms == 1.5


def test_fields_at_their_default_are_left_out_and_others_are_readable():
    assert CODEC.encode(Opened(id="1")) == b'{"id":"1"}'
    body = Opened(
        id="1",
        lines=(Line("a", 2, lots=(Lot("L"),)),),
        price=Decimal("1.0"),
        who=Personal(Recipient(name="Ada")),
        note=Personal("ring twice"),
    )
    assert CODEC.encode(body) == (
        b'{"id":"1","lines":[{"line":"a","quantity":2,"lots":[{"lot":"L"}]}],"price":"1.0",'
        b'"who":{"name":"Ada"},"note":{"value":"ring twice"}}'
    )


def test_fields_that_a_newer_version_added_are_left_out():
    stored = b'{"id":"1","colour":"red","lines":[{"line":"a","quantity":2,"size":"XL"}]}'
    body = CODEC.decode_body("toy.opened", 1, stored)
    assert body == Opened(id="1", lines=(Line("a", 2),))


def test_a_sealed_token_stands_in_the_place_of_personal_data():
    body = CODEC.decode_body("toy.opened", 1, b'{"id":"1","who":"v1.k7.AAAA","note":"v1.k7.BBBB"}')
    assert body.who == Personal(None)
    assert body.note == Personal(None)


def test_what_was_forgotten_can_be_stored_again():
    body = Opened(id="1", who=Personal(None), note=Personal(None))  # type: ignore[arg-type]
    assert CODEC.encode(body) == b'{"id":"1","who":"","note":""}'
    assert CODEC.decode_body("toy.opened", 1, CODEC.encode(body)) == body


def test_old_shapes_are_lifted_to_the_current_one():
    assert CODEC.decode_body("toy.renamed", 1, b'{"id":"1","name":"x"}') == Renamed(
        id="1", label="x"
    )
    assert CODEC.decode_body("toy.renamed", 2, b'{"id":"1","title":"x"}') == Renamed(
        id="1", label="x"
    )


def test_an_upcaster_that_is_missing_is_found_at_once():
    with pytest.raises(TypeError, match=r"'toy.renamed' has no upcaster from its schema 1"):
        Codec([toy(Renamed)])


def test_two_classes_cannot_share_a_type_name():
    @event("toy.opened")
    class OpenedToo:
        id: str

    with pytest.raises(TypeError, match=r"share the type name 'toy.opened'"):
        Codec([toy(Opened, OpenedToo)])


def test_a_field_without_a_form_in_json_is_named():
    @event("toy.odd")
    class Odd:
        tags: set[str]

    with pytest.raises(TypeError, match=r"Odd\.tags: set\[str\] has no form in JSON"):
        Codec([toy(Odd)])


RECORD = CODEC.record(Event(Opened(id="1"), NOON, stream="toy-1", version=1, position=5), 0)


def test_an_event_written_without_an_envelope_is_read_all_the_same():
    bare = RECORD._replace(schema=None, occurred_at=None, occurred_offset=None)
    decoded = CODEC.decode(bare._replace(command_index=None))
    assert decoded is not None
    assert (decoded.body, decoded.id) == (Opened(id="1"), "")


def test_the_stream_of_another_aggregate_is_passed_by():
    assert CODEC.decode(RECORD._replace(stream="stock-1", type="stock.counted", body=b"-")) is None


def test_an_unknown_type_of_a_known_aggregate_says_what_to_do():
    with pytest.raises(UnknownEventType) as raised:
        CODEC.decode(RECORD._replace(type="toy.exploded"))
    assert str(raised.value) == (
        "Event 5 (stream 'toy-1') cannot be read: this version does not know the type "
        "'toy.exploded'. Upgrade Ordertrail, or the app that it runs."
    )


def test_a_schema_from_the_future_says_what_to_do():
    with pytest.raises(UnknownEventType, match=r"'toy.opened' up to schema 1, not schema 2"):
        CODEC.decode(RECORD._replace(schema=2))


@pytest.mark.parametrize(
    "stored", [b"Ada Lovelace", b"{}", b'["Ada Lovelace"]', b'{"id":"1","price":"Ada Lovelace"}']
)
def test_a_body_of_another_shape_is_an_error_that_does_not_show_it(stored):
    with pytest.raises(StoreError, match=r"Event 5 \(stream 'toy-1'\) cannot be read") as raised:
        CODEC.decode(RECORD._replace(body=stored))
    assert "Ada" not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (Opened(id="1", price=1.5), TypeError),  # type: ignore[arg-type]
        (Opened(id=NOON), TypeError),  # type: ignore[arg-type]
        (Opened(id=Line("1", 1)), TypeError),  # type: ignore[arg-type]
        (Opened(id="\ud800"), TypeError),
        (Opened(id="1", priority=2**70), TypeError),
        (Line("1", 1), TypeError),
    ],
)
def test_what_would_come_back_as_something_else_is_refused(body, error):
    with pytest.raises(error):
        CODEC.encode(body)


@event("toy.told")
class Told:
    at: datetime | None = None
    share: float = 0.0
    json: Any = None


@pytest.mark.parametrize(
    "body",
    [Told(at=datetime(2024, 1, 1)), Told(share=float("nan")), Told(json={"a": [float("inf")]})],
)
def test_times_without_offset_and_numbers_that_are_none_are_refused(body):
    with pytest.raises(ValueError, match=r"offset|number"):
        Codec([toy(Told)]).encode(body)
