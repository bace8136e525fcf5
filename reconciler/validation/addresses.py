"""The addresses that may be talked to: strict, and spelt in one way; no address is ever echoed."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final
from urllib.parse import SplitResult, urlsplit

_DEFAULT_PORTS: Final = {"https": 443, "http": 80}

# Programs differ on what these mean within an address, so none of them may stand there.
_ODD: Final = re.compile(r"[^!-~]|[\\\"<>^`{|}%]")
_HOST_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")


def read_endpoint(text: str, *, hosts: frozenset[str] | None = None) -> str:
    """Spell an endpoint: lower case scheme and host, no default port, no slash at the end.

    With `hosts`, the host is this machine or one of these, Microsoft's. ValueError says what the
    address is that it must not be.
    """
    scheme, host, port, path = _parts(text)
    if hosts is not None and host not in hosts and not is_loopback(host):
        raise ValueError("of a host that is neither this machine nor Microsoft's Partner Center")
    if scheme == "http" and not is_loopback(host):
        raise ValueError("plain http to another machine")
    spelled_host = f"[{host}]" if ":" in host else host
    spelled_port = "" if port in (None, _DEFAULT_PORTS[scheme]) else f":{port}"
    return f"{scheme}://{spelled_host}{spelled_port}{path.rstrip('/')}"


@lru_cache(maxsize=64)  # every line of a journal asks, and few addresses are in it
def comparable_address(address: str) -> str:
    """Spell an address so that two spellings of one service are the same text.

    Case, `/v1` and a slash at the end say nothing, and this machine has several names.
    """
    try:
        scheme, host, port, path = _parts(address)
    except ValueError:  # `emulator`, or what an older version let pass
        return address.lower()
    name = "localhost" if is_loopback(host) else host
    path = path.lower().rstrip("/").removesuffix("/v1").rstrip("/")
    return f"{scheme}://{name}:{port or _DEFAULT_PORTS[scheme]}{path}"


def is_loopback(host: str) -> bool:
    """Tell whether `host` is this machine: localhost, 127.0.0.0/8 or ::1."""
    if host == "localhost":
        return True
    try:
        return IPv4Address(host).is_loopback
    except AddressValueError:
        return host == "::1"


def _parts(text: str) -> tuple[str, str, int | None, str]:
    if _ODD.search(text):
        raise ValueError("not an address: it holds a blank or an odd character")
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError as error:
        raise ValueError("not an address: its host or its port is broken") from error
    scheme = url.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not url.netloc:
        raise ValueError("not an address that begins with https://")
    if "@" in url.netloc:
        raise ValueError("an address with a user name or a password")
    if "?" in text or "#" in text:
        raise ValueError("an address with a query or a fragment")
    if port == 0:
        raise ValueError("an address with port 0")
    return scheme, _host(url), port, url.path


def _host(url: SplitResult) -> str:
    name = url.hostname or ""
    try:
        if url.netloc.startswith("["):
            return str(IPv6Address(name))
    except AddressValueError:
        name = ""
    if not _HOST_NAME.fullmatch(name):
        raise ValueError("an address without a lawful host")
    return name
