"""`ordertrail migrate`: a log that an older version wrote is brought up to date."""

from contextlib import closing

import typer

from ordertrail.adapters.cli.options import Json
from ordertrail.adapters.cli.output import page, print_json
from ordertrail.adapters.cli.session import must_exist, settings
from ordertrail.adapters.cli.words import listed
from ordertrail.adapters.urls import migrate as run_steps
from ordertrail.adapters.urls import open_store


def migrate(context: typer.Context, *, json: Json = False) -> None:
    """Bring the schema of the log up to this version of Ordertrail: all missing steps, or none.

    Run it once when a new version says so. It does nothing where nothing is missing, and any
    number may run it at once. In an empty database it makes the schema.
    """
    url = settings(context).db
    must_exist(url)
    steps = run_steps(url)
    with closing(open_store(url, unfinished=True)) as store:
        version = store.schema_version()
    if json:
        print_json({"version": version, "steps": steps})
        return
    done = f"ran step {listed(list(map(str, steps)), len(steps))}" if steps else "nothing to do"
    page().print(f"The schema of the log has version {version}: {done}.")
