"""How much memory a rebuild of all views takes, by the number of events."""

import json
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.filling import fill, many
from benchmarks.rows import Row, Settings

# Between this process and the one that is measured stands a small one: a process is charged with
# the memory of the one that started it.
WATCHED = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run(sys.argv[1:], check=True)
cost = {"seconds": time.perf_counter() - start}
cost["kilobytes"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps(cost))
"""


def memory(settings: Settings) -> Iterator[Row]:
    """Rebuild from the command line, on few and on many events; ten million with `--long`."""
    sizes = (10_000, 100_000, *[10_000_000] * settings.long)
    for events in sizes[:1] if settings.quick else sizes:
        for database in settings.databases:
            case, who = f"rebuild of {events:,} events, a process", f"Ordertrail, {database}"
            settings.tell(f"memory: {case}: {who}")
            with settings.place() as place:
                url = place.log_url(database)
                fill(url, many(settings.folder, events))
                seconds, megabytes, _ = watched("rebuild", "--db", url)
            note = f"{megabytes:.0f} MB at most, {seconds:.1f} s in all"
            yield Row("memory", case, who, events / seconds, "events/s", note=note)


def watched(*arguments: str) -> tuple[float, float, list[str]]:
    """Seconds, the most memory in use (MB), and the lines said by a run of the command line."""
    command = [sys.executable, "-m", "ordertrail", *arguments]
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *command], stdout=subprocess.PIPE, text=True, check=True
    )
    *lines, last = done.stdout.splitlines()
    cost = json.loads(last)
    return cost["seconds"], cost["kilobytes"] / 1024, lines
