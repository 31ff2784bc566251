"""Places of logs: whether there is one, and how it is lost."""

from pathlib import Path

import psycopg


def is_there(url: str, folder: Path) -> bool:
    """Whether there is a log, of however many events."""
    if url.startswith("sqlite"):
        return (folder / "orders.db").exists()
    server, schema = parts(url)
    with psycopg.connect(server) as connection:
        found = connection.execute("SELECT to_regclass(%s)", (f"{schema}.events",)).fetchone()
    return found != (None,)


def lose(url: str, folder: Path) -> None:
    """Let the log be gone."""
    if url.startswith("sqlite"):
        for file in folder.glob("orders.db*"):
            file.unlink()
        return
    server, schema = parts(url)
    with psycopg.connect(server) as connection:
        for name in (schema, f"{schema}_views"):
            connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")


def parts(url: str) -> tuple[str, str]:
    """The URL of the database, and the schema."""
    server, _, schema = url.rpartition("schema=")
    return server.rstrip("?&"), schema
