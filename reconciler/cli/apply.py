"""`reconciler apply`: shows the plan, asks, sends, and prints the report."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from reconciler.cli import Terminated
from reconciler.cli.command_files import CommandFiles
from reconciler.cli.help import Command
from reconciler.cli.interrupts import Interrupts
from reconciler.cli.options import (
    Globals,
    format_option,
    global_options,
    narrowing_options,
    sign_in_options,
)
from reconciler.cli.output import context_for, say, show_error, write
from reconciler.cli.session import Session, open_session
from reconciler.documents.report_model import report_to_document
from reconciler.documents.saving import ensure_replaceable
from reconciler.documents.shape import to_json
from reconciler.model.errors import NotApproved, StateError, UsageError
from reconciler.model.plan import ApplyReport
from reconciler.model.remedies import APPROVE
from reconciler.operations.apply import ApplyRequest, apply
from reconciler.operations.plan import FAILED, FINDINGS_STAND
from reconciler.operations.run import utc_now
from reconciler.render.formats import render_plan, render_report
from reconciler.render.phrases import report_headline
from reconciler.selection.selection import Narrowing

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.documents.saving import ReplaceableFile
    from reconciler.model.plan import Plan, PlanDocument

AFTER_STOP: Final = 5.0
"""Seconds after a stop that a reader of the report may take nothing of it."""


@click.command(cls=Command, help="Send the creates of a reviewed plan FILE, or of a plan made now.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.option("--expect-digest", metavar="DIGEST", help="Refuse any plan but this one.")
@click.option(
    "--allow-creates",
    type=click.IntRange(min=0),
    metavar="N",
    help="Lift maxCreates for exactly N creates.",
)
@click.option("--report", type=click.Path(path_type=Path), help="Write the report here, too.")
@format_option()
@global_options
@sign_in_options
@narrowing_options
def command(
    flags: Globals,
    file: Path | None,
    format_: str,
    *,
    auto_approve: bool,
    expect_digest: str | None,
    allow_creates: int | None,
    report: Path | None,
    narrowing: Narrowing,
) -> int:
    _refuse_narrowed(file, narrowing)
    place = None if report is None else ensure_replaceable(report)
    session = open_session(flags, (), narrowing, CommandFiles((report,), (("the plan", file),)))
    request = ApplyRequest(
        session.desired, session.scope, file, expect_digest, allow_creates, session.reselect
    )
    interrupts, started = Interrupts(), utc_now()
    console = _Console(flags, session, interrupts, format_, auto_approve, place)
    try:
        code = interrupts.run(_apply(request, session, console))
    except (Terminated, NotApproved) as error:
        if interrupts.code is None:
            if not console.declined:
                raise
            say("nothing sent")
            return FAILED
        say(f"stopped: {str(error) or console.progress}")
        console.deliver_unplanned(started)
        return interrupts.code
    finally:
        console.print_report()
    if interrupts.stop.error is not None:
        show_error(interrupts.stop.error)
    code = interrupts.code or (FAILED if console.failed else code)
    console.show_ending(code)
    return code


def _refuse_narrowed(file: Path | None, narrowing: Narrowing) -> None:
    if file is not None and narrowing != Narrowing():
        raise UsageError(
            f"{file} is applied as it was reviewed, so it can't be narrowed",
            "leave the narrowing out, or plan again with it",
        )


async def _apply(request: ApplyRequest, session: Session, console: _Console) -> int:
    async with session.connect(creates=True) as run:
        return await apply(request, run, console.interrupts.stop, console)


@dataclass(slots=True)
class _Console:
    """Talks with the admin on stderr; the report goes to stdout."""

    flags: Globals
    session: Session
    interrupts: Interrupts
    format_: str
    auto_approve: bool
    report: ReplaceableFile | None
    failed: bool = False
    kept: bool = False
    declined: bool = False
    delivered: ApplyReport | None = None
    plan: Plan | None = None

    def show(self, document: PlanDocument) -> None:
        self.plan = document.plan
        folder = self.session.configuration.folder
        context = context_for(self.flags, folder, to_stderr=True)
        say(render_plan("text", document, context).rstrip("\n"))

    def approve(self, document: PlanDocument) -> bool:
        approved = self.auto_approve or self._ask(len(document.plan.steps))
        if approved:
            self.interrupts.watch()
        return approved

    def _ask(self, creates: int) -> bool:
        if not sys.stdin.isatty():
            raise NotApproved(
                "there is no terminal to ask on, so nothing was sent",
                APPROVE,
            )
        question = f"Send {creates} create(s)? None can be undone. Only yes is accepted: "
        answer = self.interrupts.ask(question)
        if not answer.endswith("\n"):
            say("")  # Ctrl-D leaves the question's line open
        self.declined = answer.strip() != "yes"
        return not self.declined

    def keep(self, report: ApplyReport) -> None:
        if self.report is None:
            return
        try:
            self.report.replace(to_json(report_to_document(report)))
        except StateError:
            if not self.kept:
                self.report = None  # it never can: nobody is to be told twice
            raise
        self.kept = True

    def deliver(self, report: ApplyReport) -> None:
        """Save it at once; it is printed when nothing else is left to do, as a reader may hang."""
        self.delivered = report
        if self.report is not None:
            self._save(self.report, to_json(report_to_document(report)))

    def print_report(self) -> None:
        if self.delivered is None or (self.declined and self.format_ == "text"):
            return
        context = context_for(self.flags, self.session.configuration.folder)
        patience = None if self.interrupts.code is None else AFTER_STOP
        try:
            write(render_report(self.format_, self.delivered, context), patience)
        except OSError as error:  # what was done is done, and how it ended is the exit code's
            sys.stdout = None
            say(f"error: the report can't be written to stdout: {error.strerror}")

    @property
    def progress(self) -> str:
        """How far a run came that was left at once."""
        if self.delivered is not None:
            return "left at once"
        return f"{self.interrupts.name} came before there was a plan, so nothing was sent"

    def deliver_unplanned(self, started: datetime) -> None:
        """Report a run that was stopped before it had a plan."""
        if self.delivered is None:
            self.deliver(ApplyReport(None, started, utc_now(), ()))

    def show_ending(self, code: int) -> None:
        """Say how it ended where no person reads the report, and why wherever it is not in 0."""
        why = f"Exit code {code}: {self._why(code)}" if code else ""
        how = ""
        if self.delivered is not None and (self.format_ != "text" or self.report is not None):
            how = report_headline(self.delivered)
        if why or how:
            say(". ".join(filter(None, (how, why))))

    def _why(self, code: int) -> str:
        if self.interrupts.code is not None:
            return f"stopped by {self.interrupts.name}"
        if code == FINDINGS_STAND:
            return "the plan has findings that stand, see above"
        if self.failed:
            return "the report could not be saved, see above"
        if self.interrupts.stop.error is not None:
            return "the run was stopped, see above"
        if self.plan is not None and not self.plan.complete:
            return "the plan was incomplete, as a customer could not be read, see above"
        return "not all of it could be done, see the report"

    def _save(self, file: ReplaceableFile, text: str) -> None:
        try:
            file.replace(text)
        except StateError as error:
            self.failed = True
            show_error(error)
