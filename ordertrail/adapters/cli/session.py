"""Opening the log that a command works on, with the app that it runs."""

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import typer

from ordertrail import CORE, App, Ordertrail
from ordertrail.adapters.cli.output import progress_bar
from ordertrail.adapters.cli.words import nearest
from ordertrail.adapters.urls import file_of
from ordertrail.domain.errors import BadInput

DEFAULT_DB = "sqlite:///orders.db"


@dataclass(frozen=True)
class Settings:
    """What the global options say."""

    db: str = DEFAULT_DB
    app: str | None = None


def settings(context: typer.Context) -> Settings:
    """The global options of the call."""
    found = context.find_object(Settings)
    return found or Settings()


@contextmanager
def opened(
    context: typer.Context, *, create: bool = False, current: bool = True
) -> Iterator[Ordertrail]:
    """The engine on the log that the user named.

    Args:
        create: make the log if there is none.
        current: bring the views up to date first.

    Raises:
        BadInput: there is no such log, or no such app.
        StoreError: it cannot be opened.
    """
    chosen = settings(context)
    if not create:
        must_exist(chosen.db)
    with Ordertrail.open(chosen.db, app=loaded_app(context), follow=False) as trail:
        if current:
            catch_up(trail)
        yield trail


def catch_up(trail: Ordertrail) -> None:
    """Bring the views up to the last event, with a progress bar if they are far behind."""
    with progress_bar("Updating the views") as told:
        trail.catch_up(told)


def loaded_app(context: typer.Context) -> App:
    """The app that --app names; CORE where it names none.

    Raises:
        BadInput: there is no such module, or no app of that name in it.
    """
    named = settings(context).app
    if named is None:
        return CORE
    module_name, separator, name = named.partition(":")
    if not (module_name and separator and name):
        raise BadInput(f"{named!r} names no app. Write --app MODULE:NAME, as in shop.trail:SHOP.")
    sys.path.insert(0, "")  # a module beside the user is found, as with python -m
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and not f"{module_name}.".startswith(f"{error.name}."):
            raise BadInput(
                f"The module {module_name} imports {error.name}, which is not installed."
            ) from error
        raise BadInput(
            f"There is no module {module_name}, neither installed nor in this folder."
        ) from error
    except (Exception, SystemExit) as error:
        raise BadInput(f"The module {module_name} cannot be imported: {error!r}.") from error
    finally:
        sys.path.remove("")
    app = getattr(module, name, None)
    if not isinstance(app, App):
        apps = [name for name, found in vars(module).items() if isinstance(found, App)]
        raise BadInput(
            f"{module_name} has no app {name}."
            + (nearest(name, apps) or (f" It has {', '.join(apps)}." if apps else ""))
        )
    return app


def must_exist(url: str) -> None:
    """Make sure that looking does not make a log.

    Raises:
        BadInput: the URL names a file that is not there.
    """
    path = file_of(url)
    if path is None:
        return  # in memory, or for the engine to judge
    if not os.path.exists(path):
        raise BadInput(
            f"There is no file {path}. Name another one with --db or ORDERTRAIL_DB, or fill one "
            "with `ordertrail import`, `ordertrail do` or `ordertrail demo --keep`."
        )
