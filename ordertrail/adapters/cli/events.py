"""`ordertrail events`: the log, event by event."""

import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from ordertrail import Event, NotFound, Ordertrail
from ordertrail.adapters.cli.options import Json, Limit, Shown
from ordertrail.adapters.cli.options import since as since_when
from ordertrail.adapters.cli.options import until as until_when
from ordertrail.adapters.cli.output import page, print_json
from ordertrail.adapters.cli.session import opened
from ordertrail.adapters.cli.timeline import event_line
from ordertrail.adapters.cli.words import nearest
from ordertrail.domain.errors import BadInput

ENVELOPE = (
    "position",
    "id",
    "type",
    "stream",
    "version",
    "occurred_at",
    "recorded_at",
    "actor",
    "on_behalf_of",
    "channel",
    "source",
    "source_id",
    "reason",
    "correlation_id",
    "causation_id",
    "command_id",
)


def events(
    context: typer.Context,
    *,
    stream: Annotated[
        str | None,
        typer.Option("--stream", metavar="STREAM", help="Only one stream, such as order-SO-1."),
    ] = None,
    type: Annotated[
        list[str] | None,
        typer.Option("--type", metavar="TYPE", help="Only this type; may be given again."),
    ] = None,
    after: Annotated[
        int, typer.Option("--after", min=0, metavar="POSITION", help="Only above this position.")
    ] = 0,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="WHEN", help="Only up to this position or time."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="WHEN", help="Only recorded since this time, or 7d ago."),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", metavar="", help="Then wait for more, until Ctrl-C.")
    ] = False,
    limit: Limit = None,
    personal: Shown = False,
    json: Json = False,
) -> None:
    """Print the events of the log, in their order."""
    if follow and until is not None:
        raise typer.BadParameter("--follow has no end, so --until cannot be given with it")
    with opened(context, current=False) as trail:
        types = _known_types(trail, type or [])
        found = trail.events(
            stream=stream,
            types=types,
            after=after,
            until=until_when(until),
            since=since_when(since),
        )
        printed = _print_events(found, limit, as_json=json, personal=personal)
        if follow:
            more = trail.subscribe(after=max(after, trail.position), types=types)
            here = (event for event in more if stream is None or event.stream == stream)
            left = None if limit is None else limit - printed
            _print_events(here, left, as_json=json, personal=personal)
        elif not printed and stream is not None and not any(trail.events(stream=stream)):
            raise NotFound("not_found", kind="stream", id=stream)


def _known_types(trail: Ordertrail, types: list[str]) -> list[str]:
    known = [event.type for aggregate in trail.app.aggregates for event in aggregate.events]
    for name in types:
        if name not in known:
            raise BadInput(
                f"There is no type of event {name}.{nearest(name, known)} "
                f"Types are called like {known[0]}; docs/events.md lists them."
            )
    return types


def event_json(event: Event) -> dict[str, Any]:
    """An event as one JSON object: its envelope and its body."""
    return {name: getattr(event, name) for name in ENVELOPE} | {"body": event.body}


def _print_events(
    found: Iterator[Event], limit: int | None, *, as_json: bool, personal: bool
) -> int:
    console = page()
    printed = 0
    while limit is None or printed < limit:
        event = next(found, None)
        if event is None:
            break
        if as_json:
            print_json(event_json(event), personal=personal)
        else:
            console.print(event_line(event))
        printed += 1
        sys.stdout.flush()
    return printed
