"""`reconciler plan`: the dry run; sends nothing but GET."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.interrupts import run_to_end
from reconciler.cli.options import (
    Globals,
    format_option,
    global_options,
    narrowing_options,
    paths_argument,
    sign_in_options,
)
from reconciler.cli.output import context_for, saved_or_told, write
from reconciler.cli.session import Session, open_session
from reconciler.operations import FAILED, plan, plan_exit_code
from reconciler.render import render_plan

if TYPE_CHECKING:
    from reconciler.model.plan import PlanDocument
    from reconciler.selection.selection import Narrowing


@click.command(help="Compare manifests with live state, print the plan, save it. Writes nothing.")
@paths_argument
@click.option("--out", type=click.Path(path_type=Path), help="Save the plan as JSON.")
@click.option("--detailed-exitcode", is_flag=True, help="End in 2 where there are steps.")
@format_option()
@global_options
@sign_in_options
@narrowing_options
def command(
    flags: Globals,
    paths: tuple[Path, ...],
    format_: str,
    *,
    out: Path | None,
    detailed_exitcode: bool,
    narrowing: Narrowing,
) -> int:
    session = open_session(flags, paths, narrowing)
    document = run_to_end(_plan(session))
    saved = out is None or saved_or_told(out, document)
    write(render_plan(format_, document, context_for(flags, session.configuration.folder)))
    fail_on = session.configuration.policy.fail_on
    code = plan_exit_code(document.plan, fail_on, detailed=detailed_exitcode)
    return code if saved else FAILED


async def _plan(session: Session) -> PlanDocument:
    async with session.connect() as run:
        return await plan(session.desired, session.scope, run)
