"""`reconciler validate`: offline checks; needs no configuration and no service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.help import Command
from reconciler.cli.options import Globals, format_option, global_options, paths_argument
from reconciler.cli.output import context_for, say, show_ending, show_error, write
from reconciler.cli.schema_copies import stale_copies
from reconciler.configuration.config import find_configuration, load_configuration
from reconciler.manifests.loading import validate
from reconciler.model.errors import ConfigurationError
from reconciler.model.findings import Diagnostic, Severity, Source, Validation
from reconciler.render.formats import VALIDATION_FORMATS, render_validation
from reconciler.render.phrases import validation_headline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.configuration.config import Configuration


@click.command(cls=Command, help="Check manifests offline. Needs no configuration and no sign-in.")
@paths_argument
@format_option(VALIDATION_FORMATS)
@global_options
def command(flags: Globals, paths: tuple[Path, ...], format_: str) -> int:
    cwd = Path.cwd()
    configuration: Configuration | None = None
    try:
        configuration = _configuration(flags, cwd)
        validation = validate(paths, configuration, cwd)
    except ConfigurationError as error:
        if format_ == "text":
            raise
        show_error(error)
        validation = Validation(0, error.diagnostics or (_describe(error, paths),))
    folder = cwd if configuration is None else configuration.folder
    for note in stale_copies(folder):
        say(f"note: {note}")
    write(render_validation(format_, validation, context_for(flags, folder)))
    code = int(any(each.severity is Severity.ERROR for each in validation.diagnostics))
    show_ending(format_, validation_headline(validation), "a manifest is invalid", code)
    return code


def _configuration(flags: Globals, cwd: Path) -> Configuration | None:
    """Load the configuration where there is one; the environment has no say in offline checks."""
    found = find_configuration(flags.config, cwd)
    return None if found is None else load_configuration(found, {}, cwd)


def _describe(error: ConfigurationError, paths: Sequence[Path]) -> Diagnostic:
    """Tell that there is no manifest where programs read on: a document takes a place."""
    source = Source(paths[0].as_posix() if paths else ".", 1, 1)
    return Diagnostic("unknown-kind", Severity.ERROR, error.message, error.remedy, source)
