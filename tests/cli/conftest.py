"""A log to look at, and a way to run commands on it and read what they print."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from ordertrail.adapters.cli.root import cli


@dataclass
class Ran:
    """What a command left behind: its exit code, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """The JSON objects, a line each; everything on stdout has to be one."""
        return [orjson.loads(line) for line in self.out.splitlines()]

    @property
    def object(self) -> Any:
        """The only JSON object."""
        (only,) = self.lines
        return only


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch, tmp_path) -> Run:
    """Run a command in an empty folder; a refusal is no failure of the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ORDERTRAIL_DB", raising=False)
    monkeypatch.setenv("COLUMNS", "80")

    def ran(*arguments: str, stdin: str | bytes | None = None) -> Ran:
        result = CliRunner().invoke(cli, list(arguments), input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return ran


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory) -> Path:
    path: Path = tmp_path_factory.mktemp("demo") / "orders.db"
    result = CliRunner().invoke(cli, ["demo", "--keep", str(path), "--json"])
    assert result.exit_code == 0, result.output
    return path


@pytest.fixture
def story(run: Run, demo_file: Path, tmp_path: Path) -> Run:
    """Run a command on a log of its own that holds the story of the demo."""
    shutil.copy(demo_file, tmp_path / "orders.db")
    return run
