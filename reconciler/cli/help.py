"""Commands whose `--help` ends in examples, exit codes and environment, and groups of them.

The texts are elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from collections.abc import Iterable


class Command(click.Command):
    """A command with an entry in the table of help texts, under its path."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _write_sections(ctx, formatter)


class Group(click.Group):
    """A group with an entry in the table of help texts, as each of its commands has one.

    A flag that is given before the name of a command holds for it too; the nearest one wins.
    """

    command_class = Command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        given = {
            name: value
            for name, value in ctx.params.items()
            if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT
        }
        ctx.default_map = {args[0]: given}
        return super().resolve_command(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _write_sections(ctx, formatter)


def _write_sections(ctx: click.Context, formatter: click.HelpFormatter) -> None:
    from reconciler.cli.help_texts import HELP_TEXTS  # noqa: PLC0415 - for --help only

    text = HELP_TEXTS[ctx.command_path.partition(" ")[2]]
    with formatter.section("Examples"):
        for example in text.examples:
            formatter.write(f"{'':{formatter.current_indent}}{example}\n")
    _write_list(formatter, "Exit codes", ((str(code), what) for code, what in text.exit_codes))
    _write_list(formatter, "Environment", text.environment)


def _write_list(
    formatter: click.HelpFormatter, title: str, rows: Iterable[tuple[str, str]]
) -> None:
    with formatter.section(title):
        formatter.write_dl(list(rows))
