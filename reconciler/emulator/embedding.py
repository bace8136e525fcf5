"""Answers the client in this process, without a network. It decides nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import httpx

from reconciler.emulator.routing import make_request, read_request
from reconciler.emulator.world import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.emulator.emulator import Emulator


IN_A_ROW: Final = 16
"""Requests before others may run: a way round the event loop takes a tenth of what a read does."""


class EmbeddedTransport(httpx.AsyncBaseTransport):
    """The emulator in place of a network; a connection that a fault ends is one that broke."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)  # others run while a network is waited for
        url, body = request.url, await request.aread()
        read = read_request(request.method, url.path, url.query, request.headers.raw, body)
        given = await self._emulator.respond(read)
        if isinstance(given, Response):
            return httpx.Response(given.status, headers=given.all_headers, content=given.body)
        raise httpx.ReadError("the connection was dropped", request=request)


class EmbeddedService:
    """The emulator without HTTP: what a request and its answer cost there is most of a read.

    Every call is made under `authorization`.
    """

    def __init__(self, emulator: Emulator, authorization: str) -> None:
        self._emulator = emulator
        self._authorization = authorization
        self._requests = 0

    async def answer(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        await self._let_others_run()
        path, _, query = target.partition("?")
        named = {name.lower(): text for name, text in headers.items()}
        named["authorization"] = self._authorization
        request = make_request(method, unquote(path), query, named, body)
        given = await self._emulator.respond(request)
        if isinstance(given, Response):
            return given.status, given.all_headers, given.body.encode()
        raise httpx.ReadError("the connection was dropped")

    async def _let_others_run(self) -> None:
        """No network is waited for: a thousand reads in a row would keep a signal waiting."""
        self._requests += 1
        if self._requests % IN_A_ROW == 0:
            await asyncio.sleep(0)

    async def aclose(self) -> None:
        """Nothing is open."""
