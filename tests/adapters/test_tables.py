"""Rows go into their table and come back; the table says of itself what it means."""

import sqlite3
from contextlib import closing
from dataclasses import field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordertrail.adapters.books import describe, open_books
from ordertrail.adapters.sqlite.tables import SQLiteTables, in_utc
from ordertrail.adapters.tables import rows as found_rows
from ordertrail.domain.errors import StoreError
from ordertrail.projections.projection import Projection, row

TABLES = SQLiteTables()
table = TABLES.of


def rows(connection, *asked, **more):
    return found_rows(TABLES, connection, *asked, **more)


@row("everything", key=("order", "line"), indexes=(("word", "at"),))
class Everything:
    order: str
    line: str
    text: Annotated[str, "what it says"] = ""
    number: int = 0
    flag: bool = False
    share: float = 0.0
    amount: Decimal = Decimal(0)
    word: Annotated[Literal["open", "closed"], "how it stands"] = "open"
    at: Annotated[datetime | None, "when it happened"] = None
    day: date | None = None
    maybe: bool | None = None
    price: Decimal | None = None
    tags: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    memo: dict[str, Any] | None = None


@row("simple", key=("id",))
class Simple:
    id: str
    number: int = 0


class AllOfIt(Projection[Everything]):
    name = "everything"
    row = Everything
    meaning = "What there is."
    views: ClassVar = {"by_word": "SELECT word, count(*) AS lines FROM everything GROUP BY word"}


@pytest.fixture
def connection():
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        open_books(TABLES, connection)
        for made in (Everything, Simple):
            table(made).create(connection)
        yield connection


def save(connection, row, changed):
    table(row).write(connection, table(row).changes(changed))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
integers = st.integers(-(2**63), 2**63 - 1)
amounts = st.decimals(allow_nan=False)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.datetimes(datetime(1700, 1, 1), datetime(2300, 1, 1), timezones=zones)
everything = st.builds(
    Everything,
    order=texts,
    line=texts,
    text=texts,
    number=integers,
    flag=st.booleans(),
    share=st.floats(allow_nan=False),
    amount=amounts,
    word=st.sampled_from(["open", "closed"]),
    at=st.none() | times,
    day=st.none() | st.dates(),
    maybe=st.none() | st.booleans(),
    price=st.none() | amounts,
    tags=st.lists(texts),
    counts=st.dictionaries(texts, integers),
    memo=st.none() | st.dictionaries(texts, texts),
)


@given(st.lists(everything, max_size=5))
def test_rows_come_back_as_they_were(made):
    expected = {(one.order, one.line): one for one in made}
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        open_books(TABLES, connection)
        table(Everything).create(connection)
        save(connection, Everything, expected)
        found = table(Everything).load(connection, expected)
        assert found == expected
        assert all(one.maybe is None or isinstance(one.maybe, bool) for one in found.values())
        listed = {(one.order, one.line): one for one in rows(connection, Everything)}
        assert listed == expected


def test_a_new_row_has_only_its_key():
    assert table(Everything).new(("o", "1")) == Everything("o", "1")
    assert table(Simple).new("a") == Simple("a")


@pytest.mark.parametrize("many", [0, 1, 250, 251, 1000])
def test_any_number_of_rows_is_loaded_and_those_missing_are_left_out(connection, many):
    save(connection, Simple, {str(n): Simple(str(n), n) for n in range(0, many, 2)})
    found = table(Simple).load(connection, [str(n) for n in range(many)])
    assert found == {str(n): Simple(str(n), n) for n in range(0, many, 2)}


def test_a_row_is_saved_over_the_old_one_and_none_deletes_it(connection):
    save(connection, Simple, {"a": Simple("a", 1), "b": Simple("b", 1)})
    save(connection, Simple, {"a": Simple("a", 2), "b": None, "never there": None})
    assert list(rows(connection, Simple)) == [Simple("a", 2)]


def test_rows_are_asked_for_by_condition_in_order_and_up_to_a_limit(connection):
    save(connection, Simple, {str(n): Simple(str(n), n) for n in range(10)})
    found = rows(connection, Simple, "number >= ?", (3,), order="number DESC", limit=2)
    assert list(found) == [Simple("9", 9), Simple("8", 8)]


@given(times, times)
def test_times_are_in_utc_and_sort_as_text(one, other):
    assert (in_utc(one) < in_utc(other)) == (one < other)
    assert datetime.fromisoformat(in_utc(one)) == one
    assert len(in_utc(one)) == len("2024-05-06T07:08:09.000000Z")


def test_a_time_without_an_offset_is_refused():
    with pytest.raises(ValueError, match="offset"):
        table(Everything).changes({("o", "1"): Everything("o", "1", at=datetime(2024, 1, 1))})


@pytest.mark.parametrize(
    "wrong", [{"number": "many"}, {"number": None}, {"text": None}, {"number": 2**63}]
)
def test_a_value_that_does_not_fit_its_column_is_refused(connection, wrong):
    with pytest.raises((sqlite3.IntegrityError, OverflowError)):
        save(connection, Everything, {("o", "1"): Everything("o", "1", **wrong)})


@pytest.mark.parametrize(
    "wrong",
    [{"amount": 1.5}, {"amount": None}, {"counts": {"at": datetime(2024, 1, 1, tzinfo=UTC)}}],
)
def test_a_value_that_would_come_back_as_something_else_is_refused(wrong):
    with pytest.raises(TypeError):
        table(Everything).changes({("o", "1"): Everything("o", "1", **wrong)})


def test_the_data_dictionary_tells_every_column_of_tables_and_views(connection):
    describe(TABLES, connection, [AllOfIt()])
    told = {
        (name, column): (type_, meaning)
        for name, column, type_, meaning, _ in connection.execute("SELECT * FROM data_dictionary")
    }
    assert told["everything", ""] == ("table", "What there is.")
    assert told["everything", "text"] == ("text", "what it says")
    assert told["everything", "word"] == ("one of: open, closed", "how it stands")
    assert told["everything", "at"] == ("time in UTC, as text, or nothing", "when it happened")
    assert told["by_word", ""] == ("view", "What there is.")
    assert told["by_word", "word"] == ("one of: open, closed", "how it stands")
    assert told["by_word", "lines"] == ("", "")


def test_a_view_that_changed_is_made_anew_and_what_did_not_change_is_left_alone(connection):
    class Narrower(AllOfIt):
        views: ClassVar = {"by_word": "SELECT word FROM everything"}

    describe(TABLES, connection, [AllOfIt()])
    before = connection.total_changes
    describe(TABLES, connection, [AllOfIt()])
    assert connection.total_changes == before
    describe(TABLES, connection, [Narrower()])
    columns = connection.execute(
        "SELECT column_name FROM data_dictionary WHERE table_name = 'by_word'"
    )
    assert sorted(columns) == [("",), ("word",)]


@pytest.mark.parametrize("name", ["events", "EVENTS"])
def test_what_is_no_read_model_is_never_replaced(connection, name):
    @row(name, key=("id",))
    class Events:
        id: str

    class Log(AllOfIt):
        views: ClassVar = {name: "SELECT 1 AS one"}

    connection.execute("CREATE TABLE events (body)")
    with pytest.raises(StoreError, match="is no read model"):
        table(Events).create(connection)
    with pytest.raises(StoreError, match="is no read model"):
        describe(TABLES, connection, [Log()])


def test_a_row_class_that_changed_is_noticed(connection):
    @row("simple", key=("id",))
    class Wider:
        id: str
        number: int = 0
        more: str = ""

    assert table(Simple).is_as_defined(connection)
    assert not table(Wider).is_as_defined(connection)


def test_the_key_comes_first():
    @row("late", key=("id",))
    class Late:
        number: int
        id: str

    with pytest.raises(TypeError, match="come first"):
        table(Late)


def test_a_type_without_a_column_is_named():
    @row("odd", key=("id",))
    class Odd:
        id: str
        tags: set[str] = field(default_factory=set)

    with pytest.raises(TypeError, match=r"tags: set\[str\] has no column type"):
        table(Odd)


def test_a_column_cannot_be_called_as_what_the_class_itself_has():
    with pytest.raises(TypeError, match="call the column 'key' otherwise"):

        @row("odd", key=("key",))
        class Odd:
            key: str
