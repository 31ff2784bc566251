"""The demo: imports a real sample, lives through the story, and shows the three views."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, Group
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from ordertrail import Ordertrail, Refused
from ordertrail.adapters.cli.alerts import show_alerts
from ordertrail.adapters.cli.customer_page import show as show_customer
from ordertrail.adapters.cli.customers import customer_page, show_customers
from ordertrail.adapters.cli.demo.story import BEGINNING, CUSTOMER, ORDER, SALES, Chapter, chapters
from ordertrail.adapters.cli.importing import show_summary
from ordertrail.adapters.cli.options import Json
from ordertrail.adapters.cli.order_list import show_orders
from ordertrail.adapters.cli.order_page import show as show_order
from ordertrail.adapters.cli.orders import order_page
from ordertrail.adapters.cli.output import page, print_json
from ordertrail.adapters.cli.timeline import story as told
from ordertrail.domain.errors import BadInput

SAMPLE = Path(__file__).with_name("online-retail-sample.csv")
CREDIT = "Cut from Online Retail, D. Chen, 2015, UCI, doi.org/10.24432/C5BW33, CC BY 4.0."
ACKNOWLEDGED = f"promise_lapsed/{ORDER}"


class Clock:
    """The clock of the story, which moves when the story does."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The time in the story."""
        return self.now


def demo(
    context: typer.Context,
    *,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="FILE", help="Keep the orders in this new file, to look."),
    ] = None,
    json: Json = False,
) -> None:
    """Watch real orders being imported, and one order being placed, delayed, delivered, returned.

    Without --keep everything happens in a temporary folder, which is gone at the end.
    """
    clock = Clock(BEGINNING)
    console = page()
    console.quiet = json
    with _place(keep) as path, Ordertrail.open(f"sqlite:///{path}", clock=clock) as trail:
        console.print(_said(f"Everything is kept in one SQLite file: {path}"))
        _import(trail, console)
        _tell(trail, clock, console)
        _look(trail, clock, console)
        if json:
            print_json(
                {
                    "file": str(path),
                    "kept": keep is not None,
                    "events": trail.position,
                    "orders": len(trail.orders()),
                    "customers": len(trail.customers()),
                    "alerts": len(trail.alerts()),
                    "order_id": ORDER,
                    "customer_id": CUSTOMER,
                }
            )
    _invite(keep, console)


@contextmanager
def _place(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        if keep.exists():
            raise BadInput(f"{keep} is there already: name a new file, the demo fills it itself.")
        yield keep
        return
    folder = tempfile.mkdtemp(prefix="ordertrail-demo-")
    try:
        yield Path(folder) / "orders.db"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _import(trail: Ordertrail, console: Console) -> None:
    from ordertrail.adapters.importing import import_file

    _heading(console, "A year of six real customers, imported")
    console.print(_said(CREDIT))
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        rejects = Path(folder) / "rejects.csv"
        summary = import_file(trail, SAMPLE, "online-retail", rejects)
    trail.catch_up()
    shown = replace(summary, rejects_file=None)  # nobody shall look for it
    show_summary(SAMPLE.name, shown, time.monotonic() - started, console)


def _tell(trail: Ordertrail, clock: Clock, console: Console) -> None:
    _heading(console, f"The life of order {ORDER}")
    for chapter in chapters():
        clock.now = chapter.at
        lines = [*_lived(trail, chapter)]
        table = Table.grid(padding=(0, 1), pad_edge=False)
        table.add_column(no_wrap=True, style="cyan")
        table.add_column()
        table.add_row(f"{chapter.at:%a %H:%M}", _said(chapter.text))
        for line in lines:
            table.add_row("", line)
        console.print(Group("", table))


def _lived(trail: Ordertrail, chapter: Chapter) -> Iterator[Text]:
    if not chapter.commands:
        for receipt in trail.watch():
            for event in receipt.events:
                if event.subject in (ORDER, CUSTOMER):
                    yield told(event)
        trail.acknowledge(ACKNOWLEDGED, actor=SALES)
        yield Text(f"alert {ACKNOWLEDGED} opened; {SALES} acknowledges it", style="magenta")
    for command in chapter.commands:
        try:
            receipt = trail.execute(command)
        except Refused as refusal:
            yield Text.assemble(("refused: ", "bold red"), str(refusal))
        else:
            for event in receipt.events:
                yield told(event)


def _look(trail: Ordertrail, clock: Clock, console: Console) -> None:
    trail.catch_up()
    _heading(console, "View 1: order tracking")
    show_orders(trail.orders(limit=8), console, clock.now)
    console.print()
    show_order(order_page(trail, ORDER, now=clock.now), console)
    _heading(console, "View 2: customer history")
    show_customers(trail.customers(), console, clock.now)
    console.print()
    show_customer(customer_page(trail, CUSTOMER, clock.now), console)
    _heading(console, "View 3: alerts")
    show_alerts(trail.alerts(customer=CUSTOMER), console, clock.now)


def _invite(keep: Path | None, console: Console) -> None:
    log = f"--db sqlite:///{keep or 'demo.db'}"
    commands = [] if keep else ["demo --keep demo.db"]
    commands += [f"{log} order {ORDER}", f"{log} customer 12457", f"{log} alerts", f"{log} events"]
    console.print(Group("", _said("To look further:")))
    for command in commands:
        console.print(Text(f"  ordertrail {command}", style="cyan"))


def _heading(console: Console, title: str) -> None:
    console.print(Group("", Rule(Text(title, style="bold"), align="left", style="dim")))


def _said(sentence: str) -> Text:
    return Text(sentence, style="italic")
