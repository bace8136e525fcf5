"""Asking the authority for tokens, over a socket."""

from __future__ import annotations

import logging

import pytest

from reconciler.model.errors import SignInFailed
from reconciler.model.secret import Secret
from reconciler.partner_center.sign_in.certificate import Certificate
from reconciler.partner_center.sign_in.claims import TokenKind, read_claims
from reconciler.partner_center.sign_in.credentials import Assertion, ClientSecret
from reconciler.partner_center.sign_in.method_from_environment import Application
from reconciler.partner_center.sign_in.msal_client import (
    DeviceCode,
    tokens_by_device,
    tokens_for_app,
    tokens_for_user,
)
from tests.partner_center.sign_in.behaviour import REFRESH_TOKEN, TENANT
from tests.partner_center.sign_in.fake_authority import (
    CLIENT_ID,
    CLIENT_SECRET,
    SCOPE,
    FakeAuthority,
)
from tests.partner_center.sign_in.sign_ins import application
from tests.partner_center.sign_in.test_certificate import CERTIFICATE, KEY, pem

PROOF = ClientSecret(Secret(CLIENT_SECRET))


def test_an_application_signs_in_by_its_secret(authority: FakeAuthority) -> None:
    """One request, to the tenant's token endpoint, for the scope that was asked."""
    tokens = tokens_for_app(application(authority), PROOF)
    assert read_claims(tokens.access).kind is TokenKind.APP_ONLY
    assert tokens.lifetime == 3600
    assert tokens.refresh is None
    (request,) = authority.requests
    assert request.path == f"/{TENANT}/oauth2/v2.0/token"
    assert request.form["client_id"] == CLIENT_ID
    assert request.form["scope"] == SCOPE
    assert request.form["client_secret"] == CLIENT_SECRET


def test_an_application_signs_in_by_its_certificate(authority: FakeAuthority) -> None:
    """The assertion is signed by the key, which the authority checks against the certificate."""
    public = pem(None, CERTIFICATE).decode()
    authority.behaviour.certificate = public
    certificate = Certificate(Secret(pem(KEY, None).decode()), public)
    assert tokens_for_app(application(authority), certificate).access
    assert "client_secret" not in authority.requests[0].form


def test_an_application_signs_in_by_an_assertion(authority: FakeAuthority) -> None:
    """A token of another authority is passed on as it is."""
    authority.behaviour.assertions.add("planted-assertion")
    assert tokens_for_app(application(authority), Assertion(Secret("planted-assertion"))).access
    form = authority.requests[0].form
    assert form["client_assertion"] == "planted-assertion"
    assert form["client_assertion_type"].endswith(":jwt-bearer")


@pytest.mark.parametrize("credential", [None, PROOF])
def test_a_refresh_token_is_exchanged(
    authority: FakeAuthority, credential: ClientSecret | None
) -> None:
    """As a public client without a proof, as a confidential one with it."""
    tokens = tokens_for_user(application(authority), credential, Secret(REFRESH_TOKEN))
    assert read_claims(tokens.access).kind is TokenKind.APP_AND_USER
    assert tokens.refresh is not None
    assert tokens.refresh.reveal() in authority.behaviour.refresh_tokens
    (request,) = authority.requests
    assert request.form["refresh_token"] == REFRESH_TOKEN
    assert ("client_secret" in request.form) is (credential is not None)
    assert set(request.form["scope"].split()) == {SCOPE, "offline_access", "openid", "profile"}


def test_an_exchange_may_bring_no_new_refresh_token(authority: FakeAuthority) -> None:
    """Then there is none, rather than an empty one."""
    authority.behaviour.rotate = False
    assert tokens_for_user(application(authority), None, Secret(REFRESH_TOKEN)).refresh is None


def test_msal_logs_nothing(authority: FakeAuthority) -> None:
    """Its loggers repeat whole answers at times, whatever they take for critical."""
    tokens_for_app(application(authority), PROOF)
    assert not logging.getLogger("msal.token_cache").isEnabledFor(logging.CRITICAL)


def test_every_sign_in_asks_anew(authority: FakeAuthority) -> None:
    """A token that was refused must not come back out of a cache of msal's."""
    first = tokens_for_app(application(authority), PROOF)
    assert tokens_for_app(application(authority), PROOF).access != first.access


def test_a_refusal_is_asked_anew_too(authority: FakeAuthority) -> None:
    """msal would remember it for a minute, as if nobody could mend a secret in that time."""
    authority.behaviour.refuse.append(700016)
    with pytest.raises(SignInFailed, match="AADSTS700016"):
        tokens_for_app(application(authority), PROOF)
    assert tokens_for_app(application(authority), PROOF).access


def test_a_code_is_shown_and_waited_for(authority: FakeAuthority) -> None:
    """Until somebody has entered it."""
    authority.behaviour.pending = 2
    shown: list[DeviceCode] = []
    tokens = tokens_by_device(application(authority), shown.append)
    assert shown == [DeviceCode("B7XW9KQ2L", "https://microsoft.com/devicelogin", 900)]
    assert tokens.refresh is not None
    assert len(authority.token_requests) == 3


def test_a_code_that_nobody_entered_is_told(authority: FakeAuthority) -> None:
    """With the way out."""
    authority.behaviour.refuse.append(70020)
    with pytest.raises(SignInFailed, match="nobody entered the code in time"):
        tokens_by_device(application(authority), lambda _: None)


def test_a_code_that_is_refused_is_not_shown(authority: FakeAuthority) -> None:
    """The application may be unknown before there is a code at all."""
    authority.behaviour.refuse_codes.append(700016)
    shown: list[DeviceCode] = []
    with pytest.raises(SignInFailed, match="isn't known in this tenant"):
        tokens_by_device(application(authority), shown.append)
    assert not shown


def test_waiting_can_be_cancelled(authority: FakeAuthority) -> None:
    """Ctrl-C passes through and nothing more is asked."""

    def cancel(_: DeviceCode) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tokens_by_device(application(authority), cancel)
    assert not authority.token_requests


def test_an_opaque_token_is_used_as_it_is(authority: FakeAuthority) -> None:
    """Nothing but the service reads it."""
    authority.behaviour.opaque = True
    tokens = tokens_for_app(application(authority), PROOF)
    assert tokens.access.reveal().startswith("planted-opaque-access")


def test_nothing_of_the_machine_is_told(authority: FakeAuthority) -> None:
    """No telemetry, no library and no system in the headers: a correlation id, and that is all."""
    tokens_for_app(application(authority), PROOF)
    headers = authority.requests[0].headers
    assert "client-request-id" in headers
    assert not [name for name in headers if name.startswith(("x-", "authorization"))]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "planted <html>"),
        (200, '["planted"]'),
        (200, ""),
        (302, ""),
        (503, "planted"),
        (200, '{"access_token": "planted\\r\\nX: y"}'),
        (200, '{"access_token": ["planted"]}'),
        (200, '{"access_token": ""}'),
        (200, "{}"),
    ],
)
def test_an_unreadable_answer_is_told(authority: FakeAuthority, status: int, body: str) -> None:
    """And not repeated: it may hold half a token."""
    authority.behaviour.raw.extend([(status, body)] * 3)
    with pytest.raises(SignInFailed) as failed:
        tokens_for_user(application(authority), None, Secret(REFRESH_TOKEN))
    assert "planted" not in f"{failed.value.message} {failed.value.remedy}"


def test_a_sick_authority_is_asked_again(authority: FakeAuthority) -> None:
    """A moment's 503 fails no run."""
    authority.behaviour.raw.append((503, '{"error": "temporarily_unavailable"}'))
    assert tokens_for_app(application(authority), PROOF).access
    assert len(authority.token_requests) == 2


def test_an_authority_that_stays_sick_says_so(authority: FakeAuthority) -> None:
    """In its own words where it has any, without what it was sent."""
    body = f'{{"error": "server_error", "error_description": "AADSTS90033: {CLIENT_SECRET} down"}}'
    authority.behaviour.raw.extend([(503, body)] * 3)
    with pytest.raises(SignInFailed, match="AADSTS90033") as failed:
        tokens_for_app(application(authority), PROOF)
    assert CLIENT_SECRET not in failed.value.message


def test_an_authority_that_is_not_there_is_told() -> None:
    """Port 9 of this machine answers nobody."""
    nobody = Application("http://127.0.0.1:9", TENANT, CLIENT_ID, SCOPE)
    with pytest.raises(SignInFailed, match=r"127\.0\.0\.1 can't be reached: ConnectError"):
        tokens_for_app(nobody, PROOF)


def test_what_msal_stumbles_over_is_not_repeated(authority: FakeAuthority) -> None:
    """Its errors quote what they choke on."""
    damaged = Certificate(Secret("planted-key"), "planted-certificate")
    with pytest.raises(SignInFailed, match="msal stumbled with") as failed:
        tokens_for_app(application(authority), damaged)
    assert "planted" not in failed.value.message
