"""A loopback server that answers with the very bytes it is given, so that it can break them off."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Mapping


@dataclass(frozen=True, slots=True)
class Heard:
    """One request, as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """Bytes to send, after a wait; then the connection ends, or is kept."""

    sent: bytes
    keep: bool = True
    wait: float = 0.0


def reply(
    status: int, body: object = b"", content_type: str = "application/json", **headers: str
) -> Reply:
    """A well-formed answer; `_` in the name of a header is written `-`."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {"content-type": content_type, "content-length": str(len(content)), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in named.items())
    return Reply(f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode() + content)


DROPPED = Reply(b"", keep=False)


@dataclass(slots=True)
class RawService:
    """Answers each request with what `answer` makes of it; remembers what it heard."""

    answer: Callable[[Heard], Reply]
    heard: list[Heard] = field(default_factory=list)
    connections: int = 0
    address: str = ""
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        try:
            while await self._one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            self._open.discard(writer)

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {
            name.lower(): value for name, _, value in (each.partition(": ") for each in rest)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        heard = Heard(method, target, headers, body)
        self.heard.append(heard)
        said = self.answer(heard)
        await asyncio.sleep(said.wait)
        writer.write(said.sent)
        await writer.drain()
        return said.keep

    def say_unasked(self, text: bytes) -> None:
        for writer in self._open:
            writer.write(text)

    def end(self) -> None:
        for writer in self._open:
            writer.close()


@asynccontextmanager
async def raw_service(
    answer: Callable[[Heard], Reply], tls: ssl.SSLContext | None = None
) -> AsyncIterator[RawService]:
    service = RawService(answer)
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0, ssl=tls)
    host, port = server.sockets[0].getsockname()
    service.address = f"{'http' if tls is None else 'https'}://{host}:{port}"
    try:
        yield service
    finally:
        server.close()
        service.end()
        await server.wait_closed()
        await asyncio.sleep(0)


def replies(*given: Reply) -> Callable[[Heard], Reply]:
    """Answer with each in its turn, and with the last from then on."""
    waiting = list(given)
    return lambda _heard: waiting.pop(0) if len(waiting) > 1 else waiting[0]
