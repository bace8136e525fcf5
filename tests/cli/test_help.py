"""Help: each command says how it is used, how it ends and what it reads of the environment."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import pytest

from reconciler.cli.help_texts import HELP_TEXTS
from tests.cli.command_lines import commands, parse, words_of

if TYPE_CHECKING:
    from reconciler.cli.help_texts import HelpText

PACKAGE: Final = Path(__file__).parents[2] / "reconciler"
CODES: Final = {0, 1, 2, 3, 64, 130, 143}
SECTIONS: Final = ("Examples:", "Exit codes:", "Environment:")


@pytest.mark.parametrize(("path", "command"), list(commands()))
def test_ends_in_examples_exit_codes_and_environment(path: str, command: click.Command) -> None:
    """Every command has all three, nested ones too."""
    printed = command.get_help(click.Context(command, info_name=path))
    assert re.findall(r"^\w[\w ]*:$", printed, re.MULTILINE)[-3:] == list(SECTIONS)


def test_no_text_is_of_a_command_that_is_gone() -> None:
    """The table has the commands and nothing else."""
    assert {path.partition(" ")[2] for path, _ in commands()} == set(HELP_TEXTS)


@pytest.mark.parametrize(("path", "text"), list(HELP_TEXTS.items()))
def test_examples_are_taken(path: str, text: HelpText) -> None:
    """Each is a command line that the program accepts, and is about this command."""
    for example in text.examples:
        parse(words_of(example))
    assert text.examples[0].startswith(f"reconciler {path}".rstrip())


@pytest.mark.parametrize(("path", "text"), list(HELP_TEXTS.items()))
def test_exit_codes_are_those_of_the_program(path: str, text: HelpText) -> None:
    """Told once each, in order; every command line can be mistyped."""
    codes = [code for code, _ in text.exit_codes]
    assert set(codes) <= CODES, path
    assert codes == sorted(set(codes))
    assert 64 in codes


def test_variables_are_read_by_the_program() -> None:
    """Whatever is named is looked at somewhere; GitHub's and the shells' have no other reader."""
    rows = {name for text in HELP_TEXTS.values() for name, _ in text.environment}
    names = {name for name in rows if re.fullmatch(r"[A-Z_]+", name)} - {"_RECONCILER_COMPLETE"}
    others = [path for path in PACKAGE.rglob("*.py") if path.name != "help_texts.py"]
    code = "\n".join(path.read_text(encoding="utf-8") for path in others)
    assert [name for name in names if f'"{name}"' not in code] == []


def test_what_the_sign_in_reads_is_told() -> None:
    """A variable that a sign-in method takes stands in the help of the commands that sign in."""
    source = (PACKAGE / "partner_center/sign_in/method_from_environment.py").read_text(
        encoding="utf-8"
    )
    read = set(re.findall(r'"((?:AZURE|PARTNER_CENTER)_[A-Z_]+)"', source))
    assert read
    for command in ("plan", "apply", "status", "export", "doctor"):
        told = {name for name, _ in HELP_TEXTS[command].environment}
        assert read <= told, command


def test_a_shell_reads_the_examples() -> None:
    """They can be pasted as they stand."""
    script = "\n".join(line for text in HELP_TEXTS.values() for line in text.examples)
    assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0
