"""The log and its views on a page: how long it is, and how far each view has followed."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Group
from rich.table import Table
from rich.text import Text

from ordertrail import Ordertrail
from ordertrail.adapters.cli.output import page
from ordertrail.adapters.cli.words import bar, relative, utc_now
from ordertrail.adapters.standing import Status
from ordertrail.adapters.urls import shown


def show(trail: Ordertrail, url: str, standing: Sequence[Status]) -> None:
    """Print the page."""
    console = page()
    last = _last_recorded(trail)
    facts = Table.grid(padding=(0, 2), pad_edge=False)
    facts.add_row(Text("log", style="dim"), Text(shown(url), overflow="fold"))
    facts.add_row(Text("log id", style="dim"), Text(trail.log_id))
    news = f", last recorded {relative(last, utc_now())}" if last else ""
    facts.add_row(Text("events", style="dim"), f"{trail.position:,}{news}")
    console.print(Group(facts, ""))
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("projection", no_wrap=True)
    table.add_column("position", justify="right")
    table.add_column("followed")
    table.add_column("lag", justify="right")
    table.add_column("parked", justify="right")
    table.add_column("events/s", justify="right")
    table.add_column("by")
    for one in standing:
        share = one.position / trail.position if trail.position else 1.0
        followed = Text(bar(share), style="yellow" if one.lag else "green")
        parked = Text(f"{one.parked:,}", style="bold red" if one.parked else "dim")
        rate = "" if one.rate is None else f"{one.rate:,.0f}"
        row = (one.projection, f"{one.position:,}", followed, f"{one.lag:,}", parked, rate)
        table.add_row(*row, ", ".join(one.owners))
    console.print(table)
    for one in standing:
        if one.building is not None:
            done = one.building / trail.position if trail.position else 1.0
            coming = f"{one.projection} is built anew beside this table: {bar(done)} {done:.0%}"
            console.print(Group("", Text(coming)))
    for left_out in trail.parked():
        text = Text.assemble(
            ("! ", "red"), f"{left_out.projection} leaves out {left_out.stream} since "
        )
        text.append(f"position {left_out.position:,}: {left_out.error}")
        console.print(Group("", text))


def _last_recorded(trail: Ordertrail) -> datetime | None:
    for event in trail.events(after=max(0, trail.position - 1)):
        return event.recorded_at
    return None
