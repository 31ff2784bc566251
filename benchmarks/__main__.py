"""`python -m benchmarks`: measures everything in one run and prints one table."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from rich.console import Console

from benchmarks.commands import commands
from benchmarks.follow import follow
from benchmarks.imports import imports
from benchmarks.rebuild import rebuild
from benchmarks.rows import Row, Settings
from benchmarks.table import show, show_json, show_markdown

PARTS: dict[str, Callable[[Settings, Callable[[str], None]], Iterable[Row]]] = {
    "commands": commands,
    "rebuild": rebuild,
    "import": imports,
    "follow": follow,
}


def main(arguments: list[str] | None = None) -> None:
    """Measure the parts that were asked for, all by default."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of: {', '.join(PARTS)}")
    parser.add_argument("--json", action="store_true", help="print a JSON object, no table")
    parser.add_argument("--markdown", action="store_true", help="print Markdown, for the docs")
    parser.add_argument("--quick", action="store_true", help="a trial of seconds; means little")
    parser.add_argument(
        "--dir", type=Path, default=Path("build"), help="where files go: on a real disk (build)"
    )
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    chosen.dir.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True)
    rows: list[Row] = []
    with (
        tempfile.TemporaryDirectory(dir=chosen.dir, prefix="bench-") as folder,
        console.status("") as status,
    ):
        settings = Settings(Path(folder), chosen.quick)
        for part in chosen.parts or PARTS:
            rows.extend(PARTS[part](settings, status.update))
    printed = show_json if chosen.json else show_markdown if chosen.markdown else show
    printed(rows, chosen.quick)


if __name__ == "__main__":
    main(sys.argv[1:])
