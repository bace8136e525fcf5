"""Where a secret may go."""

from __future__ import annotations

import httpx
import pytest

from reconciler.model.errors import ConfigurationError
from reconciler.partner_center.origin import checked_address, origin_of


@pytest.mark.parametrize(
    "text",
    [
        "https://api.partnercenter.microsoft.com",
        "https://host:8443",
        "http://127.0.0.1:8085",
        "http://127.8.9.1",
        "http://localhost:1",
        "http://[::1]:80",
    ],
)
def test_https_anywhere_and_http_on_this_machine(text: str) -> None:
    """https is taken for any host, plain http for loopback only."""
    assert str(checked_address(text, "ADDRESS")).startswith(text[:9])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http://login.microsoftonline.com", "not safe"),
        ("http://127.0.0.1.example.com", "not safe"),
        ("http://localhost.example", "not safe"),
        ("http://2130706433", "not safe"),
        ("ftp://127.0.0.1", "not safe"),
        ("https://planted:planted@login.microsoftonline.com", "user name"),
        ("https://planted@127.0.0.1", "user name"),
        ("login.microsoftonline.com", "not an address"),
        ("https://", "not an address"),
        ("https://planted host", "not an address"),
        ("https://host:planted", "not an address"),
        ("", "not an address"),
        ("https://ho\x00st", "not an address"),
    ],
)
def test_anything_else_is_refused(text: str, said: str) -> None:
    """The refusal names the setting and never repeats what might be a password."""
    with pytest.raises(ConfigurationError) as refused:
        checked_address(text, "AZURE_AUTHORITY_HOST")
    assert said in refused.value.message
    assert "AZURE_AUTHORITY_HOST" in refused.value.message
    assert "planted" not in f"{refused.value.message} {refused.value.remedy}"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/v1", "https://A.example:443/v2?x=1", True),
        ("https://a.example", "http://a.example", False),
        ("https://a.example", "https://a.example:8443", False),
        ("https://a.example", "https://b.example", False),
        ("https://a.example", "https://a.example.b.example", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(one: str, other: str, *, same: bool) -> None:
    """Paths and the scheme's own port don't count."""
    assert (origin_of(httpx.URL(one)) == origin_of(httpx.URL(other))) is same
