"""Lets the first request of each kind go alone, so that a refused sign-in costs one request.

It knows no outcome; whoever waited here finds out for himself what the first one met.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from reconciler.partner_center.calls import Kind

_OPEN: Final = nullcontext()


class FirstRequestGate:
    def __init__(self) -> None:
        self._tried: set[Kind] = set()
        self._locks: dict[Kind, asyncio.Lock] = defaultdict(asyncio.Lock)

    def admit(self, kind: Kind) -> AbstractAsyncContextManager[None]:
        """Wait while the first of its kind is under way; later ones wait for nobody."""
        return _OPEN if kind in self._tried else self._one_by_one(kind)

    @asynccontextmanager
    async def _one_by_one(self, kind: Kind) -> AsyncIterator[None]:
        async with self._locks[kind]:
            if kind not in self._tried:
                try:
                    yield
                finally:
                    self._tried.add(kind)
                return
        yield
