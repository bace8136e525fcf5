"""Shows on stderr how far a run is: a bar on a terminal, and a line for each create of apply.

A run that only reads is silent where there is no terminal.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reconciler.cli.output import say
from reconciler.render.foreign_text import label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress

    from reconciler.cli.options import Globals
    from reconciler.model.plan import Step, StepResult


@contextmanager
def progress_display(
    flags: Globals, traffic: Callable[[], str], *, announce: bool
) -> Iterator[ProgressDisplay]:
    """Give what to report progress to; `announce`, what is begun is told where no bar shows it.

    Beside a bar stand the time left and, in the words of `traffic`, how fast requests go. With
    `--verbose` each call has a line of its own, and a bar would tear them apart.
    """
    on_terminal = sys.stderr.isatty() and not flags.verbose
    bar = _Bar(traffic, colour=flags.colour) if on_terminal else None
    try:
        yield ProgressDisplay(bar, announce=announce)
    finally:
        if bar is not None:
            bar.stop()


class ProgressDisplay:
    def __init__(self, bar: _Bar | None, *, announce: bool) -> None:
        self._bar = bar
        self._announce = announce

    def report(self, what: str, done: int, total: int) -> None:
        if self._bar is not None:
            self._bar.report(what, done, total)
        elif self._announce and done == 0 < total:
            say(f"{what}: {total:,}")

    def posting(self, step: Step) -> None:
        self._print_line(f"{label(step.name)}: {step.qualification} sent")

    def ended(self, result: StepResult) -> None:
        became = result.outcome.replace("-", " ")
        vetting = f", {label(result.vetting_status)}" if result.vetting_status else ""
        self._print_line(f"{label(result.name)}: {result.qualification} {became}{vetting}")

    def _print_line(self, line: str) -> None:
        if self._bar is None:
            say(line)
        else:
            self._bar.print_line(line)


class _Bar:
    """Is there from the first report to the last, so that no question is drawn over."""

    def __init__(self, traffic: Callable[[], str], *, colour: bool) -> None:
        self._traffic = traffic
        self._colour = colour
        self._drawn: Progress | None = None

    def report(self, what: str, done: int, total: int) -> None:
        if self._drawn is None and done < total:
            self._drawn = self._draw(what)
        if self._drawn is not None:
            for task in self._drawn.task_ids:
                self._drawn.update(task, completed=done, total=total, traffic=self._traffic())
        if done == total:
            self.stop()

    def print_line(self, line: str) -> None:
        """Write a line above the bar."""
        if self._drawn is None:
            say(line)
        else:
            self._drawn.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def stop(self) -> None:
        """Take the bar away; harmless where there is none."""
        if self._drawn is not None:
            self._drawn.stop()
            self._drawn = None

    def _draw(self, what: str) -> Progress:
        from rich.console import Console  # noqa: PLC0415 - on a terminal only: it is slow to import
        from rich.progress import (  # noqa: PLC0415 - as above
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        console = Console(stderr=True, no_color=not self._colour)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[traffic]}"),
        )
        drawn = Progress(*columns, console=console, transient=True)
        drawn.add_task(what, total=None, traffic="")
        drawn.start()
        return drawn
