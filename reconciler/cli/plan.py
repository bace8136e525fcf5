"""`reconciler plan`: the dry run; sends nothing but GET."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.ending import tell_plan_ending
from reconciler.cli.interrupts import run_to_end
from reconciler.cli.options import (
    Globals,
    format_option,
    global_options,
    narrowing_options,
    paths_argument,
    sign_in_options,
)
from reconciler.cli.output import context_for, refuse_state_files, saved_or_told, write
from reconciler.cli.session import Session, open_session
from reconciler.model.errors import UsageError
from reconciler.operations.estate import add_unmanaged, explain_drifts
from reconciler.operations.plan import FAILED, plan, plan_exit_code
from reconciler.render import render_plan
from reconciler.selection.selection import Narrowing

if TYPE_CHECKING:
    from reconciler.model.plan import PlanDocument


@click.command(help="Compare manifests with live state, print the plan, save it. Writes nothing.")
@paths_argument
@click.option("--out", type=click.Path(path_type=Path), help="Save the plan as JSON.")
@click.option("--detailed-exitcode", is_flag=True, help="End in 2 where there are steps.")
@click.option("--all-customers", is_flag=True, help="Tell customers that no manifest declares.")
@click.option("--explain-drift", is_flag=True, help="Tell who changed what differs.")
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
    all_customers: bool,
    explain_drift: bool,
    narrowing: Narrowing,
) -> int:
    if all_customers and narrowing != Narrowing():
        raise UsageError(
            "--all-customers looks at every customer, so it can't be narrowed",
            "leave the narrowing out, or leave out --all-customers",
        )
    session = open_session(flags, paths, narrowing, may_be_empty=all_customers)
    refuse_state_files(out, session.configuration)
    extent = _Extent(all_customers=all_customers, explain_drift=explain_drift)
    document = run_to_end(_plan(session, extent))
    saved = out is None or saved_or_told(out, document)
    write(render_plan(format_, document, context_for(flags, session.configuration.folder)))
    fail_on = session.configuration.policy.fail_on
    code = plan_exit_code(document.plan, fail_on, detailed=detailed_exitcode)
    code = code if saved else FAILED
    tell_plan_ending(document.plan, code, format_, out, fail_on)
    return code


@dataclass(frozen=True, slots=True)
class _Extent:
    """What the service's lists are asked for besides."""

    all_customers: bool
    explain_drift: bool


async def _plan(session: Session, extent: _Extent) -> PlanDocument:
    async with session.connect() as run:
        document = await plan(session.desired, session.scope, run)
        if extent.all_customers:
            document = await add_unmanaged(document, session.desired, run)
        return await explain_drifts(document, run) if extent.explain_drift else document
