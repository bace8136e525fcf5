"""Shows on a terminal how far a long reading is; silent everywhere else."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.cli.options import Globals


@contextmanager
def progress_bar(flags: Globals) -> Iterator[Callable[[int, int], None]]:
    """Give the function to report progress to: customers done, customers in all."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console  # noqa: PLC0415 - on a terminal only: it is slow to import
    from rich.progress import Progress  # noqa: PLC0415 - as above

    console = Console(stderr=True, no_color=not flags.colour)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("reading customers", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
