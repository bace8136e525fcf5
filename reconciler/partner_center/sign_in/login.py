"""Signs an admin in by a device code and keeps the login; forgets it again. Writes nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model.errors import SignInFailed
from reconciler.partner_center.sign_in.claims import Claims, read_claims
from reconciler.partner_center.sign_in.login_cache import Login
from reconciler.partner_center.sign_in.msal_client import DeviceCode, tokens_by_device
from reconciler.partner_center.sign_in.token_source import refuse_other_tenant

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reconciler.partner_center.sign_in.login_cache import LoginCache
    from reconciler.partner_center.sign_in.method_from_environment import Application


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """What the new token says, and where the login is kept."""

    claims: Claims
    folder: Path
    encrypted: bool


def login(
    application: Application,
    cache: LoginCache,
    show: Callable[[DeviceCode], None],
    tenant_id: str | None = None,
) -> LoggedIn:
    """Blocks until the code was entered; SignInFailed, and KeyboardInterrupt passes through.

    Whatever ends it early, the login kept before stays as it was.
    """
    with cache.prepared() as keep:
        tokens = tokens_by_device(application, show)
        refuse_other_tenant(tokens.access, tenant_id)
        if tokens.refresh is None:
            raise SignInFailed(
                "sign-in failed: the authority gave no refresh token to keep",
                "let the application's registration allow offline_access",
            )
        encrypted = keep(Login(application, tokens.refresh))
    return LoggedIn(read_claims(tokens.access), cache.folder, encrypted)


def logout(cache: LoginCache) -> bool:
    """Forget the login; False where there was none."""
    return cache.remove()
