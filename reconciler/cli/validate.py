"""`reconciler validate`: offline checks; needs no configuration and no service."""

from __future__ import annotations

import os
from pathlib import Path

import click

from reconciler.cli.options import Globals, format_option, global_options, paths_argument
from reconciler.cli.output import context_for, write
from reconciler.config import find_configuration, load_configuration
from reconciler.findings import Severity
from reconciler.loading import validate
from reconciler.render import VALIDATION_FORMATS, render_validation


@click.command(help="Check manifests offline. Needs no configuration and no sign-in.")
@paths_argument
@format_option(VALIDATION_FORMATS)
@global_options
def command(flags: Globals, paths: tuple[Path, ...], format_: str) -> int:
    cwd = Path.cwd()
    found = find_configuration(flags.config, cwd)
    configuration = None if found is None else load_configuration(found, os.environ, cwd)
    validation = validate(paths, configuration, cwd)
    folder = cwd if configuration is None else configuration.folder
    write(render_validation(format_, validation, context_for(flags, folder)))
    return int(any(each.severity is Severity.ERROR for each in validation.diagnostics))
