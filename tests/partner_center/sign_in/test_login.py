"""An admin logs in with a device code, and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.model.errors import SignInFailed
from reconciler.partner_center.sign_in.claims import TokenKind, read_claims
from reconciler.partner_center.sign_in.login import login, logout
from tests.partner_center.sign_in.behaviour import TENANT
from tests.partner_center.sign_in.sign_ins import BY_SECRET, SignInSetup, application

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.partner_center.sign_in.msal_client import DeviceCode
    from tests.partner_center.sign_in.fake_authority import FakeAuthority


@pytest.fixture
def setup(tmp_path: Path) -> SignInSetup:
    return SignInSetup(tmp_path)


def seen_nothing(_: DeviceCode) -> None:
    """Nobody looks."""


def test_after_login_the_cache_is_the_way_in(authority: FakeAuthority, setup: SignInSetup) -> None:
    """With no variable set at all; and each run keeps the successor."""
    authority.behaviour.revoke_used = True
    logged_in = login(application(authority), setup.cache, seen_nothing, TENANT)
    assert (logged_in.claims.kind, logged_in.claims.mfa) == (TokenKind.APP_AND_USER, True)
    assert (logged_in.folder, logged_in.encrypted) == (setup.cache.folder, False)
    sign_in = setup.sign_in(authority, {})
    for _ in range(3):
        assert read_claims(sign_in().text).kind is TokenKind.APP_AND_USER


def test_it_is_the_last_way_in(authority: FakeAuthority, setup: SignInSetup) -> None:
    """A client secret in the environment goes before it."""
    login(application(authority), setup.cache, seen_nothing)
    token = setup.sign_in(authority, BY_SECRET)()
    assert read_claims(token.text).kind is TokenKind.APP_ONLY


def test_after_logout_it_is_none(authority: FakeAuthority, setup: SignInSetup) -> None:
    """The message says how to get in."""
    login(application(authority), setup.cache, seen_nothing)
    assert logout(setup.cache) is True
    assert logout(setup.cache) is False
    with pytest.raises(SignInFailed, match="no sign-in method"):
        setup.sign_in(authority, {})()


@pytest.mark.parametrize("code", [70020, 7000218, 53003])
def test_a_login_that_fails_keeps_the_one_before(
    authority: FakeAuthority, setup: SignInSetup, code: int
) -> None:
    """A code that ran out logs nobody out."""
    login(application(authority), setup.cache, seen_nothing)
    authority.behaviour.refuse.append(code)
    with pytest.raises(SignInFailed, match=f"AADSTS{code}"):
        login(application(authority), setup.cache, seen_nothing)
    assert setup.sign_in(authority, {})().text


def test_a_login_that_is_cancelled_keeps_the_one_before(
    authority: FakeAuthority, setup: SignInSetup
) -> None:
    """Ctrl-C passes through, and leaves nothing half written."""

    def cancel(_: DeviceCode) -> None:
        raise KeyboardInterrupt

    login(application(authority), setup.cache, seen_nothing)
    before = {path.name for path in setup.cache.folder.iterdir()}
    with pytest.raises(KeyboardInterrupt):
        login(application(authority), setup.cache, cancel)
    assert {path.name for path in setup.cache.folder.iterdir()} == before
    assert setup.sign_in(authority, {})().text


def test_another_tenants_login_is_not_kept(authority: FakeAuthority, setup: SignInSetup) -> None:
    """An admin of two tenants picks the wrong account easily."""
    authority.behaviour.tenant = "00000000-0000-4000-8000-0000000000ff"
    with pytest.raises(SignInFailed, match="for the tenant"):
        login(application(authority), setup.cache, seen_nothing, TENANT)
    assert logout(setup.cache) is False


def test_a_login_without_a_refresh_token_is_told(
    authority: FakeAuthority, setup: SignInSetup
) -> None:
    """There is nothing to keep then."""
    authority.behaviour.raw.append((200, '{"access_token": "opaque"}'))
    with pytest.raises(SignInFailed, match="no refresh token"):
        login(application(authority), setup.cache, seen_nothing)
