"""The bytes of one TCP or TLS connection, no more of them ahead than is bounded. It knows no HTTP.

Its failures are httpx's exceptions, by what was under way: connecting or reading.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import httpx

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

MOST_AHEAD: Final = 256 * 1024
"""Bytes that may come before they are asked for; the rest waits at the other end."""

NEXT_ADDRESS: Final = 0.25
"""Seconds until another address of the host is tried beside the first (RFC 8305)."""


class TcpStream(asyncio.Protocol):
    """Not asyncio's StreamReader: that one can't tell whether something came unasked."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._ahead = bytearray()
        self._ended = False
        self._broken: Exception | None = None
        self._arrival: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._ahead += data
        if len(self._ahead) > MOST_AHEAD and self._transport is not None:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended, self._broken = True, exc
        self._wake()

    def _wake(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    @property
    def is_quiet(self) -> bool:
        """Whether it is open, and nothing came that nobody asked for."""
        return not self._ended and not self._ahead

    def write(self, data: bytes) -> None:
        """Without waiting until it is gone: where it can't go, the reading shows it."""
        assert self._transport is not None, "it is open"
        self._transport.write(data)

    async def read(self, seconds: float) -> bytes:
        """What has come, or what comes next; empty at the end. Raises ReadError, ReadTimeout."""
        if not self._ahead and not self._ended:
            await self._wait(seconds)
        if not self._ahead and self._broken is not None:
            raise httpx.ReadError("the connection broke") from self._broken
        received = bytes(self._ahead)
        self._ahead.clear()
        if self._transport is not None and not self._ended:
            self._transport.resume_reading()
        return received

    async def _wait(self, seconds: float) -> None:
        self._arrival = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                await self._arrival
        except TimeoutError as error:
            raise httpx.ReadTimeout("nothing came in time") from error

    def abort(self) -> None:
        """At once, and without a word to the other end."""
        if self._transport is not None:
            self._transport.abort()


async def open_stream(
    url: httpx.URL, make_tls: Callable[[], ssl.SSLContext], seconds: float
) -> TcpStream:
    """Connect to the host of `url`. Raises ConnectError, ConnectTimeout, UnsupportedProtocol."""
    if url.scheme not in {"http", "https"}:
        raise httpx.UnsupportedProtocol("the address is neither http nor https")
    secure = url.scheme == "https"
    host = url.raw_host.decode("ascii")
    try:
        async with asyncio.timeout(seconds):
            _, stream = await asyncio.get_running_loop().create_connection(
                TcpStream,
                host,
                url.port or (443 if secure else 80),
                ssl=make_tls() if secure else None,
                happy_eyeballs_delay=NEXT_ADDRESS,
            )
    except TimeoutError as error:  # an OSError too, so it comes first
        raise httpx.ConnectTimeout("no connection could be made in time") from error
    except (OSError, UnicodeError) as error:  # a name that none can have is the latter
        raise httpx.ConnectError(str(error)) from error
    return stream
