"""Shows on a terminal how far a long reading is; silent everywhere else, and once it is read."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress

    from reconciler.cli.options import Globals


@contextmanager
def progress_bar(
    flags: Globals, traffic: Callable[[], str] = str
) -> Iterator[Callable[[int, int], None]]:
    """Give the function to report progress to: customers done, customers in all.

    Beside them stand the time left and, in the words of `traffic`, how fast requests go.

    With `--verbose` each call has a line of its own, and a bar would tear them apart.
    """
    if not sys.stderr.isatty() or flags.verbose:
        yield lambda _done, _total: None
        return
    bar = _Bar(traffic, colour=flags.colour)
    try:
        yield bar.report
    finally:
        bar.stop()


class _Bar:
    """Is there from the first report to the last, so that no question is drawn over."""

    def __init__(self, traffic: Callable[[], str], *, colour: bool) -> None:
        self._traffic = traffic
        self._colour = colour
        self._drawn: Progress | None = None

    def report(self, done: int, total: int) -> None:
        if self._drawn is None:
            self._drawn = self._draw()
        for task in self._drawn.task_ids:
            self._drawn.update(task, completed=done, total=total, traffic=self._traffic())
        if done == total:
            self.stop()

    def stop(self) -> None:
        """Take the bar away; harmless where there is none."""
        if self._drawn is not None:
            self._drawn.stop()

    def _draw(self) -> Progress:
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
        drawn.add_task("reading customers", total=None, traffic="")
        drawn.start()
        return drawn
