"""The library: open a project from its configuration; validate, plan, apply and render it.

It prints nothing, asks nobody and handles no signal: that is the caller's.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.applying.stop import StopSignal
from reconciler.configuration.config import load_configuration
from reconciler.manifests.loading import load_desired, validate
from reconciler.model.findings import Validation
from reconciler.model.plan import ApplyReport, PlanDocument, Scope
from reconciler.model.status import StatusReport
from reconciler.operations import apply as applying
from reconciler.operations.plan import plan
from reconciler.operations.status import status
from reconciler.project.access import SignInContext
from reconciler.project.connection import open_run
from reconciler.render.formats import (
    RenderContext,
    render_plan,
    render_report,
    render_status,
    render_validation,
)
from reconciler.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import TypeVar

    from reconciler.configuration.config import Configuration
    from reconciler.model.state import DesiredState
    from reconciler.operations.run import Run

    Result = TypeVar("Result")


def say_nothing(_line: str) -> None: ...


def open_project(
    folder: str | os.PathLike[str] = ".",
    *,
    config: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Project:
    """Open the project whose `reconciler.yaml` is in `folder`, or the one that `config` names.

    Sign-in and address come of `environ`, the process's own unless given. Raises
    ConfigurationError with every problem of the configuration.
    """
    variables = dict(os.environ if environ is None else environ)
    cwd = Path(folder).resolve()
    path = None if config is None else Path(config)
    return Project(load_configuration(path, variables, cwd), variables)


@dataclass(frozen=True)
class Project:
    """A project. Every verb raises ReconcilerError; none may be called within an event loop."""

    configuration: Configuration
    environ: Mapping[str, str] = field(repr=False)
    say: Callable[[str], None] = say_nothing
    """Takes the lines that the command line would tell people besides."""

    @cached_property
    def desired(self) -> DesiredState:
        """What the manifests declare. Raises ManifestsInvalid with every problem of every file."""
        return load_desired((), self.configuration, self.configuration.folder)

    def validate(self) -> Validation:
        """Check the manifests offline."""
        return validate((), self.configuration, self.configuration.folder)

    def plan(self) -> PlanDocument:
        """Read live state and compare; writes nothing."""
        return self._run(lambda run: plan(self.desired, Scope(), run))

    def status(self) -> StatusReport:
        """Read what is live at each customer, and whether it may buy."""
        return self._run(lambda run: status(self.desired, run))

    def apply(
        self,
        approve: Callable[[PlanDocument], bool],
        *,
        expect_digest: str | None = None,
        allow_creates: int | None = None,
    ) -> ApplyReport:
        """Plan, let `approve` look at the plan, and send its steps where it says True.

        None can be undone. Raises NotApproved where it says False, PlanRefused where the plan has
        another digest than `expect_digest` or more creates than are allowed.
        """
        caller = _ProgramDialogue(approve)
        request = applying.ApplyRequest(
            self.desired, Scope(), expect_digest=expect_digest, allow_creates=allow_creates
        )
        self._run(lambda run: applying.apply(request, run, StopSignal(), caller), creates=True)
        assert caller.report is not None, "it is delivered whatever happens"
        return caller.report

    def render(
        self,
        document: PlanDocument | ApplyReport | Validation | StatusReport,
        format_name: str = "text",
    ) -> str:
        """Write a document in one of the command line's formats; KeyError for another."""
        context = RenderContext(tool_version=VERSION)
        match document:
            case PlanDocument():
                return render_plan(format_name, document, context)
            case ApplyReport():
                return render_report(format_name, document, context)
            case Validation():
                return render_validation(format_name, document, context)
            case StatusReport():
                return render_status(format_name, document, context)

    def _run(self, verb: Callable[[Run], Awaitable[Result]], *, creates: bool = False) -> Result:
        async def run_verb() -> Result:
            context = SignInContext(self.environ, self.say)
            async with open_run(self.configuration, self.desired, context, creates=creates) as run:
                return await verb(run)

        return asyncio.run(run_verb())


@dataclass(slots=True)
class _ProgramDialogue:
    """The dialogue of apply with a program: it is asked once, and gets the report."""

    ask: Callable[[PlanDocument], bool]
    report: ApplyReport | None = None

    def show(self, document: PlanDocument) -> None:
        """The caller sees the plan when it is asked."""

    def approve(self, document: PlanDocument) -> bool:
        return self.ask(document)

    def keep(self, report: ApplyReport) -> None:
        self.report = report

    def deliver(self, report: ApplyReport) -> None:
        self.report = report
