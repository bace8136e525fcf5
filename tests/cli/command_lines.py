"""Reads command lines as the program would, without running them."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

import click

from reconciler.cli.commands import program

if TYPE_CHECKING:
    from collections.abc import Iterator

END: Final = re.compile(r"^(?:[|&;<>]|2>|\))")
"""What ends a command line in a shell's."""


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command by its path, groups and the program itself included."""
    return _walk("reconciler", program, click.Context(program, info_name="reconciler"))


def _walk(
    path: str, command: click.Command, context: click.Context
) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _walk(f"{path} {name}", inner, context)


def words_of(line: str) -> list[str]:
    """Split one line of a shell, up to a pipe or a redirection, `reconciler` left out."""
    words = shlex.split(line, comments=True)[1:]
    ends = [index for index, word in enumerate(words) if END.match(word)]
    return words[: ends[0]] if ends else words


def parse(words: list[str]) -> None:
    """Take a command line apart; click.UsageError where the program would refuse it."""
    command: click.Command | None = program
    name, context, rest = "reconciler", None, words
    try:
        while command is not None:
            context = command.make_context(name, list(rest), parent=context)
            rest = [*context._protected_args, *context.args]  # noqa: SLF001 - `protected_args` warns
            if not isinstance(command, click.Group) or not rest:
                return
            found, command, rest = command.resolve_command(context, rest)
            name = found or ""
    except click.exceptions.Exit:  # --help and --version
        return
