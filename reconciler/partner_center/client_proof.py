"""How an application proves who it is: what the environment names, and what is sent for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from reconciler.model.errors import SignInFailed
from reconciler.partner_center.certificate import Certificate, read_certificate
from reconciler.partner_center.oidc import github_assertion
from reconciler.partner_center.secret_file import read_token

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.model.secret import Secret


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


ClientProof = ClientSecret | ClientCertificate | FederatedTokenFile | GitHubOidc


@dataclass(frozen=True, slots=True)
class Assertion:
    """A token of another authority that stands for the application."""

    token: Secret


Credential = ClientSecret | Certificate | Assertion


def credential_of(proof: ClientProof) -> Credential:
    """Read what the proof names; SignInFailed where it can't be read."""
    match proof:
        case ClientSecret():
            return proof
        case ClientCertificate(path, password):
            return read_certificate(path, password)
        case FederatedTokenFile(path):
            return Assertion(_federated_token(path))
        case GitHubOidc(address, request_token):
            return Assertion(github_assertion(address, request_token))
        case _:
            assert_never(proof)


def _federated_token(path: Path) -> Secret:
    token = read_token(path)
    if isinstance(token, str):
        raise SignInFailed(
            f"the federated token file {path} {token}",
            "let AZURE_FEDERATED_TOKEN_FILE name the file that holds the federated token",
        )
    return token
