"""Finds the sign-in method in the environment, in a fixed order; it never falls through."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, assert_never

from reconciler.model.errors import ConfigurationError
from reconciler.model.secret import Secret
from reconciler.partner_center.origin import checked_address
from reconciler.partner_center.sign_in.claims import TokenKind, read_claims
from reconciler.partner_center.sign_in.credentials import (
    ClientCertificate,
    ClientSecret,
    CredentialSource,
    FederatedTokenFile,
    GitHubOidc,
)
from reconciler.partner_center.sign_in.secret_file import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping


REFRESH_FILE: Final = "PARTNER_CENTER_REFRESH_TOKEN_FILE"
CERTIFICATE_FILE: Final = "AZURE_CLIENT_CERTIFICATE_PATH"
FEDERATION_FILE: Final = "AZURE_FEDERATED_TOKEN_FILE"
CREDENTIAL_FILES: Final = (REFRESH_FILE, CERTIFICATE_FILE, FEDERATION_FILE)
"""The variables that name a file with a credential in it."""


@dataclass(frozen=True, slots=True)
class SignInTarget:
    """What the configuration says: the cloud's authority and scope, and the tenant."""

    authority: str
    scope: str
    tenant_id: str | None = None


@dataclass(frozen=True, slots=True)
class Application:
    """An application of one tenant at one authority, and what it asks for."""

    authority: str
    tenant: str
    client_id: str
    scope: str


@dataclass(frozen=True, slots=True)
class ReadyToken:
    token: Secret


@dataclass(frozen=True, slots=True)
class AppAndUser:
    """A refresh token, from a file (a Path) or a variable; a public client has no credential."""

    application: Application
    credential: CredentialSource | None
    refresh_token: Path | Secret


@dataclass(frozen=True, slots=True)
class AppOnly:
    application: Application
    credential: CredentialSource


@dataclass(frozen=True, slots=True)
class CachedLogin:
    """What `login` kept; it must be for this authority, and for tenant and client where named."""

    authority: str
    scope: str
    tenant: str | None
    client_id: str | None


SignInMethod = ReadyToken | AppAndUser | AppOnly | CachedLogin


def find_sign_in_method(environ: Mapping[str, str], target: SignInTarget) -> SignInMethod:
    """The first that the environment names; ConfigurationError where it is incomplete."""
    named = {name: value.strip() for name, value in environ.items() if value.strip()}
    if token := named.get("PARTNER_CENTER_ACCESS_TOKEN"):
        return ReadyToken(_checked_token("PARTNER_CENTER_ACCESS_TOKEN", token))
    refresh_token = _refresh_token(named)
    if refresh_token is not None:
        return AppAndUser(_application(named, target), _credential_source(named), refresh_token)
    credential = _credential_source(named)
    if credential is not None:
        return AppOnly(_application(named, target), credential)
    tenant, client_id = _tenant(named, target), named.get("AZURE_CLIENT_ID")
    return CachedLogin(authority_address(environ, target), target.scope, tenant, client_id)


def login_application(environ: Mapping[str, str], target: SignInTarget) -> Application:
    """The application an admin signs in to with a device code."""
    named = {name: value.strip() for name, value in environ.items() if value.strip()}
    return _application(named, target)


def authority_address(environ: Mapping[str, str], target: SignInTarget) -> str:
    """AZURE_AUTHORITY_HOST, with or without https://, else the cloud's authority."""
    host = environ.get("AZURE_AUTHORITY_HOST", "").strip()
    if not host:
        return target.authority
    url = checked_address(host if "://" in host else f"https://{host}", "AZURE_AUTHORITY_HOST")
    if url.path != "/" or url.query or url.fragment:
        raise ConfigurationError(
            f"AZURE_AUTHORITY_HOST names more than a host: {url.host}",
            "leave only the host in it; the tenant goes into AZURE_TENANT_ID",
        )
    return str(url).rstrip("/")


def expected_kind(sign_in_method: SignInMethod) -> TokenKind:
    """The kind of token this method brings; for a ready token, what it says of itself."""
    match sign_in_method:
        case ReadyToken(token):
            return read_claims(token).kind
        case AppOnly():
            return TokenKind.APP_ONLY
        case AppAndUser() | CachedLogin():
            return TokenKind.APP_AND_USER
        case _:
            assert_never(sign_in_method)


def _refresh_token(named: Mapping[str, str]) -> Path | Secret | None:
    if path := named.get(REFRESH_FILE):
        return Path(path)
    if token := named.get("PARTNER_CENTER_REFRESH_TOKEN"):
        return _checked_token("PARTNER_CENTER_REFRESH_TOKEN", token)
    return None


def _checked_token(name: str, token: str) -> Secret:
    if not is_token(token):
        raise ConfigurationError(
            f"{name} holds something other than one token",
            "put only the token into it, without quotes and without the word Bearer",
        )
    return Secret(token)


def _credential_source(named: Mapping[str, str]) -> CredentialSource | None:
    if secret := named.get("AZURE_CLIENT_SECRET"):
        return ClientSecret(Secret(secret))
    if path := named.get(CERTIFICATE_FILE):
        password = named.get("AZURE_CLIENT_CERTIFICATE_PASSWORD")
        return ClientCertificate(Path(path), Secret(password) if password else None)
    if path := named.get(FEDERATION_FILE):
        return FederatedTokenFile(Path(path))
    return _github(named)


def _github(named: Mapping[str, str]) -> GitHubOidc | None:
    address = named.get("ACTIONS_ID_TOKEN_REQUEST_URL")
    if address is None:
        return None
    checked_address(address, "ACTIONS_ID_TOKEN_REQUEST_URL")
    token = _required(named, "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    return GitHubOidc(address, _checked_token("ACTIONS_ID_TOKEN_REQUEST_TOKEN", token))


def _application(named: Mapping[str, str], target: SignInTarget) -> Application:
    tenant = _tenant(named, target)
    if tenant is None:
        raise ConfigurationError(
            "no tenant to sign in to: AZURE_TENANT_ID is not set",
            "set AZURE_TENANT_ID, or partnerCenter.tenantId in reconciler.yaml, to the partner's "
            "tenant id",
        )
    client_id = _required(named, "AZURE_CLIENT_ID")
    return Application(authority_address(named, target), tenant, client_id, target.scope)


def _required(named: Mapping[str, str], name: str) -> str:
    if value := named.get(name):
        return value
    raise ConfigurationError(f"{name} is not set", _REMEDIES[name])


_REMEDIES = {
    "AZURE_CLIENT_ID": "set AZURE_CLIENT_ID to the application's id; it goes with every sign-in "
    "but a ready PARTNER_CENTER_ACCESS_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "give the job `permissions: id-token: write`: GitHub sets it "
    "together with ACTIONS_ID_TOKEN_REQUEST_URL",
}

_MANY_TENANTS = {"common", "organizations", "consumers"}
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")


def _tenant(named: Mapping[str, str], target: SignInTarget) -> str | None:
    tenant = named.get("AZURE_TENANT_ID") or target.tenant_id
    if tenant is None:
        return None
    if tenant.lower() in _MANY_TENANTS or not _TENANT.fullmatch(tenant):
        raise ConfigurationError(
            "AZURE_TENANT_ID (or partnerCenter.tenantId) doesn't name one tenant",
            "set it to the partner's tenant id, a GUID, or its domain",
        )
    return tenant
