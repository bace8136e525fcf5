"""A connection that is kept for reads: when it is used again, when not, and what its failures are.

An answer that is left over from one customer must never be read as the next one's.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING

import h11
import httpx
import pytest

from reconciler.partner_center.kept_connection import KeptConnection
from reconciler.partner_center.retry import EXCEPTIONS
from tests.partner_center.raw_service import DROPPED, Heard, Reply, raw_service, replies, reply

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

TIMEOUTS = {"connect": 10.0, "read": 10.0}


def no_tls() -> ssl.SSLContext:
    raise AssertionError("plain http asks for no certificates")


async def get(
    connection: KeptConnection,
    address: str,
    timeouts: Mapping[str, float] = TIMEOUTS,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Read one body whole, with the status before it."""
    extensions = {"timeout": timeouts}
    request = httpx.Request("GET", f"{address}/v1", headers=headers, extensions=extensions)
    response = await connection.handle_async_request(request)
    try:
        assert isinstance(response.stream, httpx.AsyncByteStream)
        body = b"".join([chunk async for chunk in response.stream])
    finally:
        await response.aclose()
    return b"%d %s" % (response.status_code, body)


def read_in_turn(*said: Reply) -> tuple[list[bytes | httpx.HTTPError], int]:
    """One read for each reply over one kept connection; what came, and how many were opened."""

    async def run() -> tuple[list[bytes | httpx.HTTPError], int]:
        got: list[bytes | httpx.HTTPError] = []
        async with raw_service(replies(*said)) as service, KeptConnection(no_tls) as connection:
            for _ in said:
                try:
                    got.append(await get(connection, service.address))
                except httpx.HTTPError as error:
                    got.append(error)
                await asyncio.sleep(0)
            return got, service.connections

    return asyncio.run(run())


PLAIN = reply(200, b"whole")
CHUNKED = Reply(
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nwho\r\n2\r\nle\r\n0\r\n\r\n"
)
EARLY = Reply(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + PLAIN.sent)


@pytest.mark.parametrize("said", [PLAIN, CHUNKED, EARLY], ids=["plain", "chunked", "with hints"])
def test_one_connection_serves_many_reads(said: Reply) -> None:
    """A whole answer, however it is framed, leaves the connection to the next read."""
    assert read_in_turn(said, said, said) == ([b"200 whole"] * 3, 1)


CLOSING = Reply(PLAIN.sent.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
UNFRAMED = Reply(b"HTTP/1.0 200 OK\r\n\r\nwhole", keep=False)
LEAVING = Reply(PLAIN.sent, keep=False)


@pytest.mark.parametrize(
    "said", [CLOSING, UNFRAMED, LEAVING], ids=["says so", "ends its body so", "just closes"]
)
def test_a_connection_that_the_service_ends_is_replaced(said: Reply) -> None:
    """The answer before it is whole, and the next read goes over a new one."""
    assert read_in_turn(said, said) == ([b"200 whole"] * 2, 2)


def test_what_comes_unasked_is_no_answer_to_the_next_read() -> None:
    """Of two answers to one read, the second would say of one customer what another has."""
    twice = Reply(PLAIN.sent + reply(200, b"of another").sent)
    assert read_in_turn(twice, PLAIN) == ([b"200 whole"] * 2, 2)


def test_what_comes_unasked_and_late_is_no_answer_to_the_next_read() -> None:
    """Also where it comes when the answer before it was taken whole and closed."""

    async def run() -> tuple[bytes, int]:
        said = iter([PLAIN, PLAIN])
        async with raw_service(lambda _: next(said)) as service, KeptConnection(no_tls) as kept:
            await get(kept, service.address)
            service.say_unasked(reply(200, b"of another").sent)
            for _ in range(5):
                await asyncio.sleep(0)
            return await get(kept, service.address), service.connections

    assert asyncio.run(run()) == (b"200 whole", 2)


def test_an_answer_that_is_left_unread_ends_the_connection() -> None:
    """Its rest would come before the next answer."""

    async def run() -> tuple[bytes, int]:
        async with raw_service(replies(PLAIN)) as service, KeptConnection(no_tls) as connection:
            request = httpx.Request("GET", service.address, extensions={"timeout": TIMEOUTS})
            await (await connection.handle_async_request(request)).aclose()
            return await get(connection, service.address), service.connections

    assert asyncio.run(run()) == (b"200 whole", 2)


def test_a_read_that_is_cancelled_ends_the_connection() -> None:
    """Its answer is still to come, and is nobody's."""

    async def run() -> tuple[bytes, int]:
        said = iter([Reply(reply(200, b"of another").sent, wait=0.05), PLAIN])
        heard = asyncio.Event()

        def answer(_: Heard) -> Reply:
            heard.set()
            return next(said)

        async with raw_service(answer) as service, KeptConnection(no_tls) as connection:
            reading = asyncio.create_task(get(connection, service.address))
            await heard.wait()
            reading.cancel()
            await asyncio.wait([reading])
            return await get(connection, service.address), service.connections

    assert asyncio.run(run()) == (b"200 whole", 2)


@pytest.mark.parametrize(
    "said",
    [
        DROPPED,
        Reply(b"HTTP/1.1 200 OK\r\ncontent-le", keep=False),
        Reply(PLAIN.sent[:-1], keep=False),
        Reply(CHUNKED.sent[:-2], keep=False),
        Reply(b"SSH-2.0-OpenSSH\r\n\r\n", keep=False),
        Reply(b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", keep=False),
        Reply(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 50_000, keep=False),
    ],
    ids=["dropped", "in the head", "in the body", "last chunk", "no HTTP", "upgrade", "endless"],
)
def test_an_answer_that_is_not_whole_is_an_error(said: Reply) -> None:
    """Never a shorter answer; and the next read goes over a new connection."""
    (lost, whole), opened = read_in_turn(said, PLAIN)
    assert type(lost) is httpx.RemoteProtocolError
    assert (whole, opened) == (b"200 whole", 2)


async def failure_of(
    address: str,
    timeouts: Mapping[str, float] = TIMEOUTS,
    headers: Mapping[str, str] | None = None,
) -> type[BaseException] | None:
    async with KeptConnection(no_tls) as connection:
        try:
            await get(connection, address, timeouts, headers)
        except httpx.HTTPError as error:
            return type(error)
    return None


def resetting(service: socket.socket) -> None:
    """Take a request, and break the connection off without an end."""
    taken, _ = service.accept()
    taken.recv(100)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    taken.close()


def test_a_connection_that_is_reset_is_an_error_of_reading() -> None:
    """What was sent may have come through."""

    async def run() -> type[BaseException] | None:
        with socket.create_server(("127.0.0.1", 0)) as service:
            breaking = asyncio.to_thread(resetting, service)
            address = f"http://127.0.0.1:{service.getsockname()[1]}"
            failure, _ = await asyncio.gather(failure_of(address), breaking)
            return failure

    assert asyncio.run(run()) is httpx.ReadError


@pytest.mark.parametrize(
    ("address", "timeouts", "header", "kind"),
    [
        ("", {"connect": 10.0, "read": 0.01}, "one", httpx.ReadTimeout),
        ("", {"connect": 0.0, "read": 10.0}, "one", httpx.ConnectTimeout),
        ("http://127.0.0.1:9", TIMEOUTS, "one", httpx.ConnectError),
        (f"http://{'a' * 64}.example", TIMEOUTS, "one", httpx.ConnectError),
        ("ftp://127.0.0.1", TIMEOUTS, "one", httpx.UnsupportedProtocol),
        ("", TIMEOUTS, "one\r\ntwo: three", httpx.LocalProtocolError),
    ],
    ids=["silent", "slow to connect", "not there", "no such name", "no http", "unsendable"],
)
def test_each_failure_has_its_row(
    address: str, timeouts: Mapping[str, float], header: str, kind: type[httpx.HTTPError]
) -> None:
    """It is the exception that httpx itself has for it, and so one of the table of failures."""

    async def run() -> type[BaseException] | None:
        async with raw_service(lambda _: Reply(b"", wait=0.1, keep=False)) as service:
            return await failure_of(address or service.address, timeouts, {"x": header})

    assert asyncio.run(run()) is kind
    assert kind in EXCEPTIONS


def test_h11_has_no_exception_that_is_not_translated() -> None:
    """One that a later h11 adds has to be looked at."""
    own = [each for each in vars(h11).values() if isinstance(each, type)]
    failures = {each for each in own if issubclass(each, Exception)}
    assert failures == {h11.ProtocolError, h11.LocalProtocolError, h11.RemoteProtocolError}


def test_a_write_is_not_taken() -> None:
    """Whether a create happened is known of httpx's own transport only."""

    async def run() -> None:
        extensions = {"timeout": TIMEOUTS}
        request = httpx.Request("POST", "http://127.0.0.1:9", extensions=extensions)
        await KeptConnection(no_tls).handle_async_request(request)

    with pytest.raises(AssertionError, match="only a read"):
        asyncio.run(run())
