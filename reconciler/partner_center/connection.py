"""Builds the HTTP client: who is asked, by which way, as whom. It decides nothing about calls."""

from __future__ import annotations

import asyncio
import re
import ssl
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final
from urllib.request import getproxies

import httpx

from reconciler.model.errors import ConfigurationError, SignInFailed
from reconciler.partner_center.origin import origin_of
from reconciler.validation.addresses import is_loopback

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Mapping

    from reconciler.model.secret import Secret

TIMEOUTS: Final = httpx.Timeout(30.0, connect=10.0)
"""Seconds for each read and write, and for a connection."""

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


def connect(
    address: str,
    *,
    auth: httpx.Auth | None,
    concurrency: int,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """Make the client for `address`; a `transport` that is given answers instead of a network.

    ConfigurationError where the environment names a proxy of a kind that can't be used.
    """
    if transport is None:
        transport = ConnectionPool(_connection_maker(address, getproxies()), concurrency)
    return httpx.AsyncClient(
        auth=auth,
        transport=transport,
        timeout=TIMEOUTS,
        follow_redirects=False,
        trust_env=False,  # the proxies are found here, and nothing else is wanted
    )


class ConnectionPool(httpx.AsyncBaseTransport):
    """Single connections side by side, kept alive: httpx's own pool degrades with their number.

    A POST goes over a fresh one.
    """

    def __init__(self, make: Callable[[], httpx.AsyncBaseTransport], concurrency: int) -> None:
        self._make = make
        self._places = asyncio.Semaphore(concurrency)
        self._free: list[httpx.AsyncBaseTransport] = []
        self._made = AsyncExitStack()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self._places.acquire()
        try:
            connection = self._free.pop() if self._free else await self._new()
            if request.method == "POST":
                # One kept alive may be closed at the other end just now: that would be a doubt.
                await connection.aclose()
        except BaseException:
            self._places.release()
            raise
        try:
            response = await connection.handle_async_request(request)
        except BaseException:
            self._leave(connection)
            raise
        stream = response.stream
        assert isinstance(stream, httpx.AsyncByteStream)
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=_ConnectionStream(stream, lambda: self._leave(connection)),
            extensions=response.extensions,
        )

    async def _new(self) -> httpx.AsyncBaseTransport:
        return await self._made.enter_async_context(self._make())

    def _leave(self, connection: httpx.AsyncBaseTransport) -> None:
        self._free.append(connection)
        self._places.release()

    async def aclose(self) -> None:
        await self._made.aclose()


class _ConnectionStream(httpx.AsyncByteStream):
    """The body of an answer; httpx closes it once, and that frees its connection."""

    def __init__(self, stream: httpx.AsyncByteStream, leave: Callable[[], None]) -> None:
        self._stream = stream
        self._leave = leave

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            yield chunk

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            self._leave()


def _connection_maker(
    address: str, proxies: Mapping[str, str]
) -> Callable[[], httpx.AsyncBaseTransport]:
    url = httpx.URL(address)
    proxy = proxy_for(url, proxies)
    contexts: list[ssl.SSLContext] = []

    def make() -> httpx.AsyncBaseTransport:
        if not contexts:
            contexts.append(_ssl_context(url))
        return httpx.AsyncHTTPTransport(
            verify=contexts[0],
            proxy=proxy,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
        )

    return make


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
