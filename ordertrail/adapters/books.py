"""The books about the read models in a database: how far each came, and what its columns mean."""

import sqlite3
from collections.abc import Iterable
from typing import Any

from ordertrail.adapters.tables import claim, drop, sql_of, table
from ordertrail.projections.projection import Projection

BOOKS = {
    "checkpoints": """CREATE TABLE checkpoints (
        projection TEXT NOT NULL PRIMARY KEY,
        version INTEGER NOT NULL,
        made_of TEXT NOT NULL,
        position INTEGER NOT NULL,
        updated_at TEXT NOT NULL
    ) STRICT""",
    "parked": """CREATE TABLE parked (
        projection TEXT NOT NULL,
        stream TEXT NOT NULL,
        position INTEGER NOT NULL,
        error TEXT NOT NULL,
        parked_at TEXT NOT NULL,
        PRIMARY KEY (projection, stream)
    ) STRICT""",
    "data_dictionary": """CREATE TABLE data_dictionary (
        table_name TEXT NOT NULL,
        column_name TEXT NOT NULL,
        type TEXT NOT NULL,
        meaning TEXT NOT NULL,
        PRIMARY KEY (table_name, column_name)
    ) STRICT""",
}


def open_books(connection: sqlite3.Connection) -> None:
    """Make the tables about the read models where they are missing."""
    for name, definition in BOOKS.items():
        if sql_of(connection, name) is None:
            connection.execute(definition)


def describe(connection: sqlite3.Connection, projections: Iterable[Projection[Any]]) -> None:
    """Make the views and the data dictionary what the projections say, once their tables exist.

    In the dictionary the line of a table or view as a whole has an empty column name. Lines of
    other projections, which another app keeps in the same file, stay.

    Raises:
        StoreError: something else in the file bears the name of a view.
    """
    lines: list[tuple[str, str, str, str]] = []
    for projection in projections:
        model = table(projection.row)
        lines.append((model.name, "", "table", projection.meaning))
        lines.extend(
            (model.name, column.name, column.type, column.meaning) for column in model.columns
        )
        known = {column.name: (column.type, column.meaning) for column in model.columns}
        for view, query in projection.views.items():
            definition = f"CREATE VIEW {view} AS {query}"
            if sql_of(connection, view) != definition:
                claim(connection, view)
                drop(connection, view)
                connection.execute(definition)
            lines.append((view, "", "view", projection.meaning))
            columns = connection.execute(f"SELECT * FROM {view} LIMIT 0").description
            lines.extend((view, name, *known.get(name, ("", ""))) for name, *_ in columns)
    names = {name for name, *_ in lines}
    stored = connection.execute("SELECT * FROM data_dictionary").fetchall()
    if {line for line in stored if line[0] in names} != set(lines):
        connection.executemany(
            "DELETE FROM data_dictionary WHERE table_name = ?", [(name,) for name in names]
        )
        connection.executemany("INSERT INTO data_dictionary VALUES (?, ?, ?, ?)", lines)
