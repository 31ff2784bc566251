"""`ordertrail backup` and `restore`: a log is kept in a second place, and comes back from it."""

from datetime import UTC
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from ordertrail.adapters.backup import Backups
from ordertrail.adapters.checks import Verification
from ordertrail.adapters.cli.failures import REFUSED
from ordertrail.adapters.cli.options import Json
from ordertrail.adapters.cli.output import page, print_json, progress_bar
from ordertrail.adapters.cli.session import loaded_app, must_exist, settings
from ordertrail.adapters.cli.verifying import show, verification_json
from ordertrail.adapters.cli.words import utc_now
from ordertrail.adapters.codec import Codec
from ordertrail.adapters.urls import file_of

Views = Annotated[
    bool,
    typer.Option("--views", metavar="", help="Compare the views with a rebuild, too."),
]


def backup(
    context: typer.Context,
    *,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", metavar="FILE", help="The file to make; named by log and time if not said."
        ),
    ] = None,
    views: Views = False,
    json: Json = False,
) -> None:
    """Save the log and its views to a new file, while others go on writing, and check it.

    The file appears when it is complete and was read back; beside it a note with the digest. For
    PostgreSQL, pg_dump and pg_restore are needed, as new as the server.
    """
    url = settings(context).db
    must_exist(url)
    place = to or _named(url)
    found = _backups(context, views=views).make(url, place)
    _tell(f"Saved to {place}", found, place, as_json=json)


def restore(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What backup made.", show_default=False)
    ],
    *,
    views: Views = False,
    json: Json = False,
) -> None:
    """Bring a log and its views back from a backup, and check it; never over one that exists."""
    url = settings(context).db
    found = _backups(context, views=views).restore(file, url)
    _tell(f"Restored from {file}", found, file, as_json=json)


def _backups(context: typer.Context, *, views: bool) -> Backups:
    app = loaded_app(context)
    return Backups(Codec(app.aggregates), app.followed if views else (), progress_bar)


def _named(url: str) -> Path:
    path = file_of(url)
    ending = "dump" if path is None else "db"
    name = "ordertrail" if path is None else path.stem
    return Path(f"{name}-{utc_now().astimezone(UTC):%Y%m%dT%H%M%SZ}.{ending}")


def _tell(done: str, found: Verification, file: Path, *, as_json: bool) -> None:
    if as_json:
        print_json({"file": str(file), **verification_json(found)})
    else:
        show(found, page())
        page().print(Text(f"{done}, {file.stat().st_size:,} bytes."))
    if not found.passed:
        raise typer.Exit(REFUSED)
