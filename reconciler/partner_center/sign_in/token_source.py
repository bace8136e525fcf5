"""Signs in by the method that was found: one call, one access token; it never tries another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, assert_never
from uuid import UUID

from reconciler.model.errors import SignInFailed
from reconciler.model.secret import Secret
from reconciler.partner_center.sign_in.claims import read_claims
from reconciler.partner_center.sign_in.credentials import (
    CredentialSource,
    load_credential,
    secret_of,
)
from reconciler.partner_center.sign_in.method_from_environment import (
    AppAndUser,
    Application,
    AppOnly,
    CachedLogin,
    ReadyToken,
    SignInMethod,
)
from reconciler.partner_center.sign_in.msal_client import Tokens, tokens_for_app, tokens_for_user
from reconciler.partner_center.sign_in.refresh_tokens import (
    RefreshTokenFile,
    RefreshTokenSource,
    RefreshTokenVariable,
)

if TYPE_CHECKING:
    from reconciler.model.secret import KnownSecrets
    from reconciler.partner_center.sign_in.login_cache import LoginCache


@dataclass(frozen=True, slots=True)
class AccessToken:
    """`lifetime` in seconds from the sign-in, None where unknown; a ready one isn't renewable."""

    text: Secret
    lifetime: float | None = None
    renewable: bool = True


SignIn = Callable[[], AccessToken]
"""Blocks; raises SignInFailed. Called again, it signs in anew."""


@dataclass(frozen=True, slots=True)
class RefreshTokenStorage:
    """Where refresh tokens are kept beyond the file they came from."""

    cache: Callable[[], LoginCache]
    """Asked for only where the login is the method: a container may have no home."""
    warn: Callable[[str], None]
    refresh_token_out: Path | None = None


def sign_in_by(
    sign_in_method: SignInMethod,
    storage: RefreshTokenStorage,
    secrets: KnownSecrets,
    tenant_id: str | None = None,
) -> SignIn:
    """Sign in by one method; a readable token of another tenant than `tenant_id` is refused.

    `secrets` gets to know what is sent and what comes of it.
    """
    if storage.refresh_token_out is not None and not _comes_by_variable(sign_in_method):
        storage.warn(
            "--refresh-token-out is not used: it goes with PARTNER_CENTER_REFRESH_TOKEN, and this "
            "sign-in has none"
        )
    ask = _sign_in_unchecked(sign_in_method, storage, secrets)

    def sign_in() -> AccessToken:
        token = ask()
        secrets.add(token.text)
        refuse_other_tenant(token.text, tenant_id)
        return token

    return sign_in


def refuse_other_tenant(token: Secret, tenant_id: str | None) -> None:
    """SignInFailed where the token says its tenant, and it is not the one configured."""
    tid = read_claims(token).tenant_id
    if tid is None or tenant_id is None or not _is_guid(tenant_id):
        return
    if tid.lower() != tenant_id.lower():
        raise SignInFailed(
            f"the token is for the tenant {tid[:64]!r}, and partnerCenter.tenantId is {tenant_id}",
            "sign in to the partner's own tenant, or correct partnerCenter.tenantId",
        )


def _comes_by_variable(sign_in_method: SignInMethod) -> bool:
    return isinstance(sign_in_method, AppAndUser) and isinstance(
        sign_in_method.refresh_token, Secret
    )


def _is_guid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _sign_in_unchecked(
    sign_in_method: SignInMethod, storage: RefreshTokenStorage, secrets: KnownSecrets
) -> SignIn:
    match sign_in_method:
        case ReadyToken(token):
            return lambda: AccessToken(token, renewable=False)
        case AppOnly():
            return partial(_for_app, sign_in_method, secrets)
        case AppAndUser(application, credential, refresh_token):
            source = _source(refresh_token, storage)
            return partial(_exchange, application, credential, source, secrets)
        case CachedLogin():
            cache = storage.cache()
            return lambda: _exchange(cache.application(sign_in_method), None, cache, secrets)
        case _:
            assert_never(sign_in_method)


def _source(refresh_token: Path | Secret, storage: RefreshTokenStorage) -> RefreshTokenSource:
    if isinstance(refresh_token, Path):
        return RefreshTokenFile(refresh_token)
    return RefreshTokenVariable(refresh_token, storage.refresh_token_out, storage.warn)


def _for_app(sign_in_method: AppOnly, secrets: KnownSecrets) -> AccessToken:
    credential = load_credential(sign_in_method.credential)
    secrets.add(secret_of(credential))
    return _access(tokens_for_app(sign_in_method.application, credential))


def _exchange(
    application: Application,
    named: CredentialSource | None,
    source: RefreshTokenSource,
    secrets: KnownSecrets,
) -> AccessToken:
    """The successor is kept before the access token is handed out; without one, all stays."""
    credential = None if named is None else load_credential(named)
    secrets.add(None if credential is None else secret_of(credential))
    with source.held() as held:
        secrets.add(held.token)
        tokens = tokens_for_user(application, credential, held.token)
        secrets.add(tokens.refresh)
        if tokens.refresh is not None and tokens.refresh != held.token:
            held.keep(tokens.refresh)
    return _access(tokens)


def _access(tokens: Tokens) -> AccessToken:
    return AccessToken(tokens.access, tokens.lifetime)
