"""Single connections side by side, so many at once: httpx's own pool degrades with their number."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    MakeConnection = Callable[[], httpx.AsyncBaseTransport]


class ConnectionPool(httpx.AsyncBaseTransport):
    """Reads go over connections that are kept; whatever else is sent goes over a fresh one."""

    def __init__(
        self, make_kept: MakeConnection, make_fresh: MakeConnection, concurrency: int
    ) -> None:
        self._kept = _Connections(make_kept)
        self._fresh = _Connections(make_fresh)
        self._places = asyncio.Semaphore(concurrency)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self._places.acquire()
        connections = self._kept if request.method == "GET" else self._fresh
        try:
            connection = await connections.take()
            if connections is self._fresh:
                # One kept alive may be closed at the other end just now: that would be a doubt.
                await connection.aclose()
        except BaseException:
            self._places.release()
            raise

        def leave() -> None:
            connections.free.append(connection)
            self._places.release()

        try:
            response = await connection.handle_async_request(request)
        except BaseException:
            leave()
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _ConnectionStream(response.stream, leave)
        return response

    async def aclose(self) -> None:
        await self._kept.made.aclose()
        await self._fresh.made.aclose()


class _Connections:
    """Those of one kind: all that were made, and of them those that are free."""

    def __init__(self, make: MakeConnection) -> None:
        self._make = make
        self.free: list[httpx.AsyncBaseTransport] = []
        self.made = AsyncExitStack()

    async def take(self) -> httpx.AsyncBaseTransport:
        return self.free.pop() if self.free else await self.made.enter_async_context(self._make())


class _ConnectionStream(httpx.AsyncByteStream):
    """The body of an answer; whoever sent the request closes it once: that frees its connection."""

    def __init__(self, stream: httpx.AsyncByteStream, leave: Callable[[], None]) -> None:
        self._stream = stream
        self._leave = leave

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            self._leave()
