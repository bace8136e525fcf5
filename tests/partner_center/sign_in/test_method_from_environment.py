"""The sign-in method, found from the environment."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from reconciler.model.errors import ConfigurationError
from reconciler.model.secret import Secret
from reconciler.partner_center.sign_in.claims import TokenKind
from reconciler.partner_center.sign_in.credentials import (
    ClientCertificate,
    ClientSecret,
    FederatedTokenFile,
    GitHubOidc,
)
from reconciler.partner_center.sign_in.method_from_environment import (
    AppAndUser,
    Application,
    AppOnly,
    CachedLogin,
    ReadyToken,
    SignInMethod,
    SignInTarget,
    authority_address,
    expected_kind,
    find_sign_in_method,
    login_application,
)
from tests.partner_center.sign_in.fake_authority import SCOPE, unsigned_jwt

AUTHORITY = "https://login.microsoftonline.com"
TARGET = SignInTarget(AUTHORITY, SCOPE)
APP = Application(AUTHORITY, "tenant", "client", SCOPE)

TOKEN = {"PARTNER_CENTER_ACCESS_TOKEN": "planted-ready"}
REFRESH_FILE = {"PARTNER_CENTER_REFRESH_TOKEN_FILE": "/run/refresh"}
REFRESH = {"PARTNER_CENTER_REFRESH_TOKEN": "planted-refresh"}
CLIENT_SECRET = {"AZURE_CLIENT_SECRET": "planted secret"}
CERTIFICATE = {"AZURE_CLIENT_CERTIFICATE_PATH": "/run/app.pem"}
PASSWORD = {"AZURE_CLIENT_CERTIFICATE_PASSWORD": "planted-password"}
FEDERATED = {"AZURE_FEDERATED_TOKEN_FILE": "/run/federated"}
GITHUB = {
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://pipelines.example/oidc?api-version=2.0",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "planted-github",
}
IDS = {"AZURE_TENANT_ID": "tenant", "AZURE_CLIENT_ID": "client"}

SECRET_PROOF = ClientSecret(Secret("planted secret"))
CERTIFICATE_PROOF = ClientCertificate(Path("/run/app.pem"))
PFX_PROOF = ClientCertificate(Path("/run/app.pem"), Secret("planted-password"))
FEDERATED_PROOF = FederatedTokenFile(Path("/run/federated"))
GITHUB_PROOF = GitHubOidc(
    "https://pipelines.example/oidc?api-version=2.0", Secret("planted-github")
)
BY_FILE = Path("/run/refresh")
BY_VARIABLE = Secret("planted-refresh")
EVERYTHING = {
    **TOKEN, **REFRESH_FILE, **REFRESH, **CLIENT_SECRET, **CERTIFICATE, **FEDERATED, **GITHUB, **IDS
}  # fmt: skip


@pytest.mark.parametrize(
    ("environ", "sign_in_method"),
    [
        (EVERYTHING, ReadyToken(Secret("planted-ready"))),
        (TOKEN, ReadyToken(Secret("planted-ready"))),
        (
            {**REFRESH_FILE, **REFRESH, **CLIENT_SECRET, **IDS},
            AppAndUser(APP, SECRET_PROOF, BY_FILE),
        ),
        ({**REFRESH_FILE, **IDS}, AppAndUser(APP, None, BY_FILE)),
        ({**REFRESH, **IDS}, AppAndUser(APP, None, BY_VARIABLE)),
        ({**REFRESH, **CERTIFICATE, **IDS}, AppAndUser(APP, CERTIFICATE_PROOF, BY_VARIABLE)),
        ({**REFRESH, **FEDERATED, **IDS}, AppAndUser(APP, FEDERATED_PROOF, BY_VARIABLE)),
        ({**REFRESH, **GITHUB, **IDS}, AppAndUser(APP, GITHUB_PROOF, BY_VARIABLE)),
        (
            {**CLIENT_SECRET, **CERTIFICATE, **FEDERATED, **GITHUB, **IDS},
            AppOnly(APP, SECRET_PROOF),
        ),
        ({**CERTIFICATE, **FEDERATED, **GITHUB, **IDS}, AppOnly(APP, CERTIFICATE_PROOF)),
        ({**CERTIFICATE, **PASSWORD, **IDS}, AppOnly(APP, PFX_PROOF)),
        ({**FEDERATED, **GITHUB, **IDS}, AppOnly(APP, FEDERATED_PROOF)),
        ({**GITHUB, **IDS}, AppOnly(APP, GITHUB_PROOF)),
        (IDS, CachedLogin(AUTHORITY, SCOPE, "tenant", "client")),
        ({}, CachedLogin(AUTHORITY, SCOPE, None, None)),
    ],
)
def test_the_first_way_in_wins(environ: dict[str, str], sign_in_method: SignInMethod) -> None:
    """Access token; refresh token file, then variable; client proof alone; the cache of login."""
    assert find_sign_in_method(environ, TARGET) == sign_in_method


def test_empty_variables_count_as_unset() -> None:
    """A pipeline that maps a missing secret to an empty variable gets no surprise."""
    blank = dict.fromkeys(EVERYTHING, " \n")
    assert find_sign_in_method(blank, TARGET) == CachedLogin(AUTHORITY, SCOPE, None, None)


def test_white_space_around_a_value_is_dropped() -> None:
    """`$(cat file)` and a here-string differ by a line end only."""
    environ = {"PARTNER_CENTER_ACCESS_TOKEN": " planted-ready\n"}
    assert find_sign_in_method(environ, TARGET) == ReadyToken(Secret("planted-ready"))


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({**CLIENT_SECRET, "AZURE_CLIENT_ID": "client"}, "AZURE_TENANT_ID"),
        ({**CLIENT_SECRET, "AZURE_TENANT_ID": "tenant"}, "AZURE_CLIENT_ID"),
        ({**REFRESH_FILE, "AZURE_TENANT_ID": "tenant"}, "AZURE_CLIENT_ID"),
        ({**REFRESH, "AZURE_CLIENT_ID": "client"}, "AZURE_TENANT_ID"),
        (GITHUB, "AZURE_TENANT_ID"),
        (
            {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://pipelines.example", **IDS},
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        ),
    ],
)
def test_a_missing_variable_is_named(environ: dict[str, str], missing: str) -> None:
    """An incomplete sign-in method is an error, never a reason to try the next one."""
    with pytest.raises(ConfigurationError, match=missing):
        find_sign_in_method(environ, TARGET)


def test_the_configured_tenant_stands_in_for_the_variable() -> None:
    """AZURE_TENANT_ID goes before partnerCenter.tenantId, which is enough where it is missing."""
    configured = SignInTarget(AUTHORITY, SCOPE, "configured")
    environ = {**CLIENT_SECRET, "AZURE_CLIENT_ID": "client"}
    assert login_application(environ, configured).tenant == "configured"
    assert login_application({**environ, **IDS}, configured).tenant == "tenant"


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"PARTNER_CENTER_ACCESS_TOKEN": "Bearer planted"}, "PARTNER_CENTER_ACCESS_TOKEN"),
        ({"PARTNER_CENTER_ACCESS_TOKEN": "planted\r\nX: y"}, "PARTNER_CENTER_ACCESS_TOKEN"),
        ({"PARTNER_CENTER_ACCESS_TOKEN": '"planted"'}, "PARTNER_CENTER_ACCESS_TOKEN"),
        ({"PARTNER_CENTER_ACCESS_TOKEN": "plantedé"}, "PARTNER_CENTER_ACCESS_TOKEN"),
        ({"PARTNER_CENTER_REFRESH_TOKEN": '{"planted": 1}', **IDS}, "PARTNER_CENTER_REFRESH_TOKEN"),
        (
            {**GITHUB, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "planted two", **IDS},
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        ),
        (
            {**GITHUB, "ACTIONS_ID_TOKEN_REQUEST_URL": "http://planted.example", **IDS},
            "ACTIONS_ID_TOKEN_REQUEST_URL",
        ),
        ({**CLIENT_SECRET, **IDS, "AZURE_TENANT_ID": "common"}, "AZURE_TENANT_ID"),
        ({**CLIENT_SECRET, **IDS, "AZURE_TENANT_ID": "../planted"}, "AZURE_TENANT_ID"),
        ({**CLIENT_SECRET, **IDS, "AZURE_TENANT_ID": "planted/x"}, "AZURE_TENANT_ID"),
    ],
)
def test_what_can_not_be_sent_is_refused(environ: dict[str, str], named: str) -> None:
    """The variable is named; what it holds may be a secret and is not repeated."""
    with pytest.raises(ConfigurationError, match=rf"\b{named}\b") as refused:
        find_sign_in_method(environ, TARGET)
    secretless = f"{refused.value.message} {refused.value.remedy}".replace("http://planted", "")
    assert "planted" not in secretless


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("", AUTHORITY),
        ("login.microsoftonline.us", "https://login.microsoftonline.us"),
        ("https://login.microsoftonline.us/", "https://login.microsoftonline.us"),
        ("http://127.0.0.1:4711", "http://127.0.0.1:4711"),
    ],
)
def test_the_authority_host_replaces_the_clouds(host: str, address: str) -> None:
    """With or without https://, as azure-identity takes it; plain http on loopback."""
    assert authority_address({"AZURE_AUTHORITY_HOST": host}, TARGET) == address


@pytest.mark.parametrize(
    "host", ["http://login.microsoftonline.com", "https://u:planted@host", "https://host/tenant"]
)
def test_an_unsafe_authority_host_is_refused(host: str) -> None:
    """https only, no user info, no path that would swallow the tenant."""
    with pytest.raises(ConfigurationError, match="AZURE_AUTHORITY_HOST") as refused:
        find_sign_in_method({**CLIENT_SECRET, **IDS, "AZURE_AUTHORITY_HOST": host}, TARGET)
    assert "planted" not in refused.value.message


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({**CLIENT_SECRET, **IDS}, TokenKind.APP_ONLY),
        ({**REFRESH, **CLIENT_SECRET, **IDS}, TokenKind.APP_AND_USER),
        ({}, TokenKind.APP_AND_USER),
        (TOKEN, TokenKind.UNKNOWN),
        ({"PARTNER_CENTER_ACCESS_TOKEN": unsigned_jwt({"idtyp": "app"})}, TokenKind.APP_ONLY),
    ],
)
def test_the_kind_is_known_before_signing_in(environ: dict[str, str], kind: TokenKind) -> None:
    """So that `apply` with an app-only identity can be refused before anything is sent."""
    assert expected_kind(find_sign_in_method(environ, TARGET)) is kind


def test_no_way_in_shows_or_pickles_its_secrets() -> None:
    """Whatever is printed by mistake is harmless."""
    for environ in (TOKEN, {**REFRESH, **CLIENT_SECRET, **IDS}, {**REFRESH, **GITHUB, **IDS}):
        sign_in_method = find_sign_in_method(environ, TARGET)
        assert "planted" not in f"{sign_in_method!r} {sign_in_method}"
        with pytest.raises(TypeError):
            pickle.dumps(sign_in_method)
