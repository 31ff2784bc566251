"""How long an append takes on a log of many events, beside one of few."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

from benchmarks.contestants.ours import Appends
from benchmarks.filling import fill, many
from benchmarks.rows import Row, Settings
from benchmarks.turns import take_turns

FEW = 10_000
CALLERS = (1, 16)


def growth(settings: Settings) -> Iterator[Row]:
    """Append to both logs of both databases in turns; ten million events with `--long`."""
    events = 10_000_000 if settings.long else 20_000 if settings.quick else 300_000
    logs: dict[str, Appends] = {}
    with ExitStack() as stack:
        for size in (FEW, events):
            place = stack.enter_context(settings.place())
            for database in settings.databases:
                name = f"Ordertrail, {database}" + f", on {size:,} events" * (size > FEW)
                settings.tell(f"growth: filling: {name}")
                fill(place.log_url(database), many(settings.folder, size))
                logs[name] = Appends(database)
                logs[name].open(place)
                stack.callback(logs[name].close)
        for callers in CALLERS:
            case = f"append to {FEW:,} events or more, {callers} caller{'s' * (callers > 1)}"
            ways = {
                name: partial(log.run, range(callers), settings.seconds, 1)
                for name, log in logs.items()
            }
            yield from take_turns(
                settings, ways, settings.turns, part="growth", case=case, unit="events/s"
            )
