"""Builds the way to the service: who is asked, by which way, as whom. It sends nothing itself."""

from __future__ import annotations

import re
import ssl
from contextlib import aclosing
from functools import cache, partial
from typing import TYPE_CHECKING, Final
from urllib.request import getproxies

import httpx

from reconciler.model.errors import ConfigurationError, SignInFailed
from reconciler.partner_center.connection_pool import ConnectionPool
from reconciler.partner_center.kept_connection import KeptConnection
from reconciler.partner_center.origin import origin_of
from reconciler.validation.addresses import is_loopback

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from reconciler.model.secret import Secret

_TOKEN: Final = re.compile(r"[\x21-\x7e]+")
"""What a header can carry."""


class BearerToken(httpx.Auth):
    """Signs requests with a ready access token; to another origin it sends nothing."""

    def __init__(self, token: Secret, address: str) -> None:
        if not _TOKEN.fullmatch(token.reveal()):
            raise SignInFailed(
                "the access token is empty or holds characters that no token has",
                "set PARTNER_CENTER_ACCESS_TOKEN to the token alone, without quotes or line breaks",
            )
        self._token = token
        self._origin = origin_of(httpx.URL(address))

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if origin_of(request.url) == self._origin:
            request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        yield request


class SignedTransport(httpx.AsyncBaseTransport):
    """Lets `auth` put the token on each request: what httpx's client does, without all the rest.

    That rest is cookies, redirects, and merging what a client adds: none is wanted, and it takes
    half as long again as the request.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport, auth: httpx.Auth) -> None:
        self._transport = transport
        self._auth = auth

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        async with aclosing(self._auth.async_auth_flow(request)) as flow:
            signed = await anext(flow)
            while True:
                response = await self._transport.handle_async_request(signed)
                try:
                    signed = await flow.asend(response)
                except StopAsyncIteration:
                    return response
                except BaseException:
                    await response.aclose()
                    raise
                await response.aclose()

    async def aclose(self) -> None:
        await self._transport.aclose()


def connect(
    address: str,
    *,
    auth: httpx.Auth | None,
    concurrency: int,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncBaseTransport:
    """Make the way to `address`; a `transport` that is given answers instead of a network.

    ConfigurationError where the environment names a proxy of a kind that can't be used.
    """
    if transport is None:
        transport = over_network(httpx.URL(address), getproxies(), concurrency)
    return transport if auth is None else SignedTransport(transport, auth)


def over_network(
    url: httpx.URL, proxies: Mapping[str, str], concurrency: int
) -> httpx.AsyncBaseTransport:
    """The connections to `url`, by the proxy that `proxies` (of the environment) names for it."""
    proxy = proxy_for(url, proxies)
    make_tls = cache(partial(_ssl_context, url))

    def make_fresh() -> httpx.AsyncBaseTransport:
        return httpx.AsyncHTTPTransport(
            verify=make_tls(),
            proxy=proxy,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
        )

    def make_kept() -> httpx.AsyncBaseTransport:
        return KeptConnection(make_tls)

    # Through a proxy all goes httpx's way: it knows how to ask for a tunnel.
    return ConnectionPool(make_kept if proxy is None else make_fresh, make_fresh, concurrency)


def _ssl_context(url: httpx.URL) -> ssl.SSLContext:
    """One for all connections, made when the first is: to load the authorities takes its time.

    For plain http there are none to load; used for https by mistake, it would trust nobody.
    """
    if url.scheme == "https":
        return httpx.create_ssl_context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def proxy_for(url: httpx.URL, proxies: Mapping[str, str]) -> httpx.Proxy | None:
    """Find the proxy that the environment names for `url`; this machine is asked without one."""
    if is_loopback(url.host) or _is_excepted(url.host, proxies.get("no", "")):
        return None
    named = proxies.get(url.scheme) or proxies.get("all")
    if not named:
        return None
    try:
        proxy = httpx.Proxy(named if "://" in named else f"http://{named}")
    except (ValueError, httpx.InvalidURL):
        proxy = None
    if proxy is not None and proxy.url.scheme in {"http", "https"}:
        return proxy
    raise ConfigurationError(
        "the proxy that the environment names is not of http or https",
        "set HTTPS_PROXY to an http or https proxy, or name the service in NO_PROXY",
    )


def _is_excepted(host: str, no_proxy: str) -> bool:
    """Whether NO_PROXY names the host, a domain that it is in, or everything."""
    names = (each.strip().lstrip(".").casefold() for each in no_proxy.split(","))
    return any(name in {"*", host} or (name and host.endswith(f".{name}")) for name in names)
