"""The table of commands. A command's module is imported when that command runs, not before."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

import click

from reconciler.cli.help import Group
from reconciler.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS: Final = {
    # name: (module in this folder, and what to take of it where that is not `command`, one line)
    "init": ("init", "Write a working repository."),
    "validate": ("validate", "Check manifests offline."),
    "plan": ("plan", "Compare manifests with live state; write nothing."),
    "merge": ("merge", "Make one plan of the plans of shards."),
    "show": ("show", "Print a saved plan or an apply report."),
    "apply": ("apply", "Send the creates of a plan."),
    "export": ("export", "Write what is live as manifests."),
    "status": ("status", "Show what is live, and who may buy."),
    "journal": ("journal", "Show what is unsettled; settle it by hand."),
    "audit": ("audit", "Verify an audit log."),
    "login": ("login", "Sign in as an admin with a device code."),
    "logout": ("login:logout_command", "Forget the login that is kept here."),
    "doctor": ("doctor", "Check configuration, reach, clock and sign-in."),
    "schema": ("schema", "Print a JSON Schema."),
    "explain": ("explain", "Tell what a rule means, why, and what to do."),
    "emulator": ("emulator", "Run the offline Partner Center."),
}


class LazyGroup(Group):
    """A group that knows its commands by name and line of help alone."""

    def __init__(self, table: Mapping[str, tuple[str, str]], **attributes: object) -> None:
        super().__init__(**attributes)  # type: ignore[arg-type]
        self._table = table

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in self._table:
            return None
        module, _, attribute = self._table[cmd_name][0].partition(":")
        command = getattr(import_module(f"reconciler.cli.{module}"), attribute or "command")
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, with the nearest command named where there is none."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches  # noqa: PLC0415 - for a misspelt command only

            close = get_close_matches(args[0], self._table, 1)
            hint = f" Did you mean {close[0]}?" if close else ""
            raise click.UsageError(f"{error.message}{hint}", ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_) for name, (_, help_) in self._table.items()])


program = LazyGroup(
    COMMANDS,
    name="reconciler",
    params=[
        click.Option(["--config"], type=click.Path(), help="The configuration. [reconciler.yaml]"),
        click.Option(["--no-color"], is_flag=True, help="No colours, as with NO_COLOR."),
        click.Option(
            ["-v", "--verbose"],
            is_flag=True,
            help="Tell each finding by itself; log calls to stderr.",
        ),
    ],
    help="Keep customer qualifications in Microsoft Partner Center as git says they should be.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
click.version_option(VERSION, "--version", message="reconciler %(version)s")(program)
