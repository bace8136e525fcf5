"""`reconciler plan`: the dry run; sends nothing but GET."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from reconciler.cli.command_files import CommandFiles
from reconciler.cli.durations import Duration
from reconciler.cli.ending import show_plan_ending
from reconciler.cli.help import Command
from reconciler.cli.interrupts import run_to_end
from reconciler.cli.options import (
    Globals,
    format_option,
    global_options,
    narrowing_options,
    paths_argument,
    sign_in_options,
)
from reconciler.cli.output import context_for, say, try_to_save, write
from reconciler.cli.session import Session, open_session
from reconciler.documents.plan_file import load_plan
from reconciler.model.errors import PlanRefused, UsageError
from reconciler.operations.drift import add_unmanaged, explain_drifts
from reconciler.operations.incremental import (
    IncrementalRequest,
    plan_against,
    plan_incrementally,
)
from reconciler.operations.plan import FAILED, plan, plan_exit_code
from reconciler.operations.run import utc_now
from reconciler.planning.comparison import compare_plans
from reconciler.render.foreign_text import neutral
from reconciler.render.formats import render_plan
from reconciler.selection.selection import Narrowing

if TYPE_CHECKING:
    from reconciler.model.plan import PlanDocument
    from reconciler.operations.run import Run

WEEK: Final = timedelta(days=7)


@click.command(
    cls=Command, help="Compare manifests with live state, print the plan, save it. Writes nothing."
)
@paths_argument
@click.option("--out", type=click.Path(path_type=Path), help="Save the plan as JSON.")
@click.option("--detailed-exitcode", is_flag=True, help="End in 2 where there are steps.")
@click.option("--expect-digest", metavar="DIGEST", help="End in 1 where the plan is another.")
@click.option("--since", type=click.Path(path_type=Path), help="The plan to tell what moved since.")
@click.option("--against", type=click.Path(path_type=Path), help="Plan on a snapshot; ask nobody.")
@click.option("--incremental", type=click.Path(path_type=Path), help="Read what can have changed.")
@click.option(
    "--refresh-within", type=Duration(), metavar="DURATION", help="Read all anew in so long. [7d]"
)
@click.option(
    "--all-customers",
    is_flag=True,
    help="Tell unmanaged-customer: no manifest declares it.",
)
@click.option(
    "--explain-drift", is_flag=True, help="Tell changed-outside: who changed what differs."
)
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
    expect_digest: str | None,
    since: Path | None,
    narrowing: Narrowing,
    **grounds: Any,  # noqa: ANN401 - click's own, taken apart by _PlanMode
) -> int:
    ground = _PlanMode(**grounds)
    ground.refuse_contradictions(narrowing)
    ground.refuse_one_file_for_two(out)
    files = CommandFiles((out, ground.incremental), (("the snapshot", ground.against),))
    session = open_session(flags, paths, narrowing, files, may_be_empty=ground.all_customers)
    earlier = _earlier(expect_digest, since or out)
    document = ground.plan(session)
    saved = out is None or try_to_save(out, document)
    write(render_plan(format_, document, context_for(flags, session.configuration.folder)))
    expected = expect_digest is None or _is_expected(document, expect_digest, earlier)
    fail_on = session.configuration.policy.fail_on
    code = plan_exit_code(document.plan, fail_on, detailed=detailed_exitcode)
    code = code if saved and expected else FAILED
    why = None if expected else "the plan is another than --expect-digest says"
    show_plan_ending(document.plan, code, format_, out, fail_on, why)
    return code


@dataclass(frozen=True, slots=True)
class _PlanMode:
    """What the plan is made on, and which of the service's lists it is extended by."""

    against: Path | None
    incremental: Path | None
    refresh_within: float | None
    all_customers: bool
    explain_drift: bool

    def refuse_one_file_for_two(self, out: Path | None) -> None:
        if out is None or self.incremental is None:
            return
        if os.path.realpath(out) == os.path.realpath(self.incremental):
            raise UsageError(f"{out} can't be both the plan and the snapshot", "name two files")

    def refuse_contradictions(self, narrowing: Narrowing) -> None:
        if self.all_customers and narrowing != Narrowing():
            raise UsageError(
                "--all-customers looks at every customer, so it can't be narrowed",
                "leave the narrowing out, or leave out --all-customers",
            )
        if self.refresh_within is not None and self.incremental is None:
            raise UsageError("--refresh-within is about a snapshot", "give it with --incremental")
        if self.against is None:
            return
        if self.incremental is not None or self.all_customers or self.explain_drift:
            raise UsageError(
                "--against asks the service nothing",
                "leave out --incremental, --all-customers and --explain-drift",
            )

    def plan(self, session: Session) -> PlanDocument:
        if self.against is None:
            return run_to_end(self._ask(session))
        settings = session.configuration
        document = plan_against(self.against, session.desired, session.scope, settings, utc_now())
        say(f"planned against {self.against}, and asked the service nothing: {_age(document)}")
        return document

    async def _ask(self, session: Session) -> PlanDocument:
        async with session.connect() as run:
            document = await self._read(session, run)
            if self.all_customers:
                document = await add_unmanaged(document, session.desired, run)
            return await explain_drifts(document, run) if self.explain_drift else document

    async def _read(self, session: Session, run: Run) -> PlanDocument:
        if self.incremental is None:
            return await plan(session.desired, session.scope, run)
        within = WEEK if self.refresh_within is None else timedelta(seconds=self.refresh_within)
        request = IncrementalRequest(self.incremental, within)
        return await plan_incrementally(session.desired, session.scope, run, request)


def _age(document: PlanDocument) -> str:
    against = document.plan.selection.against
    if against is None or against.oldest is None:
        return "it is empty"
    hours = (document.created_at - against.oldest) // timedelta(hours=1)
    return f"its oldest reading is {hours} h old"


def _earlier(expect_digest: str | None, path: Path | None) -> PlanDocument | None:
    """Load the plan to compare with before `--out` replaces it; None where there is none."""
    if expect_digest is None or path is None or not path.exists():
        return None
    try:
        return load_plan(path)
    except PlanRefused as error:
        say(f"what moved can't be told: {error.message}")
        return None


def _is_expected(document: PlanDocument, expected: str, earlier: PlanDocument | None) -> bool:
    if document.digest == expected:
        return True
    say(f"the plan has the digest {document.digest}, but --expect-digest says {expected}")
    if earlier is not None and earlier.digest == expected:
        for line in compare_plans(earlier.plan, document.plan):
            say(f"    {neutral(line)}")
    else:
        say("    -> what moved is told where --since or --out names the plan of that digest")
    return False
