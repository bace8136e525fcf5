"""Answers the client in this process, without a network. It decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from reconciler.emulator.routing import read_request
from reconciler.emulator.world import Response

if TYPE_CHECKING:
    from reconciler.emulator.emulator import Emulator


class EmbeddedTransport(httpx.AsyncBaseTransport):
    """The emulator in place of a network; a connection that a fault ends is one that broke."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url, body = request.url, await request.aread()
        read = read_request(request.method, url.path, url.query, request.headers.raw, body)
        given = await self._emulator.respond(read)
        if isinstance(given, Response):
            return httpx.Response(given.status, headers=given.all_headers, content=given.body)
        raise httpx.ReadError("the connection was dropped", request=request)
