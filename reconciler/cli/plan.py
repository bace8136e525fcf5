"""`reconciler plan`: the dry run; sends nothing but GET."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import Globals, format_option, global_options, paths_argument
from reconciler.cli.output import context_for, write
from reconciler.cli.session import Session, open_session
from reconciler.operations import plan, plan_exit_code
from reconciler.plan_file import save_plan
from reconciler.render import render_plan

if TYPE_CHECKING:
    from reconciler.plan import PlanDocument


@click.command(help="Compare manifests with live state, print the plan, save it. Writes nothing.")
@paths_argument
@click.option("--out", type=click.Path(path_type=Path), help="Save the plan as JSON.")
@click.option("--detailed-exitcode", is_flag=True, help="End in 2 where there are steps.")
@format_option()
@global_options
def command(
    flags: Globals,
    paths: tuple[Path, ...],
    format_: str,
    *,
    out: Path | None,
    detailed_exitcode: bool,
) -> int:
    session = open_session(flags, paths)
    document = asyncio.run(_plan(session))
    if out is not None:
        save_plan(out, document)
    write(render_plan(format_, document, context_for(flags, session.configuration.folder)))
    fail_on = session.configuration.policy.fail_on
    return plan_exit_code(document.plan, fail_on, detailed=detailed_exitcode)


async def _plan(session: Session) -> PlanDocument:
    async with session.connect() as run:
        return await plan(session.desired, session.scope, run)
