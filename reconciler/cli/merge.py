"""`reconciler merge`: the plans of shards into one; asks no service."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.ending import show_plan_ending
from reconciler.cli.help import Command
from reconciler.cli.options import Globals, format_option, global_options
from reconciler.cli.output import context_for, try_to_save, write
from reconciler.configuration.config import find_configuration, load_configuration
from reconciler.configuration.kept_files import KeptFiles
from reconciler.model.policy import Policy
from reconciler.operations.merge import merge
from reconciler.operations.plan import FAILED, plan_exit_code
from reconciler.render.formats import render_plan

if TYPE_CHECKING:
    from reconciler.model.findings import Category


@click.command(cls=Command, help="Make one plan of the plans of all shards; end as `plan` does.")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE...",
)
@click.option("--out", type=click.Path(path_type=Path), help="Save the plan as JSON.")
@format_option()
@global_options
def command(flags: Globals, files: tuple[Path, ...], format_: str, *, out: Path | None) -> int:
    folder, fail_on, kept = _find_policy(flags)
    kept.beside("a plan to merge", files).refuse(out)
    document = merge(files)
    saved = out is None or try_to_save(out, document)
    write(render_plan(format_, document, context_for(flags, folder)))
    code = plan_exit_code(document.plan, fail_on) if saved else FAILED
    show_plan_ending(document.plan, code, format_, out, fail_on)
    return code


def _find_policy(flags: Globals) -> tuple[Path, frozenset[Category], KeptFiles]:
    """Find what files are relative to, what fails a run, and what is kept.

    Without a configuration everything that can fails it, and nothing is kept.
    """
    cwd = Path.cwd()
    if find_configuration(flags.config, cwd) is None:
        return cwd, Policy().fail_on, KeptFiles()
    configuration = load_configuration(flags.config, os.environ, cwd)
    return configuration.folder, configuration.policy.fail_on, configuration.kept_files
