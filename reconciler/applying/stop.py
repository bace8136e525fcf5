"""Tells a run to stop: nothing new is sent, and what is in flight is settled."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from reconciler.model.remedies import APPLY_AGAIN

if TYPE_CHECKING:
    from reconciler.model.errors import ReconcilerError


class StopSignal:
    """Requested once and for all: no new creates. Those in flight are settled."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._requested = asyncio.Event()
        self.reason: str | None = None
        self.error: ReconcilerError | None = None

    def __bool__(self) -> bool:
        return self._event.is_set()

    @property
    def remedy(self) -> str:
        """What to do about the creates that were not sent."""
        return self.error.remedy if self.error is not None else APPLY_AGAIN

    def request(self, reason: str, error: ReconcilerError | None = None) -> None:
        """Stop with the first reason given. Without an error it is somebody who asks, and waits."""
        if error is None:
            self._requested.set()
        if not self._event.is_set():
            self.reason, self.error = reason, error
            self._event.set()

    async def requested(self) -> None:
        """Wait until somebody asks to stop: what ends a run by itself is in no hurry."""
        await self._requested.wait()

    async def wait(self, seconds: float) -> None:
        """Wait, but not longer than until a stop is requested."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return
