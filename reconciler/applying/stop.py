"""Tells a run to stop, and lets its first create go alone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from reconciler.model.errors import (
        ReconcilerError,
    )
    from reconciler.model.plan import Created


class StopSignal:
    """Raised once and for all: no new creates. Those in flight are settled."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.reason: str | None = None
        self.error: ReconcilerError | None = None

    def __bool__(self) -> bool:
        return self._event.is_set()

    def request(self, reason: str, error: ReconcilerError | None = None) -> None:
        """Stop with the first reason given; later ones change nothing."""
        if not self._event.is_set():
            self.reason, self.error = reason, error
            self._event.set()

    async def wait(self, seconds: float) -> None:
        """Wait, but not longer than until the flag is raised."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return


class FirstRequestGate:
    """Lets the first create of a run go alone: its sign-in may be refused, and then none follows.

    Whoever waits here is not recorded yet, and is free to turn back.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._answered = False

    async def follow(self, send: Callable[[], Awaitable[Created | None]]) -> Created | None:
        if not self._answered:
            async with self._lock:
                if not self._answered:
                    try:
                        return await send()
                    finally:
                        self._answered = True
        return await send()
