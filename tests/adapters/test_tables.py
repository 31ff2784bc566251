"""Rows go into their table and come back; the table says of itself what it means."""

import sqlite3
from contextlib import closing, suppress
from dataclasses import field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ordertrail.adapters.books import describe, open_books
from ordertrail.adapters.sqlite.tables import SQLiteTables, in_utc
from ordertrail.adapters.tables import rows
from ordertrail.adapters.urls import open_store
from ordertrail.domain.errors import StoreError
from ordertrail.projections.projection import Projection, row

SQLITE = SQLiteTables()


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


class Kept:
    """Tables in a transaction that is never committed."""

    def __init__(self, tables, connection):
        self.tables, self.connection = tables, connection
        self.table = tables.of

    def create(self, *made):
        open_books(self.tables, self.connection)
        for one in made:
            self.table(one).create(self.connection)

    def drop(self, row):
        self.tables.drop(self.connection, row.table)

    def save(self, row, changed):
        self.table(row).write(self.connection, self.table(row).changes(changed))

    def load(self, row, keys):
        return self.table(row).load(self.connection, keys)

    def rows(self, *asked, **more):
        return list(rows(self.tables, self.connection, *asked, **more))

    def describe(self, *projections):
        describe(self.tables, self.connection, projections)


class Over(Exception):
    """Undoes the transaction."""


@pytest.fixture
def kept(any_url):
    with closing(open_store(any_url)) as store, suppress(Over), store.transaction() as connection:
        made = Kept(store.tables, connection)
        made.create(Everything, Simple)
        yield made
        raise Over


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
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


@pytest.fixture(params=["sqlite", "postgres"])
def lasting(request):
    """Tables for all examples of a test."""
    if request.param == "sqlite":
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            yield Kept(SQLITE, connection)
    else:
        url = request.getfixturevalue("postgres_url")
        with closing(open_store(url)) as store, suppress(Over), store.transaction() as connection:
            yield Kept(store.tables, connection)
            raise Over


@given(st.lists(everything, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], phases=[Phase.generate])
def test_rows_come_back_as_they_were(lasting, made):
    expected = {(one.order, one.line): one for one in made}
    lasting.drop(Everything)
    lasting.create(Everything)
    lasting.save(Everything, expected)
    found = lasting.load(Everything, expected)
    assert found == expected
    assert all(one.maybe is None or isinstance(one.maybe, bool) for one in found.values())
    listed = {(one.order, one.line): one for one in lasting.rows(Everything)}
    assert listed == expected


def test_what_postgresql_cannot_hold_is_shown_as_a_sign_that_it_was_there(postgres_url):
    told = Everything("a\0", "1", text="\0", tags=["\0", "\\u0000"], counts={"\0": 1})
    with closing(open_store(postgres_url)) as store, store.transaction() as connection:
        kept = Kept(store.tables, connection)
        kept.create(Everything)
        kept.save(Everything, {("a\0", "1"): told})
        found = kept.load(Everything, [("a\0", "1")])
        shown = Everything("a\ufffd", "1", text="\ufffd", tags=["\ufffd", "\\u0000"])
        shown.counts = {"\ufffd": 1}
        assert found == {("a\0", "1"): shown}
        kept.save(Everything, {("a\0", "1"): None})
        assert kept.rows(Everything) == []


def test_a_new_row_has_only_its_key():
    assert SQLITE.of(Everything).new(("o", "1")) == Everything("o", "1")
    assert SQLITE.of(Simple).new("a") == Simple("a")


@pytest.mark.parametrize("many", [0, 1, 250, 251, 1000])
def test_any_number_of_rows_is_loaded_and_those_missing_are_left_out(kept, many):
    kept.save(Simple, {str(n): Simple(str(n), n) for n in range(0, many, 2)})
    found = kept.load(Simple, [str(n) for n in range(many)])
    assert found == {str(n): Simple(str(n), n) for n in range(0, many, 2)}


def test_a_row_is_saved_over_the_old_one_and_none_deletes_it(kept):
    kept.save(Simple, {"a": Simple("a", 1), "b": Simple("b", 1)})
    kept.save(Simple, {"a": Simple("a", 2), "b": None, "never there": None})
    assert kept.rows(Simple) == [Simple("a", 2)]


def test_rows_are_asked_for_by_condition_in_order_and_up_to_a_limit(kept):
    kept.save(Simple, {str(n): Simple(str(n), n) for n in range(10)})
    found = kept.rows(Simple, "number >= ?", (3,), order="number DESC", limit=2)
    assert found == [Simple("9", 9), Simple("8", 8)]


@given(times, times)
def test_times_are_in_utc_and_sort_as_text(one, other):
    assert (in_utc(one) < in_utc(other)) == (one < other)
    assert datetime.fromisoformat(in_utc(one)) == one
    assert len(in_utc(one)) == len("2024-05-06T07:08:09.000000Z")


def test_a_time_without_an_offset_is_refused():
    with pytest.raises(ValueError, match="offset"):
        SQLITE.of(Everything).changes({("o", "1"): Everything("o", "1", at=datetime(2024, 1, 1))})


@pytest.mark.parametrize(
    "wrong", [{"number": "many"}, {"number": None}, {"text": None}, {"number": 2**63}]
)
def test_a_value_that_does_not_fit_its_column_is_refused(kept, wrong):
    with pytest.raises(kept.tables.unfit):
        kept.save(Everything, {("o", "1"): Everything("o", "1", **wrong)})


@pytest.mark.parametrize(
    "wrong",
    [{"amount": 1.5}, {"amount": None}, {"counts": {"at": datetime(2024, 1, 1, tzinfo=UTC)}}],
)
def test_a_value_that_would_come_back_as_something_else_is_refused(wrong):
    with pytest.raises(TypeError):
        SQLITE.of(Everything).changes({("o", "1"): Everything("o", "1", **wrong)})


def test_the_data_dictionary_tells_every_column_of_tables_and_views(kept):
    kept.describe(AllOfIt())
    told = {
        (name, column): (type_, meaning)
        for name, column, type_, meaning, _ in kept.connection.execute(
            "SELECT * FROM data_dictionary"
        )
    }
    assert told["everything", ""] == ("table", "What there is.")
    assert told["everything", "text"] == ("text", "what it says")
    assert told["everything", "word"] == ("one of: open, closed", "how it stands")
    time = kept.table(Everything).kinds[datetime].word
    assert told["everything", "at"] == (f"{time}, or nothing", "when it happened")
    assert told["by_word", ""] == ("view", "What there is.")
    assert told["by_word", "word"] == ("one of: open, closed", "how it stands")
    assert told["by_word", "lines"] == ("", "")


class Noting:
    """A connection that notes its statements."""

    def __init__(self, connection):
        self.connection, self.statements = connection, []

    def execute(self, statement, *parameters):
        self.statements.append(statement)
        return self.connection.execute(statement, *parameters)

    def executemany(self, statement, many):
        self.statements.append(statement)
        return self.connection.executemany(statement, many)


def test_a_view_that_changed_is_made_anew_and_what_did_not_change_is_left_alone(kept):
    class Narrower(AllOfIt):
        views: ClassVar = {"by_word": "SELECT word FROM everything"}

    kept.describe(AllOfIt())
    noting = Noting(kept.connection)
    describe(kept.tables, noting, [AllOfIt()])
    assert {statement.split()[0] for statement in noting.statements} == {"SELECT"}
    kept.describe(Narrower())
    columns = kept.connection.execute(
        "SELECT column_name FROM data_dictionary WHERE table_name = 'by_word'"
    )
    assert sorted(columns) == [("",), ("word",)]


@pytest.mark.parametrize("name", ["events", "EVENTS"])
def test_what_is_no_read_model_is_never_replaced(kept, name):
    @row(name, key=("id",))
    class Events:
        id: str

    class Log(AllOfIt):
        views: ClassVar = {name: "SELECT 1 AS one"}

    with pytest.raises(StoreError, match="is no read model"):
        kept.create(Events)
    with pytest.raises(StoreError, match="is no read model"):
        kept.describe(Log())


def test_a_row_class_that_changed_is_noticed(kept):
    @row("simple", key=("id",))
    class Wider:
        id: str
        number: int = 0
        more: str = ""

    assert kept.table(Simple).is_as_defined(kept.connection)
    assert not kept.table(Wider).is_as_defined(kept.connection)


def test_the_key_comes_first():
    @row("late", key=("id",))
    class Late:
        number: int
        id: str

    with pytest.raises(TypeError, match="come first"):
        SQLITE.of(Late)


def test_a_type_without_a_column_is_named():
    @row("odd", key=("id",))
    class Odd:
        id: str
        tags: set[str] = field(default_factory=set)

    with pytest.raises(TypeError, match=r"tags: set\[str\] has no column type"):
        SQLITE.of(Odd)


def test_a_column_cannot_be_called_as_what_the_class_itself_has():
    with pytest.raises(TypeError, match="call the column 'key' otherwise"):

        @row("odd", key=("key",))
        class Odd:
            key: str
