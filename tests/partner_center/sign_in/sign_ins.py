"""The sign-in methods, set up against the fake authority; shared by the tests of signing in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.model.secret import KnownSecrets
from reconciler.partner_center.sign_in.login_cache import LoginCache
from reconciler.partner_center.sign_in.method_from_environment import (
    Application,
    SignInTarget,
    find_sign_in_method,
)
from reconciler.partner_center.sign_in.token_source import RefreshTokenStorage, SignIn, sign_in_by
from tests.partner_center.sign_in.behaviour import TENANT
from tests.partner_center.sign_in.fake_authority import CLIENT_ID, CLIENT_SECRET, SCOPE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.partner_center.sign_in.fake_authority import FakeAuthority

APPLICATION = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": CLIENT_ID}
BY_SECRET = {**APPLICATION, "AZURE_CLIENT_SECRET": CLIENT_SECRET}


def application(authority: FakeAuthority) -> Application:
    return Application(authority.address, TENANT, CLIENT_ID, SCOPE)


@dataclass(slots=True)
class SignInSetup:
    """What a sign-in is made with, and what it was warned of."""

    folder: Path
    refresh_token_out: Path | None = None
    tenant_id: str | None = None
    warnings: list[str] = field(default_factory=list)
    secrets: KnownSecrets = field(default_factory=KnownSecrets)

    @property
    def cache(self) -> LoginCache:
        return LoginCache(self.folder / "state", lambda _: None)

    def sign_in(self, authority: FakeAuthority, environ: dict[str, str]) -> SignIn:
        return self.sign_in_at(authority.address, environ)

    def sign_in_at(self, address: str, environ: dict[str, str]) -> SignIn:
        storage = RefreshTokenStorage(
            lambda: self.cache, self.warnings.append, self.refresh_token_out
        )
        sign_in_method = find_sign_in_method(environ, SignInTarget(address, SCOPE))
        return sign_in_by(sign_in_method, storage, self.secrets, self.tenant_id)
