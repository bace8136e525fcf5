"""The HTTP client: who is told the token, which way is taken, how connections are kept."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import MutableMapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from reconciler.model.errors import ConfigurationError, SignInFailed
from reconciler.model.secret import Secret
from reconciler.partner_center.connection import BearerToken, ConnectionPool, connect, proxy_for
from tests.partner_center.raw_service import DROPPED, RawService, raw_service, replies, reply

if TYPE_CHECKING:
    from pathlib import Path

Message = MutableMapping[str, Any]

ADDRESS = "https://api.partnercenter.microsoft.com"


def authorization(url: str) -> str | None:
    request = httpx.Request("GET", url)
    next(BearerToken(Secret("t0ken"), ADDRESS).auth_flow(request))
    sent = request.headers.get("Authorization")
    return None if sent is None else str(sent)


@pytest.mark.parametrize("url", [f"{ADDRESS}/v1/customers", f"{ADDRESS}:443/"])
def test_the_token_goes_to_the_configured_origin(url: str) -> None:
    """Requests to the service carry the token."""
    assert authorization(url) == "Bearer t0ken"


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/",
        "http://api.partnercenter.microsoft.com/",
        "https://api.partnercenter.microsoft.com:8443/",
        "https://api.partnercenter.microsoft.com.elsewhere.example/",
    ],
)
def test_the_token_goes_nowhere_else(url: str) -> None:
    """Another host, scheme or port is not told who we are."""
    assert authorization(url) is None


@pytest.mark.parametrize("text", ["", "two words", "line\nbreak", "tök"])
def test_a_token_that_no_header_can_carry_is_refused_unsaid(text: str) -> None:
    """The mistake is named where the token comes in, without repeating it."""
    with pytest.raises(SignInFailed, match="no token has") as caught:
        BearerToken(Secret(text), ADDRESS)
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "proxies", "expected"),
    [
        (ADDRESS, {}, None),
        (ADDRESS, {"https": "http://proxy.example:3128"}, "http://proxy.example:3128"),
        (ADDRESS, {"https": "proxy.example:3128"}, "http://proxy.example:3128"),
        (ADDRESS, {"all": "http://proxy.example"}, "http://proxy.example"),
        (ADDRESS, {"http": "http://proxy.example"}, None),
        (ADDRESS, {"https": "http://p.example", "no": "microsoft.com"}, None),
        (ADDRESS, {"https": "http://p.example", "no": "a, .Microsoft.com"}, None),
        (ADDRESS, {"https": "http://p.example", "no": "*"}, None),
        (ADDRESS, {"https": "http://p.example", "no": "soft.com,,"}, "http://p.example"),
        ("http://127.0.0.1:8085", {"http": "http://p.example", "all": "http://p.example"}, None),
        ("http://localhost:8085", {"http": "http://p.example"}, None),
        ("http://[::1]:8085", {"http": "http://p.example"}, None),
    ],
)
def test_proxies_come_from_the_environment_and_never_for_loopback(
    url: str, proxies: dict[str, str], expected: str | None
) -> None:
    """The proxy of the scheme, or the one for all, unless NO_PROXY or loopback say otherwise."""
    proxy = proxy_for(httpx.URL(url), proxies)
    assert (None if proxy is None else str(proxy.url)) == expected


@pytest.mark.parametrize(
    "named", ["ftp://user:pass@proxy.example", "socks5://user:pass@p.example", "http://pass:x:y"]
)
def test_a_proxy_of_another_kind_is_named_and_not_repeated(named: str) -> None:
    """A proxy that can't be used is a matter of configuration, and may hold a password."""
    with pytest.raises(ConfigurationError, match="the proxy") as caught:
        proxy_for(httpx.URL(ADDRESS), {"https": named})
    assert "pass" not in str(caught.value)


async def gets(service: RawService, number: int, concurrency: int) -> list[object]:
    client = connect(service.address, auth=None, concurrency=concurrency)
    async with client:
        asked = (client.get(service.address) for _ in range(number))
        return list(await asyncio.gather(*asked, return_exceptions=True))


def test_connections_are_kept_and_bounded() -> None:
    """Forty requests at most four at a time take four connections."""

    async def run() -> tuple[int, int]:
        async with raw_service(replies(reply(200, []))) as service:
            await gets(service, 40, concurrency=4)
            return service.connections, len(service.heard)

    assert asyncio.run(run()) == (4, 40)


def test_a_post_goes_over_a_fresh_connection() -> None:
    """A connection kept alive may just be closed at the other end: that would be a doubt."""

    async def run() -> list[int]:
        async with raw_service(replies(reply(200, []))) as service:
            used = []
            async with connect(service.address, auth=None, concurrency=1) as client:
                for method in ("GET", "GET", "POST", "POST", "GET"):
                    await client.request(method, service.address)
                    used.append(service.connections)
            return used

    assert asyncio.run(run()) == [1, 1, 2, 3, 3]


def test_a_connection_that_broke_is_replaced() -> None:
    """After a dropped answer its place is free again, and the next request goes through."""

    async def run() -> list[object]:
        async with raw_service(replies(DROPPED, reply(200, []))) as service:
            return await gets(service, 3, concurrency=1)

    first, *rest = asyncio.run(run())
    assert isinstance(first, httpx.RemoteProtocolError)
    assert [isinstance(each, httpx.Response) for each in rest] == [True, True]


def test_a_request_that_is_cancelled_frees_its_place() -> None:
    """Whether it waits for a place or for its answer, a cancelled request blocks nobody."""

    async def run() -> int:
        slow = replies(reply(200, []), reply(200, []))
        async with raw_service(slow) as service:
            client = connect(service.address, auth=None, concurrency=1)
            async with client:
                tasks = [asyncio.create_task(client.get(service.address)) for _ in range(3)]
                await asyncio.sleep(0)
                for each in tasks:
                    each.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                return (await client.get(service.address)).status_code

    assert asyncio.run(run()) == 200


def test_a_connection_that_cannot_be_made_up_frees_its_place() -> None:
    """Whatever fails before a request has its connection, the next request has its chance."""
    given: list[httpx.AsyncBaseTransport | OSError] = [OSError("no certificates"), Said()]

    def make() -> httpx.AsyncBaseTransport:
        made = given.pop(0)
        if isinstance(made, OSError):
            raise made
        return made

    async def run() -> int:
        async with httpx.AsyncClient(transport=ConnectionPool(make, concurrency=1)) as client:
            with pytest.raises(OSError, match="no certificates"):
                await client.get(ADDRESS)
            return (await client.get(ADDRESS)).status_code

    assert asyncio.run(run()) == 204


class Said(httpx.AsyncBaseTransport):
    """Answers 204 to everything."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(204, request=request)


def test_redirects_are_not_followed() -> None:
    """A redirect is an answer, and no second request."""

    async def run() -> tuple[int, int]:
        moved = replies(reply(302, location="https://elsewhere.example/"))
        async with raw_service(moved) as service:
            (response,) = await gets(service, 1, concurrency=1)
            assert isinstance(response, httpx.Response)
            return response.status_code, len(service.heard)

    assert asyncio.run(run()) == (302, 1)


def self_signed(folder: Path) -> ssl.SSLContext:
    """What a server needs to say that it is this machine, on nobody's word but its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / "server.pem"
    file.write_bytes(certificate.public_bytes(Encoding.PEM) + key.private_bytes(*plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_https_trusts_nobody_unknown(tmp_path: Path) -> None:
    """A service on https that nobody vouches for hears no request, and so no token."""

    async def run() -> int:
        async with raw_service(replies(reply(200)), self_signed(tmp_path)) as service:
            signed = BearerToken(Secret("t0ken"), service.address)
            async with connect(service.address, auth=signed, concurrency=1) as client:
                with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                    await client.get(service.address)
            return len(service.heard)

    assert asyncio.run(run()) == 0
