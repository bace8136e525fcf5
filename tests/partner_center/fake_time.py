"""A clock that only sleeping moves, for tests that must not wait."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from reconciler.partner_center.timing import Timing

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class FakeTime:
    seconds: float = 0.0
    chance: float = 0.5
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)

    @property
    def timing(self) -> Timing:
        return Timing(
            clock=lambda: self.seconds,
            now=lambda: EPOCH + timedelta(seconds=self.seconds),
            sleep=self.sleep,
            chance=lambda: self.chance,
        )
