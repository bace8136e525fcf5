"""The bytes of a connection: bounded ahead of their reader, in order, over TLS too."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import httpx
import pytest

from reconciler.partner_center.tcp_stream import MOST_AHEAD, TcpStream, open_stream
from tests.partner_center.certificates import self_signed
from tests.partner_center.raw_service import raw_service, replies, reply

if TYPE_CHECKING:
    from pathlib import Path


class Source(asyncio.Transport):
    """Where bytes come from; it says whether it is asked to hold them back."""

    held_back = False

    def pause_reading(self) -> None:
        self.held_back = True

    def resume_reading(self) -> None:
        self.held_back = False


def test_what_comes_ahead_is_bounded() -> None:
    """A service that sends more than is taken is made to wait, until it is taken."""

    async def run() -> list[bool]:
        stream, source = TcpStream(), Source()
        stream.connection_made(source)
        held_back = []
        for _ in range(2):
            stream.data_received(bytes(MOST_AHEAD - 1))
            held_back.append(source.held_back)
        await stream.read(1)
        return [*held_back, source.held_back]

    assert asyncio.run(run()) == [False, True, False]


def test_what_came_before_the_end_is_read_before_it() -> None:
    """An answer is whole though the connection broke behind it; then comes what broke it."""

    async def run() -> tuple[bytes, str]:
        stream = TcpStream()
        stream.data_received(b"whole")
        stream.connection_lost(ConnectionResetError("reset"))
        first = await stream.read(1)
        try:
            return first, (await stream.read(1)).decode()
        except httpx.ReadError as error:
            return first, str(error)

    assert asyncio.run(run()) == (b"whole", "the connection broke")


@pytest.mark.parametrize(("scheme", "port"), [("http", 80), ("https", 443)])
def test_each_scheme_has_its_port(scheme: str, port: int) -> None:
    """Nobody is at this address of this machine, which the refusal names."""
    url = httpx.URL(f"{scheme}://127.9.8.7")
    with pytest.raises(httpx.ConnectError, match=rf"'127\.9\.8\.7', {port}\)"):
        asyncio.run(open_stream(url, ssl.create_default_context, 5))


def test_https_is_spoken_with_whom_the_context_trusts(tmp_path: Path) -> None:
    """The name is checked as well as who vouches for it."""
    tls = self_signed(tmp_path)

    def trusting() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(tmp_path / "server.pem"))

    async def run() -> list[str]:
        said = []
        async with raw_service(replies(reply(204)), tls) as service:
            for address in (service.address, service.address.replace("127.0.0.1", "localhost")):
                try:
                    stream = await open_stream(httpx.URL(address), trusting, 10)
                except httpx.ConnectError as error:
                    said.append(str(error))
                    continue
                stream.write(b"GET / HTTP/1.1\r\n\r\n")
                said.append((await stream.read(10)).decode())
                stream.abort()
        return said

    answered, refused = asyncio.run(run())
    assert answered.startswith("HTTP/1.1 204")
    assert "localhost" in refused
