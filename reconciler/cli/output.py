"""Prints: documents to stdout, everything else to stderr."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import click

from reconciler.cli.places import source_links, terminal_links
from reconciler.cli.standard_output import write_document
from reconciler.model.errors import ConfigurationError, ManifestsInvalid, StateError
from reconciler.model.findings import Validation
from reconciler.render.context import CONFIGURATION, RenderContext
from reconciler.render.foreign_text import neutral
from reconciler.version import VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.cli.options import Globals
    from reconciler.model.errors import ReconcilerError
    from reconciler.model.plan import PlanDocument


def say(line: str) -> None:
    """Tell people something, on stderr."""
    click.echo(line, err=True)


def write(document: str, patience: float | None = None) -> None:
    """Write a document to stdout; TimeoutError where it takes nothing for `patience` seconds."""
    write_document(document, patience)


def show_ending(format_: str, how: str, why: str = "", code: int = 0) -> None:
    """Say in one line how a command ended whose document people don't read as it is printed.

    A text says so itself; where it goes to a file or a pipe, only a failure is told beside it.
    """
    failure = f"Exit code {code}: {why}" if code else ""
    if format_ != "text":
        say(". ".join(part for part in (how, failure) if part))
    elif failure and not sys.stdout.isatty():
        say(failure)


def show_error(error: ReconcilerError) -> None:
    """Tell what went wrong and the way out, with every place there is."""
    if isinstance(error, ManifestsInvalid | ConfigurationError) and error.diagnostics:
        from reconciler.render.entries import validation_entries  # noqa: PLC0415 - rarely wanted
        from reconciler.render.plain_text import diagnostic_lines  # noqa: PLC0415 - as above

        for line in diagnostic_lines(validation_entries(Validation(0, error.diagnostics))):
            say(line)
        if isinstance(error, ConfigurationError):
            return
    say(f"error: {neutral(str(error))}")
    if error.remedy:
        say(f"    -> {neutral(error.remedy)}")


def try_to_save(path: Path, document: PlanDocument) -> bool:
    """Save a plan. What was read is printed, too, where no file can be written."""
    from reconciler.documents.plan_file import save_plan  # noqa: PLC0415 - most commands save none

    try:
        save_plan(path, document)
    except StateError as error:
        show_error(error)
        return False
    return True


def context_for(flags: Globals, folder: Path, *, to_stderr: bool = False) -> RenderContext:
    """Tell a renderer where its text goes: colours, width and links only for a terminal."""
    stream = sys.stderr if to_stderr else sys.stdout
    return RenderContext(
        root=root_of(folder),
        configuration=flags.config.name if flags.config else CONFIGURATION,
        terminal=stream.isatty(),
        colour=flags.colour,
        width=shutil.get_terminal_size().columns,
        verbose=flags.verbose,
        files=terminal_links(folder, os.environ),
        sources=source_links(os.environ),
        tool_version=VERSION,
    )


def root_of(folder: Path) -> str:
    """Find the way from the git root to `folder`, with `/`; empty where there is no git root."""
    resolved = folder.resolve()
    for parent in (resolved, *resolved.parents):
        if (parent / ".git").exists():
            relative = resolved.relative_to(parent).as_posix()
            return "" if relative == "." else relative
    return ""
