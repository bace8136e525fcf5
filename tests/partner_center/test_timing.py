"""The real time and chance."""

from __future__ import annotations

import asyncio
from datetime import UTC

from reconciler.partner_center.timing import REAL


def test_the_real_one_is_in_utc_and_goes_on() -> None:
    """The date has its zone, the clock never goes back, chance is a share, sleep gives way."""
    before = REAL.clock()
    asyncio.run(_slept())
    assert REAL.clock() >= before
    assert REAL.now().tzinfo is UTC
    assert 0 <= REAL.chance() < 1


async def _slept() -> None:
    await REAL.sleep(0)
