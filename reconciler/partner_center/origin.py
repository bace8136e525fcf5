"""Where a secret may go: checks addresses, tells origins; refuses http beyond this machine."""

from __future__ import annotations

import re

import httpx

from reconciler.model.errors import ConfigurationError
from reconciler.validation.addresses import is_loopback

_HOST = re.compile(rb"[a-z0-9.:-]+")


Origin = tuple[str, str, int | None]
"""Scheme, host and port; the scheme's own port is None."""


def origin_of(url: httpx.URL) -> Origin:
    return url.scheme, url.host, url.port


def checked_address(text: str, name: str) -> httpx.URL:
    """The address in `text`, or a ConfigurationError that names `name` and never repeats `text`."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL("")
    if not _HOST.fullmatch(url.raw_host):
        raise ConfigurationError(
            f"{name} is not an address", "write it as https://host, without anything else"
        )
    if url.userinfo:
        raise ConfigurationError(
            f"{name} carries a user name or password", "leave only https://host in it"
        )
    if url.scheme == "https" or (url.scheme == "http" and is_loopback(url.host)):
        return url
    raise ConfigurationError(
        f"{name} is {url.scheme}://{url.host}, which is not safe",
        "use https; plain http is for this machine only (127.0.0.1, localhost)",
    )
