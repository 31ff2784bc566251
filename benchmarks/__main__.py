"""`python -m benchmarks`: measures everything in one run and prints one table."""

import argparse
import signal
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console

from benchmarks.measuring import PARTS, measured
from benchmarks.plot import draw
from benchmarks.postgres import server
from benchmarks.rows import Run, Settings
from benchmarks.table import as_json, as_markdown, machine, show


def main(arguments: list[str] | None = None) -> None:
    """Measure the parts that were asked for, all by default."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of: {', '.join(PARTS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write it for a script too")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write it for the docs too")
    parser.add_argument("--quick", action="store_true", help="a trial of seconds; means little")
    parser.add_argument("--long", action="store_true", help="with ten million events: an hour")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw it too, such as to x.svg")
    parser.add_argument(
        "--dir", type=Path, default=Path("build"), help="where files go: on a real disk (build)"
    )
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if chosen.plot and not find_spec("matplotlib"):
        parser.error("--plot needs matplotlib: pip install 'ordertrail[bench]'")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that all is cleared away
    chosen.dir.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=chosen.dir, prefix="bench-") as folder,
        server(Path(folder)) as url,
        Console(stderr=True).status("") as status,
    ):
        settings = Settings(Path(folder), url, chosen.quick, chosen.long, status.update)
        run = Run(machine(url), chosen.quick, [])
        try:
            for row in measured(settings, chosen.parts or list(PARTS)):
                run.rows.append(row)
        finally:  # a run that breaks off says what it has
            show(run)
            if chosen.json:
                chosen.json.write_text(as_json(run))
            if chosen.markdown:
                chosen.markdown.write_text(as_markdown(run))
    if chosen.plot:
        draw(run, chosen.plot)


if __name__ == "__main__":
    main(sys.argv[1:])
