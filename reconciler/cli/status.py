"""`reconciler status`: what is live, whether each customer may buy, and waiting for decisions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import click

from reconciler.cli.durations import Duration
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
from reconciler.cli.output import context_for, show_ending, write
from reconciler.cli.session import Session, open_session
from reconciler.model.errors import UsageError
from reconciler.operations.status import (
    SOMETHING_DENIED,
    TIMED_OUT,
    WaitLimits,
    status,
    wait_until_decided,
)
from reconciler.render.formats import STATUS_FORMATS, render_status
from reconciler.render.phrases import count

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.model.status import StatusReport
    from reconciler.selection.selection import Narrowing


WHY: Final = {
    TIMED_OUT: "a customer is in review still, or could not be read",
    SOMETHING_DENIED: "a qualification is denied",
}


@click.command(
    cls=Command, help="Show what is live at each customer, and whether it may buy. Writes nothing."
)
@paths_argument
@click.option("--wait", is_flag=True, help="Ask gently until nothing is in review.")
@click.option("--timeout", type=Duration(), metavar="DURATION", help="Wait no longer, as 90m.")
@format_option(STATUS_FORMATS)
@global_options
@sign_in_options
@narrowing_options
def command(
    flags: Globals,
    paths: tuple[Path, ...],
    format_: str,
    *,
    wait: bool,
    timeout: float | None,
    narrowing: Narrowing,
) -> int:
    if timeout is not None and not wait:
        raise UsageError("--timeout says how long to wait", "give it with --wait")
    session = open_session(flags, paths, narrowing)
    report, code = run_to_end(_wait(session, timeout) if wait else _status(session))
    write(render_status(format_, report, context_for(flags, session.configuration.folder)))
    read = f"Status: {count(len(report.customers), 'customer')}"
    show_ending(format_, read, WHY.get(code, ""), code)
    return code


async def _status(session: Session) -> tuple[StatusReport, int]:
    async with session.connect() as run:
        return await status(session.desired, run), 0


async def _wait(session: Session, timeout: float | None) -> tuple[StatusReport, int]:  # noqa: ASYNC109 - in seconds of the loop's clock, which is the whole point
    waiting = WaitLimits(timeout, asyncio.get_running_loop().time, asyncio.sleep)
    async with session.connect() as run:
        return await wait_until_decided(session.desired, run, waiting)
