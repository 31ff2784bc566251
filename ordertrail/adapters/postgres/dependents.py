"""Views over a table that is replaced: they are put aside, and back."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from ordertrail.adapters.connection import Connection
from ordertrail.domain.errors import StoreError

DEPENDENTS = """
WITH RECURSIVE over (view, depth) AS (
    SELECT to_regclass(?)::oid, 0
    UNION
    SELECT rule.ev_class, over.depth + 1
    FROM over
    JOIN pg_depend needs ON needs.refobjid = over.view
        AND needs.refclassid = 'pg_class'::regclass AND needs.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite rule ON rule.oid = needs.objid AND rule.ev_class <> over.view
)
SELECT view::regclass::text, CASE relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END,
    pg_get_viewdef(view)
FROM over JOIN pg_class ON oid = view WHERE depth > 0
GROUP BY view, relkind ORDER BY max(depth)
"""


@contextmanager
def put_aside(connection: Connection, table: str) -> Iterator[None]:
    """Drop all views over the table; those that the block did not make anew are there again after.

    Raises:
        StoreError: one of them does not fit the table any more; nothing was changed.
    """
    views = connection.execute(DEPENDENTS, (table,)).fetchall()
    for name, kind, _ in reversed(views):
        connection.execute(f"DROP {kind} {name}")
    yield
    for name, kind, query in views:
        if connection.execute("SELECT to_regclass(?)", (name,)).fetchone() != (None,):
            continue
        try:
            connection.execute(f"CREATE {kind} {name} AS {query}")
        except psycopg.ProgrammingError as error:
            said = str(error).partition("\n")[0]
            raise StoreError(
                f"The view {name} does not fit the new table {table} ({said}): drop it, and the "
                "rebuild goes on."
            ) from error
