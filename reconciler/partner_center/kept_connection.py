"""One HTTP/1.1 connection for reads, kept alive, over asyncio and h11. It carries no write.

httpx's own transport takes twice the processor's time, which ten thousand customers show. Writes
stay with it all the same: what its exceptions say of a create is known, row by row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import h11
import httpx

from reconciler.partner_center.tcp_stream import open_stream

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable

    from reconciler.partner_center.tcp_stream import TcpStream

LARGEST_HEAD: Final = 100 * 1024
"""Bytes of status line and headers together; as httpx has it."""

_END: Final = h11.EndOfMessage()


class KeptConnection(httpx.AsyncBaseTransport):
    """One request at a time; the next may go once the answer before is closed.

    `make_tls` gives the context for https.
    """

    def __init__(self, make_tls: Callable[[], ssl.SSLContext]) -> None:
        self._make_tls = make_tls
        self._stream: TcpStream | None = None
        self._state = h11.Connection(h11.CLIENT)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises httpx's exceptions."""
        assert request.method == "GET", "only a read may meet a connection that is just ending"
        timeouts = request.extensions["timeout"]
        stream = await self._open_stream(request.url, timeouts["connect"])
        exchange = _Exchange(stream, self._state, timeouts["read"])
        try:
            exchange.send(request)
            head = await exchange.receive_head()
        except BaseException:
            self._drop()
            raise
        return httpx.Response(
            head.status_code,
            headers=head.headers.raw_items(),
            stream=_Body(exchange, self._finish),
        )

    async def aclose(self) -> None:
        self._drop()

    async def _open_stream(self, url: httpx.URL, seconds: float) -> TcpStream:
        """The one there is, or a new one where it ended or said what nobody asked for."""
        if self._stream is None or not self._stream.is_quiet:
            self._drop()
            self._stream = await open_stream(url, self._make_tls, seconds)
            self._state = h11.Connection(h11.CLIENT, LARGEST_HEAD)
        return self._stream

    def _finish(self) -> None:
        """Keep the connection only where the whole answer was taken, and nothing beyond it came."""
        sides = {self._state.our_state, self._state.their_state}
        if sides == {h11.DONE} and self._state.trailing_data == (b"", False):
            self._state.start_next_cycle()
        else:
            self._drop()

    def _drop(self) -> None:
        if self._stream is not None:
            self._stream.abort()
            self._stream = None


class _Exchange:
    """One request and its answer: h11 says what the bytes mean, the stream brings them."""

    def __init__(self, stream: TcpStream, state: h11.Connection, read_timeout: float) -> None:
        self._stream = stream
        self._state = state
        self._read_timeout = read_timeout

    def send(self, request: httpx.Request) -> None:
        url, headers = request.url, request.headers.raw
        try:
            head = h11.Request(method=request.method, target=url.raw_path, headers=headers)
            sent = (self._state.send(head) or b"") + (self._state.send(_END) or b"")
        except h11.LocalProtocolError:
            # Without its cause, which quotes the header.
            raise httpx.LocalProtocolError("the request is no HTTP") from None
        self._stream.write(sent)

    async def receive_head(self) -> h11.Response:
        while isinstance(event := await self._next_event(), h11.InformationalResponse):
            pass
        if isinstance(event, h11.Response):
            return event
        raise httpx.RemoteProtocolError("the connection ended before an answer")

    async def receive_chunk(self) -> bytes | None:
        """The next piece of the body; None at its end."""
        event = await self._next_event()
        if isinstance(event, h11.Data):
            return bytes(event.data)
        if isinstance(event, h11.EndOfMessage):
            return None
        raise httpx.RemoteProtocolError("the connection ended before the answer did")

    async def _next_event(self) -> object:
        try:
            while (event := self._state.next_event()) is h11.NEED_DATA:
                self._state.receive_data(await self._stream.read(self._read_timeout))
        except h11.RemoteProtocolError as error:
            raise httpx.RemoteProtocolError(str(error)) from error
        return event


class _Body(httpx.AsyncByteStream):
    def __init__(self, exchange: _Exchange, finish: Callable[[], None]) -> None:
        self._exchange = exchange
        self._finish = finish

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (chunk := await self._exchange.receive_chunk()) is not None:
            yield chunk

    async def aclose(self) -> None:
        self._finish()
