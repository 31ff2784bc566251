"""Every example in README.md and docs/ is run, and does what the page says it does."""

import os
import re
import subprocess
import sys
import textwrap
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import psycopg
import pytest

from tests import postgres

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]

FENCE = re.compile(r"(?P<indent>\s*)(?P<ticks>`{3,})(?P<language>\w*)")
NOT_RUN = re.compile(r"<!-- not run: .+ -->")
SERVER = "SERVER"
EXITS = re.compile(r"<!-- exits (\d+) -->")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the comment on the line above, its first line and its text."""

    language: str
    comment: str
    line: int
    text: str


@dataclass
class Command:
    """A line of a console block that is run, and the output shown below it."""

    line: int
    text: str
    shown: list[str]


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    lines = iter(enumerate(page.splitlines(), start=1))
    above = ""
    for number, line in lines:
        if fence := FENCE.match(line):
            body = []
            for _, inner in lines:
                if inner.strip().startswith(fence["ticks"]):
                    break
                body.append(inner.removeprefix(fence["indent"]))
            yield Block(fence["language"], above, number + 1, "\n".join(body))
            above = ""
        elif line.strip():
            above = line.strip()


def commands(block: Block) -> list[Command]:
    """The commands of a console block; a backslash at the end continues one on the next line."""
    found: list[Command] = []
    continued = False
    for number, line in enumerate(block.text.splitlines(), start=block.line):
        if continued:
            found[-1].text += "\n" + line
            continued = line.endswith("\\")
        elif line.startswith("$ "):
            found.append(Command(number, line.removeprefix("$ "), []))
            continued = line.endswith("\\")
        elif found:
            found[-1].shown.append(line.rstrip())
    return found


def run_page(path: Path) -> None:
    """Run the blocks of one page in order, in the current folder and one namespace.

    A page about a server finds its URL in the variable SERVER.
    """
    module = ModuleType("page")
    sys.modules[module.__name__] = module  # where pydantic and dataclasses look names up
    try:
        for block in blocks(path.read_text(encoding="utf-8")):
            if NOT_RUN.fullmatch(block.comment):
                continue
            if block.language == "python":
                run_python(path, block, module)
            elif block.language == "console":
                run_console(path, block)
            elif block.language == "sql" and SERVER in os.environ:
                run_sql(path, block)
    finally:
        del sys.modules[module.__name__]


def run_python(path: Path, block: Block, module: ModuleType) -> None:
    """Execute a block so that its line numbers are those of the page."""
    source = "\n" * (block.line - 1) + block.text
    line = block.line
    try:
        exec(compile(source, str(path), "exec", dont_inherit=True), module.__dict__)
    except Exception as error:
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename == str(path) and frame.lineno:
                line = frame.lineno
        if isinstance(error, SyntaxError) and error.filename == str(path):
            line = error.lineno or line
        raise AssertionError(f"{path.name}:{line}: {type(error).__name__}: {error}") from error


def run_sql(path: Path, block: Block) -> None:
    """Ask the server of the page; it has to understand every question."""
    server, _, log = os.environ[SERVER].rpartition("schema=")
    with psycopg.connect(server.rstrip("?&")) as connection:
        for question in block.text.replace("ordertrail", log).split(";"):
            try:
                connection.execute(question.encode())
            except psycopg.Error as error:
                raise AssertionError(f"{path.name}:{block.line}: {question}\n{error}") from error


def run_console(path: Path, block: Block) -> None:
    """Run a block's commands and compare output; a comment gives the exit code of the last."""
    to_run = commands(block)
    expected_exit = EXITS.fullmatch(block.comment)
    for command in to_run:
        place = f"{path.name}:{command.line}: $ {command.text}"
        if command.text.split()[0] != "ordertrail":
            pytest.fail(f"{place}\nonly ordertrail is run: put <!-- not run: reason --> above")
        done = subprocess.run(
            command.text,
            shell=True,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=120,
            env=os.environ
            | {
                "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
                "COLUMNS": "100",
                "NO_COLOR": "1",
            },
        )
        printed = textwrap.indent(done.stdout, "    ")
        code = int(expected_exit[1]) if expected_exit and command is to_run[-1] else 0
        if done.returncode != code:
            pytest.fail(f"{place}\nexited {done.returncode}, not {code}, and printed\n{printed}")
        if any(command.shown) and not shows(command.shown, done.stdout):
            shown = textwrap.indent("\n".join(command.shown), "    ")
            pytest.fail(f"{place}\nprinted\n{printed}\nwhere the page shows\n{shown}")


def shows(shown: list[str], printed: str) -> bool:
    """Whether the lines shown are those printed; `...` stands for any lines, or any part of one."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\n"
        for line in "\n".join(shown).strip("\n").splitlines()
    )
    actual = "".join(line.rstrip() + "\n" for line in printed.strip("\n").splitlines())
    return re.fullmatch(pattern, actual) is not None


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_examples_of_a_page_run_as_shown(path, tmp_path, monkeypatch, request):
    monkeypatch.chdir(tmp_path)
    if f"${SERVER}" in path.read_text(encoding="utf-8"):
        server = request.getfixturevalue("postgres_server")
        monkeypatch.setenv(SERVER, postgres.log_url(server))
        monkeypatch.setenv("PATH", str(postgres.programs(server)), prepend=os.pathsep)
    run_page(path)


@pytest.fixture
def write_page(tmp_path: Path, monkeypatch):
    """Write a page to run; in it a stand-in for ordertrail prints three lines, and may fail."""
    command = tmp_path / "bin" / "ordertrail"
    command.parent.mkdir()
    command.write_text('#!/bin/sh\nprintf "one\\ntwo  \\nthree 3\\n"\nexit ${1:-0}\n')
    command.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(command.parent / "python"))
    monkeypatch.chdir(tmp_path)

    def write(text: str) -> Path:
        page = tmp_path / "page.md"
        page.write_text(textwrap.dedent(text), encoding="utf-8")
        return page

    return write


RIGHT = {
    "blocks share their names, also with their functions": """
        ```python
        from dataclasses import dataclass
        total = 1
        def add(): return total + 1
        ```
        and then
        ```python
        @dataclass
        class Line:
            quantity: "int"
        assert add() == Line(2).quantity
        ```
        """,
    "an excused block is passed by": """
        <!-- not run: it needs a cluster -->
        ```python
        raise SystemExit
        ```

        <!-- not run: it installs -->
        ```console
        $ pip install ordertrail
        ```
        """,
    "other languages are only shown": """
        ````markdown
        ```python
        1 / 0
        ```
        ````
        ```json
        {}
        ```
        """,
    "the whole output": """
        ```console
        $ ordertrail
        one
        two
        three 3
        $ ordertrail \\
            0
        ```
        """,
    "output with parts left out": """
        ```console
        $ ordertrail
        ...
        two
        ...
        three ...
        ```
        """,
    "a command that is meant to fail": """
        <!-- exits 3 -->
        ```console
        $ ordertrail
        $ ordertrail 3
        ```
        """,
    "a block inside a list": """
        1. First

            ```python
            if True:
                assert True
            ```
        """,
}

WRONG = {
    "an exception": ("\n```python\nx = 1\n1 / 0\n```\n", r"^page\.md:4: ZeroDivisionError"),
    "a syntax error": ("```python\nx = 1\nx = = 2\n```\n", r"^page\.md:3: SyntaxError"),
    "an assertion in the second block": (
        "```python\nx = 1\n```\n\n```python\nassert x == 2\n```\n",
        r"^page\.md:6: AssertionError",
    ),
    "an exit code": ("```console\n$ ordertrail 2\n```\n", r"^page\.md:2: .*\nexited 2, not 0"),
    "an exit code that was promised": (
        "<!-- exits 2 -->\n```console\n$ ordertrail\n```\n",
        r"^page\.md:3: .*\nexited 0, not 2",
    ),
    "a line that is not printed": (
        "```console\n$ ordertrail\n...\nfour\n...\n```\n",
        r"^page\.md:2: .*\nprinted\n    one",
    ),
    "lines in another order": (
        "```console\n$ ordertrail\n...\ntwo\none\n...\n```\n",
        r"^page\.md:2: .*\nprinted",
    ),
    "a line left out in silence": (
        "```console\n$ ordertrail\none\nthree 3\n```\n",
        r"^page\.md:2: .*\nprinted",
    ),
    "a command that nobody runs": ("```console\n$ rm -r x\n```\n", r"^page\.md:2: .*\nonly ordert"),
}


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT.keys())
def test_a_page_that_is_right_passes(text, write_page):
    run_page(write_page(text))


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_page_that_is_wrong_fails_and_says_where(text, message, write_page):
    page = write_page(text)
    with pytest.raises((AssertionError, pytest.fail.Exception), match=message):
        run_page(page)
