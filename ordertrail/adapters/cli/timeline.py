"""Events as people read them: a timeline of one order, and a table of a stretch of the log."""

from collections.abc import Iterable
from datetime import datetime

from rich.table import Table
from rich.text import Text

from ordertrail.adapters.cli.sentences import deviations, reminders, said, why
from ordertrail.adapters.cli.words import offset, relative
from ordertrail.domain.event import Event

MARKS = {
    "placed": ("●", "cyan"),
    "shipped": ("▲", "blue"),
    "delivered": ("✔", "green"),
    "delayed": ("!", "red"),
    "pick_shorted": ("!", "yellow"),
    "items_backordered": ("!", "yellow"),
    "cancelled": ("✘", "red"),
    "shipment_lost": ("✘", "red"),
    "returned": ("↩", "magenta"),
}


def timeline(events: Iterable[Event], now: datetime) -> Table:
    """What happened when, who did it and why, in the order in which it happened."""
    table = Table.grid(padding=(0, 1), pad_edge=False)
    table.add_column("when", no_wrap=True, style="dim")
    table.add_column("")
    table.add_column("what", ratio=1)
    table.expand = True
    today = None
    for event in sorted(events, key=lambda event: (event.occurred_at, event.position)):
        if event.occurred_at.date() != today:
            today = event.occurred_at.date()
            heading = Text(f"{today:%a %Y-%m-%d}", style="bold")
            heading.append(f"  {relative(event.occurred_at, now)}", style="dim not bold")
            table.add_row(Text(""), Text(""), heading)
        mark, style = MARKS.get(event.type.partition(".")[2], ("·", "dim"))
        clock = Text(f"{event.occurred_at:%H:%M}{offset(event.occurred_at)}")
        table.add_row(clock, Text(mark, style=style), story(event))
    return table


def story(event: Event) -> Text:
    """What happened, by whom and why; under it how it did not fit, and what was to be heeded."""
    text = Text(said(event))
    if event.actor:
        text.append(f"  {event.actor}", style="cyan")
    if reason := why(event):
        text.append(f"  because {reason}" if event.reason else f"  {reason}", style="italic")
    if getattr(event.body, "reported", False):
        text.append("  reported", style="dim")
    for reminder in reminders(event):
        text.append(f"\n  remember: {reminder}", style="blue")
    for deviation in deviations(event):
        text.append(f"\n  ! {deviation}", style="yellow")
    return text


def event_line(event: Event) -> Table:
    """An event as a line of the log, which may go on in the lines below."""
    line = Table.grid(padding=(0, 1), pad_edge=False, expand=True)
    line.add_column(justify="right", no_wrap=True, width=8)
    line.add_column(no_wrap=True, style="dim", width=20)
    line.add_column(ratio=1)
    what = Text(event.stream, style="bold")
    what.append("  ").append_text(story(event))
    line.add_row(f"{event.position:,}", f"{event.recorded_at:%Y-%m-%d %H:%M:%S}Z", what)
    return line
