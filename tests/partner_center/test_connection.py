"""The way to the service: who is told the token, which proxy is taken, who is trusted."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from reconciler.model.errors import ConfigurationError, SignInFailed
from reconciler.model.secret import Secret
from reconciler.partner_center.connection import BearerToken, connect, over_network, proxy_for
from tests.partner_center.certificates import self_signed
from tests.partner_center.raw_service import raw_service, replies, reply

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


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_has_a_proxy_goes_by_it(method: str) -> None:
    """Reads and writes alike are asked of the proxy, under the service's own name."""

    async def run() -> list[str]:
        async with raw_service(replies(reply(200))) as proxy:
            way = over_network(httpx.URL("http://partner.example"), {"http": proxy.address}, 1)
            async with httpx.AsyncClient(transport=way) as client:
                await client.request(method, "http://partner.example/v1")
            return [heard.target for heard in proxy.heard]

    assert asyncio.run(run()) == ["http://partner.example/v1"]


def test_https_trusts_nobody_unknown(tmp_path: Path) -> None:
    """A service on https that nobody vouches for hears no request, and so no token."""

    async def run() -> int:
        async with raw_service(replies(reply(200)), self_signed(tmp_path)) as service:
            signed = BearerToken(Secret("t0ken"), service.address)
            way = connect(service.address, auth=signed, concurrency=1)
            async with httpx.AsyncClient(transport=way) as client:
                with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                    await client.get(service.address)
            return len(service.heard)

    assert asyncio.run(run()) == 0
