"""The command line as a whole: its global options, its commands, and how a command ends."""

import importlib.metadata
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ordertrail.adapters.cli import (
    alerts,
    backups,
    copying,
    do,
    events,
    following,
    importing,
    migrating,
    orders,
    running,
    upkeep,
    verifying,
)
from ordertrail.adapters.cli import customers as customers_
from ordertrail.adapters.cli.demo import demo
from ordertrail.adapters.cli.failures import exit_code
from ordertrail.adapters.cli.session import DEFAULT_DB, Settings

ANYWHERE = ("--db", "--app")
"""The global options, which may also stand behind the name of the command."""

EVERYWHERE = "--db URL and --app MODULE:NAME may stand here, too."


class Commands(TyperGroup):
    """The group of all commands: takes global options anywhere, and lets no traceback out."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Bring the global options to the front, where they are defined."""
        front, rest = [], []
        given = iter(args)
        for argument in given:
            if argument == "--":
                rest += [argument, *given]
            elif argument in ANYWHERE:
                front += [argument, *([value] if (value := next(given, None)) is not None else [])]
            elif argument.startswith(tuple(f"{name}=" for name in ANYWHERE)):
                front.append(argument)
            else:
                rest.append(argument)
        return super().parse_args(ctx, front + rest)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; what ends it early becomes a sentence and an exit code."""
        try:
            done = super().invoke(ctx)
            sys.stdout.flush()
        except (KeyboardInterrupt, OSError) as error:
            raise typer.Exit(_ended(error)) from None
        except Exception as error:
            if type(error).__module__.startswith(("typer", "click")):
                raise  # bad usage, or an exit: typer shows it
            raise typer.Exit(exit_code(error)) from None
        return done


def _ended(error: BaseException) -> int:
    """The exit code; where the reader of stdout is gone, nothing more is written to it."""
    if isinstance(error, BrokenPipeError):
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    return exit_code(error)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ordertrail {importlib.metadata.version('ordertrail')}")
        raise typer.Exit


cli = typer.Typer(
    name="ordertrail",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@cli.callback()
def ordertrail(
    context: typer.Context,
    *,
    db: Annotated[
        str,
        typer.Option(
            "--db",
            metavar="URL",
            envvar="ORDERTRAIL_DB",
            help=(
                "The log to work on: sqlite:///FILE, postgresql://USER@HOST/DATABASE, or memory: "
                "to try things out."
            ),
        ),
    ] = DEFAULT_DB,
    app: Annotated[
        str | None,
        typer.Option(
            "--app",
            metavar="MODULE:NAME",
            help="The app to run, with your own aggregates, projections and rules.",
        ),
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version", metavar="", callback=_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """Follow orders from placed to returned: an event-sourced engine on one file."""
    context.obj = Settings(db, app)


GROUPS: dict[str, tuple[tuple[str, Any], ...]] = {
    "Begin": (("demo", demo), ("import", importing.import_)),
    "Look": (
        ("orders", orders.orders),
        ("order", orders.order),
        ("customers", customers_.customers),
        ("customer", customers_.customer),
        ("events", events.events),
        ("status", upkeep.status),
    ),
    "Work": (
        ("do", do.do),
        ("run", running.run),
        ("watch", upkeep.watch),
        ("follow", following.follow),
        ("rebuild", upkeep.rebuild),
    ),
    "Keep": (
        ("backup", backups.backup),
        ("restore", backups.restore),
        ("verify", verifying.verify),
        ("copy", copying.copy),
        ("migrate", migrating.migrate),
    ),
}
"""The commands, as the help shows them."""

for group, commands in GROUPS.items():
    for name, function in commands:
        cli.command(name, rich_help_panel=group, epilog=EVERYWHERE)(function)
cli.add_typer(alerts.alerts, name="alerts", rich_help_panel="Look", epilog=EVERYWHERE)
