"""`ordertrail do`: any command by hand, from a JSON file."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.table import Table
from rich.text import Text

from ordertrail import App, Command, Receipt
from ordertrail.adapters.cli.output import as_text, note, page, plain, print_json
from ordertrail.adapters.cli.session import loaded_app, opened
from ordertrail.adapters.cli.words import asked, nearest
from ordertrail.domain.errors import BadInput


def do(
    context: typer.Context,
    *,
    command: Annotated[
        str | None,
        typer.Argument(
            metavar="COMMAND",
            help="The command, such as place-order; without it they are all listed.",
        ),
    ] = None,
    json: Annotated[
        str | None,
        typer.Option("--json", metavar="FILE|-", help="The fields of the command; - is stdin."),
    ] = None,
    example: Annotated[
        bool,
        typer.Option(
            "--example", metavar="", help="Print a JSON example of the command, and stop."
        ),
    ] = False,
    schema: Annotated[
        bool,
        typer.Option(
            "--schema", metavar="", help="Print the JSON Schema of the command, and stop."
        ),
    ] = False,
    preview: Annotated[
        bool,
        typer.Option("--preview", metavar="", help="Print what it would lead to; store nothing."),
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", metavar="", help="Print nothing if it is done.")
    ] = (False),
) -> None:
    """Give one command by hand, and print its receipt as JSON.

    A command that is done already, under the same command_id, is not done again. What whoever
    does the step has to heed is said on stderr.
    """
    app = loaded_app(context)
    if command is None:
        if json is not None or example or schema:
            raise typer.BadParameter("name the command, as in: ordertrail do place-order --example")
        _list(app)
        return
    kind = _named(app, command)
    if example:
        _print(_example(kind), indent=True)
        return
    if schema:
        _print(kind.model_json_schema(), indent=True)
        return
    if json is None:
        raise typer.BadParameter(
            f"give the fields of {command} with --json FILE, or --json - for stdin; "
            "--example shows them"
        )
    wish = parsed(kind, _read(json))
    with opened(context, create=not preview, current=False) as trail:
        if preview:
            events = trail.preview(wish).events
            _print({"events": [{"type": body.type, "body": body} for body in events]})
            return
        receipt = trail.execute(wish)
    if not quiet:
        _print(receipt_json(receipt))
        note(*(Text(f"Remember: {asked(one.requirement)}") for one in receipt.reminders))


def receipt_json(receipt: Receipt) -> dict[str, Any]:
    """A receipt as one JSON object."""
    return {
        "command_id": receipt.command_id,
        "position": receipt.position,
        "version": receipt.version,
        "repeated": receipt.repeated,
        "events": [
            {
                "type": event.type,
                "stream": event.stream,
                "version": event.version,
                "position": event.position,
                "body": event.body,
            }
            for event in receipt.events
        ],
        "reminders": receipt.reminders,
    }


def parsed(kind: type[Command], text: bytes) -> Command:
    """The command that the JSON text is.

    Raises:
        BadInput: it is none; a sentence for each field says why, and shows no value.
    """
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise BadInput(complaints(kind, error)) from None


def complaints(kind: type[Command], error: ValidationError) -> str:
    """What is wrong with the fields of a command, a sentence for each; no value is shown."""
    return "\n".join(_complaints(kind, error))


def _complaints(kind: type[Command], error: ValidationError) -> Iterator[str]:
    name = kind.type_name()
    for one in error.errors(include_url=False, include_input=False, include_context=False):
        field = ".".join(str(part) for part in one["loc"])
        message = one["msg"].removeprefix("Value error, ")
        if one["type"] == "json_invalid":
            yield f"The input is no JSON: {message.removeprefix('Invalid JSON: ')}."
        elif one["type"] == "missing":
            yield f"{name} needs the field {field}."
        elif one["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
            known = nearest(str(one["loc"][-1]), kind.model_fields) if len(one["loc"]) == 1 else ""
            yield f"{name} has no field {field}.{known}"
        else:
            yield f"{field or name}: {message[0].lower()}{message[1:]}."


def _named(app: App, name: str) -> type[Command]:
    kinds = {kind.type_name(): kind for kind in app.commands}
    if name not in kinds:
        raise BadInput(
            f"There is no command {name}.{nearest(name, kinds)} `ordertrail do` lists them all."
        )
    return kinds[name]


def _read(source: str) -> bytes:
    try:
        if source != "-":
            return Path(source).read_bytes()
        if sys.stdin is None:
            raise BadInput("stdin is closed: give a file instead of -.")
        return sys.stdin.buffer.read()
    except OSError as error:
        raise BadInput(f"{source} cannot be read: {error.strerror or error}.") from None


def _example(kind: type[Command]) -> Any:
    extra = kind.model_config.get("json_schema_extra")
    examples = extra.get("examples") if isinstance(extra, dict) else None
    if not isinstance(examples, list) or not examples:
        raise BadInput(f"{kind.type_name()} has no example; --schema says what it takes.")
    return examples[0]


def _print(document: Any, *, indent: bool = False) -> None:
    """One line for a program; for a person at a terminal, indented and in colour."""
    if sys.stdout.isatty():
        page().print_json(as_text(plain(document)))
    elif indent:
        sys.stdout.write(as_text(plain(document), indent=True) + "\n")
    else:
        print_json(document)


def _list(app: App) -> None:
    console = page()
    width = max((len(kind.type_name()) for kind in app.commands), default=0)
    for aggregate in app.aggregates:
        table = Table.grid(padding=(0, 2), pad_edge=False)
        table.add_column(style="cyan", no_wrap=True, min_width=width)
        table.add_column()
        for kind in aggregate.commands:
            lines = (kind.__doc__ or "").strip().splitlines()
            table.add_row(kind.type_name(), Text(lines[0] if lines else ""))
        console.print(Text(aggregate.name.capitalize(), style="bold"), table, "")
    console.print(Text("ordertrail do COMMAND --example shows the fields of one.", style="dim"))
