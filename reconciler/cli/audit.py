"""`reconciler audit verify`: whether an audit log is as it was written. It changes nothing."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.applying.audit_chain import BrokenChain, follow_chain
from reconciler.applying.state_folder import read_state_file
from reconciler.cli.help import Group
from reconciler.cli.options import Globals, global_options
from reconciler.cli.output import write
from reconciler.model.errors import StateError
from reconciler.render.foreign_text import label

NOT_FOUND = (
    "That lines were dropped from its end can't be found in the file alone: keep this hash "
    "elsewhere, and look for it in the log of another day."
)


@click.group(cls=Group, help="Verify an audit log (`auditLog` in the configuration).")
@global_options
def command(_flags: Globals) -> None:
    """Hold the command below."""


@command.command(
    "verify",
    help="Find an edited, dropped or reordered line of an audit log. "
    "A dropped LAST line can't be found from the file alone: the last hash is printed, so that it "
    "can be kept elsewhere.",
)
@click.argument("file", type=click.Path(path_type=Path))
@global_options
def verify_command(flags: Globals, file: Path) -> int:  # noqa: ARG001 - every command has them
    try:
        chain = follow_chain(read_state_file(file))
    except OSError as error:
        raise StateError(
            f"{label(str(file))} can't be read: {error.strerror}",
            "name the file that auditLog names",
        ) from error
    if isinstance(chain, BrokenChain):
        raise StateError(
            f"{label(str(file))}: line {chain.line} {chain.why}",
            "the lines before it are as they were written; compare the rest with a copy",
        )
    noun = "line" if chain.lines == 1 else "lines"
    write(f"{chain.lines} {noun}, each as it was written.\n")
    if chain.last is not None:
        write(f"The last one's hash: {chain.last}\n{NOT_FOUND}\n")
    return 0
