"""Takes the first way in that the environment names; says in people's words which one it is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, assert_never

from reconciler.cli.access import Access
from reconciler.cli.output import say
from reconciler.partner_center.sign_in.client_credentials import (
    ClientCertificate,
    ClientSecret,
    FederatedTokenFile,
    GitHubOidc,
)
from reconciler.partner_center.sign_in.credentials import (
    AppAndUser,
    AppOnly,
    CachedLogin,
    ReadyToken,
    SignInTarget,
    expected_kind,
    find_way_in,
)
from reconciler.partner_center.sign_in.http_auth import PartnerCenterAuth
from reconciler.partner_center.sign_in.login_cache import login_cache
from reconciler.partner_center.sign_in.token_source import Keeping, refuse_other_tenant, sign_in_by

if TYPE_CHECKING:
    from reconciler.configuration.config import PartnerCenterSettings
    from reconciler.partner_center.sign_in.client_credentials import ClientProof
    from reconciler.partner_center.sign_in.credentials import WayIn

A_PERSON: Final = "PARTNER_CENTER_REFRESH_TOKEN_FILE (or PARTNER_CENTER_REFRESH_TOKEN)"


def first_way_in(settings: PartnerCenterSettings, refresh_token_out: Path | None) -> Access:
    """ConfigurationError where it is incomplete; SignInFailed for a ready token elsewhere's."""
    way_in = find_way_in(os.environ, sign_in_target(settings))
    if isinstance(way_in, ReadyToken):  # the others are looked at when they have come
        refuse_other_tenant(way_in.token, settings.tenant_id)
    keeping = Keeping(lambda: login_cache(os.environ), say, refresh_token_out)
    auth = PartnerCenterAuth(settings.address, sign_in_by(way_in, keeping, settings.tenant_id))
    return Access(settings.address, auth, name_of(way_in), expected_kind(way_in), to_apply(way_in))


def sign_in_target(settings: PartnerCenterSettings) -> SignInTarget:
    return SignInTarget(settings.cloud.authority, settings.cloud.scope, settings.tenant_id)


def name_of(way_in: WayIn) -> str:
    """The variables that brought it, or what else did."""
    match way_in:
        case ReadyToken():
            return "PARTNER_CENTER_ACCESS_TOKEN"
        case AppAndUser(proof=proof, refresh_token=token):
            variable = "PARTNER_CENTER_REFRESH_TOKEN"
            named = f"{variable}_FILE" if isinstance(token, Path) else variable
            return named if proof is None else f"{named} with {_proof(proof)}"
        case AppOnly(proof=proof):
            return _proof(proof)
        case CachedLogin():
            return "the login kept here"
        case _:
            assert_never(way_in)


def to_apply(way_in: WayIn) -> str:
    """What to do where this way in is app-only. What is found first wins, so it may be in front."""
    if isinstance(way_in, ReadyToken):
        return f"unset {name_of(way_in)}; then run `reconciler login`, or set {A_PERSON}"
    return f"set {A_PERSON} beside it, or run `reconciler login` where {name_of(way_in)} is not set"


def _proof(proof: ClientProof) -> str:
    match proof:
        case ClientSecret():
            return "AZURE_CLIENT_SECRET"
        case ClientCertificate():
            return "AZURE_CLIENT_CERTIFICATE_PATH"
        case FederatedTokenFile():
            return "AZURE_FEDERATED_TOKEN_FILE"
        case GitHubOidc():
            return "ACTIONS_ID_TOKEN_REQUEST_URL"
        case _:
            assert_never(proof)
