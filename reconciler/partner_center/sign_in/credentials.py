"""The client credentials of an application: what the environment names, and what is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

import httpx

from reconciler.model.errors import SignInFailed
from reconciler.model.secret import Secret
from reconciler.partner_center.origin import checked_address
from reconciler.partner_center.sign_in.certificate import Certificate, read_certificate
from reconciler.partner_center.sign_in.msal_http import client_for
from reconciler.partner_center.sign_in.secret_file import read_token

if TYPE_CHECKING:
    from pathlib import Path


AUDIENCE = "api://AzureADTokenExchange"
"""What Microsoft Entra expects in a federated credential of GitHub."""

_REMEDY = "give the job `permissions: id-token: write`, and run it again"


@dataclass(frozen=True, slots=True)
class ClientSecret:
    secret: Secret


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A file with private key and certificate, PEM or PFX."""

    path: Path
    password: Secret | None = None


@dataclass(frozen=True, slots=True)
class FederatedTokenFile:
    """A file that something else keeps fresh (workload identity): read anew at every sign-in."""

    path: Path


@dataclass(frozen=True, slots=True)
class GitHubOidc:
    """The endpoint GitHub Actions offers to a job with `id-token: write`."""

    address: str
    request_token: Secret


CredentialSource = ClientSecret | ClientCertificate | FederatedTokenFile | GitHubOidc


@dataclass(frozen=True, slots=True)
class Assertion:
    """A token of another authority that stands for the application."""

    token: Secret


ClientCredential = ClientSecret | Certificate | Assertion


def load_credential(source: CredentialSource) -> ClientCredential:
    """Read what the environment names; SignInFailed where it can't be read."""
    match source:
        case ClientSecret():
            return source
        case ClientCertificate(path, password):
            return read_certificate(path, password)
        case FederatedTokenFile(path):
            return Assertion(_federated_token(path))
        case GitHubOidc(address, request_token):
            return Assertion(github_assertion(address, request_token))
        case _:
            assert_never(source)


def secret_of(credential: ClientCredential) -> Secret:
    match credential:
        case ClientSecret(secret) | Certificate(secret) | Assertion(secret):
            return secret
        case _:
            assert_never(credential)


def _federated_token(path: Path) -> Secret:
    token = read_token(path)
    if isinstance(token, str):
        raise SignInFailed(
            f"the federated token file {path} {token}",
            "let AZURE_FEDERATED_TOKEN_FILE name the file that holds the federated token",
        )
    return token


def github_assertion(address: str, request_token: Secret) -> Secret:
    """The job's token for `AUDIENCE`, or SignInFailed."""
    url = checked_address(address, "ACTIONS_ID_TOKEN_REQUEST_URL")
    answer = _request_assertion(url.copy_merge_params({"audience": AUDIENCE}), request_token)
    if isinstance(answer, str):
        raise SignInFailed(f"GitHub's OIDC endpoint {url.host} {answer}", _REMEDY)
    return answer


def _request_assertion(url: httpx.URL, request_token: Secret) -> Secret | str:
    """Returns what went wrong instead of raising: no frame that holds a token is in a traceback."""
    headers = {"Authorization": f"Bearer {request_token.reveal()}", "Accept": "application/json"}
    try:
        with client_for(url) as client:
            response = client.get(url, headers=headers)
    except httpx.HTTPError as error:
        return f"can't be reached: {type(error).__name__}"
    if response.status_code != httpx.codes.OK:
        return f"refused with HTTP {response.status_code}"
    return _value(response)


def _value(response: httpx.Response) -> Secret | str:
    try:
        answer = response.json()
    except ValueError:
        return "answered with something that is not JSON"
    value = answer.get("value") if isinstance(answer, dict) else None
    return Secret(value) if isinstance(value, str) and value else "answered without a token"
