"""The HTTP client that msal speaks through."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from reconciler.model.errors import SignInFailed
from reconciler.partner_center.sign_in.msal_http import AuthorityHttp
from tests.partner_center.sign_in.behaviour import REFRESH_TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.partner_center.sign_in.fake_authority import FakeAuthority

REFRESH = {"grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN, "claims": None}


@pytest.fixture
def http(authority: FakeAuthority) -> Iterator[AuthorityHttp]:
    with closing(AuthorityHttp(authority.address)) as client:
        yield client


@pytest.mark.parametrize(
    ("address", "address_seen"),
    [
        ("https://login.microsoftonline.com", "https://login.microsoftonline.com"),
        ("https://login.example:8443", "https://login.example:8443"),
        ("http://127.0.0.1:4711", "https://127.0.0.1:4711"),
        ("http://localhost", "https://localhost:80"),
    ],
)
def test_msal_sees_https(address: str, address_seen: str) -> None:
    """It takes nothing else; plain http is put back for this machine."""
    with closing(AuthorityHttp(address)) as client:
        assert client.https_address.rstrip("/") == address_seen


def test_the_endpoints_are_told_without_asking(
    authority: FakeAuthority, http: AuthorityHttp
) -> None:
    """They are fixed; so no answer can lead a secret to another host."""
    tenant = f"{http.https_address.rstrip('/')}/tenant"
    answer = http.get(f"{tenant}/v2.0/.well-known/openid-configuration")
    address_seen = json.loads(answer.text)
    assert address_seen["token_endpoint"] == f"{tenant}/oauth2/v2.0/token"
    assert not authority.requests


@pytest.mark.parametrize(
    "url",
    [
        "https://login.microsoftonline.com/common/discovery/instance",
        "http://169.254.169.254/metadata/instance/compute",
        "https://127.0.0.1/tenant/oauth2/v2.0/token",
        "https://127.0.0.1.example/tenant/v2.0/.well-known/openid-configuration",
    ],
)
def test_no_other_host_is_asked(authority: FakeAuthority, http: AuthorityHttp, url: str) -> None:
    """Whatever msal has in mind: other instances, regions, the machine's metadata."""
    with pytest.raises(SignInFailed, match="isn't the authority's"):
        http.post(url, data={"refresh_token": REFRESH_TOKEN})
    with pytest.raises(SignInFailed):
        http.get(url)
    assert not authority.requests


def test_no_other_path_is_read(http: AuthorityHttp) -> None:
    """msal has nothing to read from the authority but its endpoints."""
    with pytest.raises(SignInFailed, match="no business"):
        http.get(f"{http.https_address.rstrip('/')}/common/userrealm/planted")


def test_who_the_person_is_is_left_out(authority: FakeAuthority, http: AuthorityHttp) -> None:
    """The token of the person's name never reaches msal or its cache."""
    answer = http.post(f"{http.https_address.rstrip('/')}/t/oauth2/v2.0/token", data=REFRESH)
    assert "id_token" not in json.loads(answer.text)
    assert "claims" not in authority.requests[0].form


def test_a_sick_authority_is_asked_again_after_a_while(authority: FakeAuthority) -> None:
    """Twice, each time after a longer pause."""
    authority.behaviour.raw.extend([(503, "sick"), (500, "sick")])
    pauses: list[float] = []
    with closing(AuthorityHttp(authority.address, sleep=pauses.append)) as http:
        http.post(f"{http.https_address.rstrip('/')}/t/oauth2/v2.0/token", data=REFRESH)
    assert (pauses, len(authority.requests)) == ([0.2, 0.6], 3)


def test_an_authority_that_is_not_there_is_asked_again_after_a_while() -> None:
    """Port 9 of this machine answers nobody."""
    pauses: list[float] = []
    client = AuthorityHttp("http://127.0.0.1:9", sleep=pauses.append)
    with closing(client) as http, pytest.raises(SignInFailed):
        http.post(f"{http.https_address.rstrip('/')}/t/oauth2/v2.0/token", data=REFRESH)
    assert pauses == [0.2, 0.6]
