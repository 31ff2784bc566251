"""The books about the read models in a database: how far each came, and what its columns mean."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

from ordertrail.adapters.connection import Connection
from ordertrail.adapters.tables import Table, Tables, rows
from ordertrail.projections.projection import Projection, Spelled, row


@row("checkpoints", key=("projection", "place", "partition"))
class Checkpoint:
    """How far a partition of a projection came, and who is at work on it."""

    projection: Annotated[str, "the projection"]
    place: Annotated[str, "live: the table that is asked; next: one that is built beside it"]
    partition: Annotated[int, "which part of the keys"]
    version: Annotated[int, "the version of the projection that builds the table"] = 0
    made_of: Annotated[str, "what its fold is made of, such as alert rules"] = ""
    form: Annotated[str, "stands for the columns of the table"] = ""
    position: Annotated[int, "the last event of the log that the table shows"] = 0
    updated_at: Annotated[datetime | None, "when it was saved last"] = None
    rate: Annotated[float | None, "how many events a second the last batch took in"] = None
    epoch: Annotated[int, "grows with each owner: who has an older one cannot save"] = 0
    owner: Annotated[str | None, "who is at work on it"] = None
    lease_until: Annotated[datetime | None, "until when nobody else may be"] = None


@row("parked", key=("projection", "place", "partition", "stream"))
class ParkedStream:
    """A stream that a partition of a projection leaves out, and why."""

    projection: Annotated[str, "the projection"]
    place: Annotated[str, "live: the table that is asked; next: one that is built beside it"]
    partition: Annotated[int, "which part of the keys"]
    stream: Annotated[str, "the stream that it leaves out"]
    position: Annotated[int, "the event that it failed on, and from which on it leaves it out"] = 0
    error: Annotated[str, "what was wrong"] = ""
    parked_at: Annotated[datetime | None, "when it failed"] = None


@row("workers", key=("worker",))
class Worker:
    """A process that shares the projections with others of its kind."""

    worker: Annotated[str, "the process: machine, number and a word of its own"]
    able: Annotated[list[str], "the projections, in the versions, that it knows"]
    seen_until: Annotated[datetime | None, "when it is gone unless it is seen again"] = None


@row("data_dictionary", key=("table_name", "column_name"))
class Meaning:
    """A line of the data dictionary."""

    table_name: Annotated[str, "the table or view"]
    column_name: Annotated[str, "the column; empty: the line is about the table as a whole"]
    type: Annotated[str, "what the column holds"] = ""
    meaning: Annotated[str, "what it means"] = ""
    definition: Annotated[str, "the query of a view"] = ""


BOOKS: dict[type[Any], str] = {
    Meaning: "What every table, view and column of the read models means.",
    Checkpoint: "How far each projection has followed the log, and who follows it.",
    ParkedStream: "Streams that a projection leaves out, because it failed on an event of theirs.",
    Worker: "The processes that follow the log for all others.",
}


def open_books(tables: Tables, connection: Connection) -> None:
    """Make the tables about the read models where they are missing, or were of an older form.

    Without checkpoints, the read models are built anew.
    """
    tables.lock(connection)
    dictionary = tables.of(Meaning)
    if not dictionary.is_as_defined(connection):
        ours: list[Any] = []
        if tables.kind_of(connection, dictionary.name) is not None:
            query = "SELECT DISTINCT table_name FROM data_dictionary"
            ours = connection.execute(query).fetchall()
            tables.drop(connection, dictionary.name)
        connection.execute(dictionary.definition)
        known = {(name, ""): Meaning(name, "") for (name,) in ours}
        dictionary.write(connection, dictionary.changes(known))
    book: Table[Any]
    for book in map(tables.of, (Checkpoint, ParkedStream, Worker)):
        if not book.is_as_defined(connection):
            tables.drop(connection, book.name)
            connection.execute(book.definition)


def describe(
    tables: Tables,
    connection: Connection,
    projections: Iterable[Projection[Any]],
    made: Collection[str] = (),
) -> None:
    """Make the views and the data dictionary what the projections say, once their tables exist.

    `made` are the tables that were made anew. In the dictionary the line of a table or view as a
    whole has an empty column name. Lines of other projections, which another app keeps in the same
    database, stay.

    Raises:
        StoreError: something else in the database bears the name of a view.
    """
    dictionary = tables.of(Meaning)
    stored = {
        (line.table_name, line.column_name): line for line in rows(tables, connection, Meaning)
    }
    told: list[tuple[Table[Any], str, Mapping[str, str | Spelled], Mapping[str, str]]] = [
        *((tables.of(book), meaning, {}, {}) for book, meaning in BOOKS.items()),
        *((tables.of(one.row), one.meaning, one.views, one.view_columns) for one in projections),
    ]
    lines: list[Meaning] = []
    anew = set(made)
    elsewhere = {
        column.name: (column.type, column.meaning) for model, *_ in told for column in model.columns
    }
    for model, meaning, views, more in told:
        lines.append(Meaning(model.name, "", "table", meaning))
        lines.extend(
            Meaning(model.name, column.name, column.type, column.meaning)
            for column in model.columns
        )
        known = (
            elsewhere
            | {column.name: (column.type, column.meaning) for column in model.columns}
            | {name: (elsewhere.get(name, ("",))[0], said) for name, said in more.items()}
        )
        for view, query in views.items():
            sql = tables.spelled(query)
            before = stored.get((view, ""))
            if before is None or before.definition != sql or not tables.kind_of(connection, view):
                tables.claim(connection, view)
                tables.drop(connection, view)
                connection.execute(f"CREATE VIEW {view} AS {sql}")
                anew.add(view)
            lines.append(Meaning(view, "", "view", meaning, sql))
            columns = connection.execute(f"SELECT * FROM {view} LIMIT 0").description
            lines.extend(Meaning(view, name, *known.get(name, ("", ""))) for name, *_ in columns)
    names = {line.table_name for line in lines}
    keep = {(line.table_name, line.column_name): line for line in lines}
    gone = [key for key in stored if key[0] in names and key not in keep]
    new = {key: line for key, line in keep.items() if stored.get(key) != line}
    if gone or new:
        dictionary.write(connection, dictionary.changes({**new, **dict.fromkeys(gone)}))
    if gone or new or anew:
        told_anew = [line for key, line in keep.items() if key in new or key[0] in anew]
        tables.comment(connection, told_anew)
