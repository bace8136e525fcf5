"""Which addresses may be talked to, and how they are spelt."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.configuration.clouds import API_HOSTS
from reconciler.validation.addresses import is_loopback, read_endpoint

SPELT = {
    "https://api.partnercenter.microsoft.com": "https://api.partnercenter.microsoft.com",
    "HTTPS://API.PartnerCenter.Microsoft.COM:443/": "https://api.partnercenter.microsoft.com",
    "https://partner.partnercenterapi.microsoftonline.cn": (
        "https://partner.partnercenterapi.microsoftonline.cn"
    ),
    "http://127.0.0.1:8085": "http://127.0.0.1:8085",
    "http://127.9.9.9:80": "http://127.9.9.9",
    "http://LOCALHOST:8085//": "http://localhost:8085",
    "http://[::1]:8085/": "http://[::1]:8085",
    "https://[0:0:0:0:0:0:0:1]/base/": "https://[::1]/base",
    "https://localhost": "https://localhost",
}


@pytest.mark.parametrize(("text", "spelt"), SPELT.items())
def test_valid(text: str, spelt: str) -> None:
    """This machine and Microsoft's hosts are valid anywhere, and spelt in one way."""
    assert read_endpoint(text, hosts=API_HOSTS) == spelt
    assert read_endpoint(text) == spelt


@pytest.mark.parametrize(
    "text", ["https://proxy.contoso.com:8443/pc", "https://10.0.0.1", "https://127.0.0.1.example"]
)
def test_any_host(text: str) -> None:
    """Another host is valid where any is, and there with https only."""
    assert read_endpoint(text) == text
    with pytest.raises(ValueError, match="neither this machine nor Microsoft's"):
        read_endpoint(text, hosts=API_HOSTS)
    with pytest.raises(ValueError, match="plain http to another machine"):
        read_endpoint(text.replace("https", "http"))


INVALID = {
    "": "begins with https://",
    "api.partnercenter.microsoft.com": "begins with https://",
    "ftp://localhost": "begins with https://",
    "https:/localhost": "begins with https://",
    "https://": "begins with https://",
    "https:///v1": "begins with https://",
    "http://api.partnercenter.microsoft.com": "plain http",
    "https://user@localhost": "user name",
    "https://user:word@localhost": "user name",
    "https://localhost@evil.example": "user name",
    "https://localhost?a=b": "query or a fragment",
    "https://localhost/?": "query or a fragment",
    "https://localhost#a": "query or a fragment",
    "https://localhost:0": "port 0",
    "https://localhost:99999": "its host or its port is broken",
    "https://localhost:a": "its host or its port is broken",
    "https://[::1": "its host or its port is broken",
    "https://[::g]": " host",
    "https://[v1.a]": " host",
    "https://local host": "odd character",
    "https://localhost\n": "odd character",
    "https://local\thost": "odd character",
    "https://localhost\\@evil.example": "odd character",
    "https://l%6fcalhost": "odd character",
    "https://[fe80::1%25eth0]": "odd character",
    "https://löcalhost": "odd character",
    "https://-a": "lawful host",
    "https://a_b": "lawful host",
    "https://.": "lawful host",
    "https://:8085": "lawful host",
}


@pytest.mark.parametrize(("text", "why"), INVALID.items())
def test_invalid(text: str, why: str) -> None:
    """Whatever programs could take for different addresses is refused, and never repeated."""
    with pytest.raises(ValueError, match=why) as caught:
        read_endpoint(text)
    assert text in ("", "https://") or text not in str(caught.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.255.0.9", "::1"])
def test_loopback(host: str) -> None:
    """This machine is localhost, 127.0.0.0/8 and ::1."""
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["localhost.example", "128.0.0.1", "::2", "127.1", "10.0.0.1", "::ffff:127.0.0.1", ""]
)
def test_not_loopback(host: str) -> None:
    """Nothing else is this machine."""
    assert not is_loopback(host)


@settings(deadline=None)
@given(st.text("htps:/.@[]1a#?%\\ ", max_size=20).map(lambda text: f"https://{text}"))
def test_spelling_is_stable(text: str) -> None:
    """An address that is valid is spelt in the same way when it is read again."""
    try:
        spelt = read_endpoint(text)
    except ValueError:
        return
    assert read_endpoint(spelt) == spelt
