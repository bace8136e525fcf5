"""`reconciler show`: a saved plan or an apply report, in any format."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.help import Command
from reconciler.cli.options import Globals, format_option, global_options
from reconciler.cli.output import context_for, show_ending, write
from reconciler.documents.plan_file import load_plan_or_report
from reconciler.model.plan import ApplyReport
from reconciler.render.formats import render_plan, render_report
from reconciler.render.phrases import plan_headline, report_headline


@click.command(cls=Command, help="Print a saved plan or an apply report in any format.")
@click.argument("file", type=click.Path(path_type=Path))
@format_option()
@global_options
def command(flags: Globals, file: Path, format_: str) -> int:
    document = load_plan_or_report(file)
    folder = flags.config.parent if flags.config else Path.cwd()
    context = context_for(flags, folder)
    if isinstance(document, ApplyReport):
        write(render_report(format_, document, context))
        show_ending(format_, report_headline(document))
    else:
        write(render_plan(format_, document, context))
        show_ending(format_, plan_headline(document.plan))
    return 0
