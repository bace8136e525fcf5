"""The token that GitHub Actions gives a job."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from reconciler.model.errors import ConfigurationError, SignInFailed
from reconciler.model.secret import Secret
from reconciler.partner_center.sign_in.credentials import github_assertion
from tests.partner_center.sign_in.behaviour import Answered
from tests.partner_center.sign_in.fake_authority import GITHUB_REQUEST_TOKEN, FakeAuthority


def test_the_jobs_token_is_asked_for_the_audience_of_entra(authority: FakeAuthority) -> None:
    """What the address already asks for stays in it."""
    token = github_assertion(authority.oidc_address, Secret(GITHUB_REQUEST_TOKEN))
    assert token.reveal() in authority.behaviour.assertions
    (request,) = authority.requests
    assert parse_qs(urlsplit(request.path).query) == {
        "api-version": ["2.0"],
        "audience": ["api://AzureADTokenExchange"],
    }
    assert request.headers["accept"] == "application/json"


def test_a_refusal_tells_what_the_job_needs(authority: FakeAuthority) -> None:
    """The remedy is the permission."""
    with pytest.raises(SignInFailed, match="refused with HTTP 401") as failed:
        github_assertion(authority.oidc_address, Secret("planted"))
    assert "id-token: write" in failed.value.remedy


@pytest.mark.parametrize("body", ["planted <html>", "[]", "{}", '{"value": ""}', '{"value": 7}'])
def test_an_answer_without_a_token_is_told(authority: FakeAuthority, body: str) -> None:
    """And not repeated."""
    authority.behaviour.oidc = Answered(200, body)
    with pytest.raises(SignInFailed, match="answered with") as failed:
        github_assertion(authority.oidc_address, Secret(GITHUB_REQUEST_TOKEN))
    assert "planted" not in failed.value.message


def test_an_endpoint_that_is_not_there_is_told() -> None:
    """Port 9 of this machine answers nobody."""
    with pytest.raises(SignInFailed, match="can't be reached"):
        github_assertion("http://127.0.0.1:9/oidc", Secret(GITHUB_REQUEST_TOKEN))


def test_the_request_token_goes_to_no_unsafe_address() -> None:
    """Plain http beyond this machine is refused before anything is sent."""
    with pytest.raises(ConfigurationError, match="not safe"):
        github_assertion("http://pipelines.example/oidc", Secret(GITHUB_REQUEST_TOKEN))
