"""Every command and option says what it is for, here and in docs/cli.md."""

import re
from pathlib import Path

import pytest
import typer

from ordertrail.adapters.cli.root import cli

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def walk(command, name="ordertrail"):
    yield name, command
    for word, inner in getattr(command, "commands", {}).items():
        yield from walk(inner, f"{name} {word}")


COMMANDS = dict(walk(typer.main.get_command(cli)))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_help(name):
    command = COMMANDS[name]
    assert command.help
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{name}: {parameter.name}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_in_the_documentation(name):
    page = PAGE.read_text(encoding="utf-8")
    section = re.search(rf"^#+ `{name}`\n(.*?)(?=^#+ |\Z)", page, re.M | re.S)
    assert section, f"docs/cli.md has no section `{name}`"
    for parameter in COMMANDS[name].params:
        for option in parameter.opts:
            if option.startswith("--") and "completion" not in option:
                assert f"`{option}" in section[1], f"{name}: {option}"


def test_the_documentation_names_no_command_that_is_not_there():
    page = PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"^#+ `(ordertrail[^`]*)`$", page, re.M)) == set(COMMANDS)
