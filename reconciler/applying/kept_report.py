"""Keeps a report true while creates are sent, so that a killed run leaves one."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from reconciler.model.errors import StateError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from reconciler.model.plan import ApplyReport

PAUSE: Final = 1.0
"""Seconds between two writes at least: each flushes the whole report to disk."""


@asynccontextmanager
async def report_kept_true(
    report: Callable[[], ApplyReport],
    keep: Callable[[ApplyReport], None],
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[None]:
    """Have `keep` take the report now, and then whatever has changed after each pause.

    StateError where the first can't be kept. A later one that can't is followed by another.
    """
    first = report()
    keep(first)
    task = asyncio.create_task(_follow(first, report, keep, pause))
    try:
        yield
    finally:
        task.cancel()


async def _follow(
    kept: ApplyReport,
    report: Callable[[], ApplyReport],
    keep: Callable[[ApplyReport], None],
    pause: Callable[[float], Awaitable[None]],
) -> None:
    while True:
        await pause(PAUSE)
        current = report()
        if current != kept:
            with suppress(StateError):
                keep(current)
                kept = current
