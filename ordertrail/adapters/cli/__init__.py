"""The command line, `ordertrail`: a file for each group of commands, pages apart from fetching."""

import os
import sys


def main() -> None:
    """Run the command line."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever called us
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115

    from ordertrail.adapters.cli.failures import exit_code
    from ordertrail.adapters.cli.root import cli

    for stream in (sys.stdout, sys.stderr):
        # Where the terminal has no Unicode, a character is replaced and nothing fails.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        cli()
    except OSError as error:  # such as a full disk behind stdout, where only help is printed
        sys.exit(exit_code(error))
