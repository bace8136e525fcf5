"""Finds which Partner Center is asked, and as whom, before anything is sent; it signs nobody in."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, assert_never

from reconciler.model.errors import SignInFailed
from reconciler.model.secret import KnownSecrets, Secret
from reconciler.partner_center.sign_in.claims import TokenKind
from reconciler.partner_center.sign_in.credentials import (
    ClientCertificate,
    ClientSecret,
    FederatedTokenFile,
    GitHubOidc,
)
from reconciler.partner_center.sign_in.http_auth import PartnerCenterAuth
from reconciler.partner_center.sign_in.login_cache import login_cache
from reconciler.partner_center.sign_in.method_from_environment import (
    AppAndUser,
    AppOnly,
    CachedLogin,
    ReadyToken,
    SignInTarget,
    expected_kind,
    find_sign_in_method,
)
from reconciler.partner_center.sign_in.token_source import (
    AccessToken,
    RefreshTokenStorage,
    refuse_other_tenant,
    sign_in_by,
)
from reconciler.yaml_text.garbage_collection import collector_paused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.configuration.config import Configuration, PartnerCenterSettings
    from reconciler.emulator.embedding import EmbeddedService, EmbeddedTransport
    from reconciler.emulator.emulator import Emulator
    from reconciler.partner_center.sign_in.credentials import CredentialSource
    from reconciler.partner_center.sign_in.method_from_environment import SignInMethod

EMBEDDED_ADDRESS: Final = "http://localhost"
"""Nothing is sent there: the embedded emulator answers in this process."""

APP_ONLY_PREFIX: Final = "app"
"""A ready token that begins so makes the embedded emulator take the run as app-only."""


@dataclass(frozen=True, slots=True)
class Access:
    """`sign_in_method` brings the token, `kind` is what that is known to be before it is there.

    `to_apply` says what to do where the kind is app-only. `embedded` leads to the embedded
    emulator over HTTP's own types, and `in_process` without them, where there is one.
    """

    address: str
    auth: PartnerCenterAuth
    sign_in_method: str
    kind: TokenKind
    to_apply: str
    embedded: EmbeddedTransport | None = None
    in_process: EmbeddedService | None = None
    secrets: KnownSecrets = field(default_factory=KnownSecrets)
    """What this run holds, and no answer may bring into the open; the sign-in adds its own."""


@dataclass(frozen=True, slots=True)
class SignInContext:
    """Where sign-in methods are looked for, and who is told what is odd about them."""

    environ: Mapping[str, str]
    say: Callable[[str], None]
    refresh_token_out: Path | None = None


def find_access(configuration: Configuration, context: SignInContext) -> Access:
    """Take the first sign-in method; ConfigurationError or SignInFailed where it can't do."""
    if configuration.partner_center.emulator is None:
        return first_sign_in_method(configuration.partner_center, context)
    if context.refresh_token_out is not None:
        context.say("--refresh-token-out is not used: the embedded emulator needs no sign-in")
    return _embedded(configuration, context.environ)


def refuse_app_only(access: Access) -> None:
    """SignInFailed where it is known that no create can come of it; an opaque token is tried."""
    if access.kind is TokenKind.APP_ONLY:
        raise SignInFailed(
            f"the sign-in by {access.sign_in_method} is app-only: it can plan, but a create takes "
            "app+user; nothing was sent",
            access.to_apply,
        )


def _embedded(configuration: Configuration, environ: Mapping[str, str]) -> Access:
    """It takes every call as app+user, unless the ready token begins with `app`."""
    from reconciler.emulator import embedding  # noqa: PLC0415 - only where wanted

    ready = environ.get("PARTNER_CENTER_ACCESS_TOKEN", "").strip()
    app_only = ready.startswith(APP_ONLY_PREFIX)
    # Not the variable's own text: it may be a real token, and the emulator would read its claims.
    text = f"{APP_ONLY_PREFIX if app_only else 'user'}-of-the-embedded-emulator"
    token = AccessToken(Secret(text), renewable=False)
    emulator = _open_emulator(configuration)
    return Access(
        EMBEDDED_ADDRESS,
        PartnerCenterAuth(EMBEDDED_ADDRESS, lambda: token),
        "PARTNER_CENTER_ACCESS_TOKEN" if app_only else "the embedded emulator",
        TokenKind.APP_ONLY if app_only else TokenKind.APP_AND_USER,
        "unset PARTNER_CENTER_ACCESS_TOKEN: without it the embedded emulator asks for no sign-in",
        embedding.EmbeddedTransport(emulator),
        embedding.EmbeddedService(emulator, f"Bearer {text}"),
    )


def _open_emulator(configuration: Configuration) -> Emulator:
    from reconciler.emulator.emulator import open_emulator  # noqa: PLC0415 - only where wanted
    from reconciler.manifests.reader import load_document  # noqa: PLC0415 - as above

    seed = configuration.partner_center.emulator
    assert seed is not None, "asked for where the configuration names one"
    with collector_paused():
        return open_emulator(load_document(seed)[0], seed, configuration.state_dir)


A_PERSON: Final = "PARTNER_CENTER_REFRESH_TOKEN_FILE (or PARTNER_CENTER_REFRESH_TOKEN)"


def first_sign_in_method(settings: PartnerCenterSettings, context: SignInContext) -> Access:
    """ConfigurationError where it is incomplete; SignInFailed for a ready token elsewhere's."""
    sign_in_method = find_sign_in_method(context.environ, sign_in_target(settings))
    if isinstance(sign_in_method, ReadyToken):  # the others are looked at when they have come
        refuse_other_tenant(sign_in_method.token, settings.tenant_id)
    storage = RefreshTokenStorage(
        lambda: login_cache(context.environ), context.say, context.refresh_token_out
    )
    secrets = KnownSecrets()
    sign_in = sign_in_by(sign_in_method, storage, secrets, settings.tenant_id)
    return Access(
        settings.address,
        PartnerCenterAuth(settings.address, sign_in),
        name_of(sign_in_method),
        expected_kind(sign_in_method),
        to_apply(sign_in_method),
        secrets=secrets,
    )


def sign_in_target(settings: PartnerCenterSettings) -> SignInTarget:
    return SignInTarget(settings.cloud.authority, settings.cloud.scope, settings.tenant_id)


def name_of(sign_in_method: SignInMethod) -> str:
    """The variables that brought it, or what else did."""
    match sign_in_method:
        case ReadyToken():
            return "PARTNER_CENTER_ACCESS_TOKEN"
        case AppAndUser(credential=credential, refresh_token=token):
            variable = "PARTNER_CENTER_REFRESH_TOKEN"
            named = f"{variable}_FILE" if isinstance(token, Path) else variable
            return (
                named if credential is None else f"{named} with {_describe_credential(credential)}"
            )
        case AppOnly(credential=credential):
            return _describe_credential(credential)
        case CachedLogin():
            return "the login kept here"
        case _:
            assert_never(sign_in_method)


def to_apply(sign_in_method: SignInMethod) -> str:
    """What to do where this method is app-only. What is found first wins, so it may be in front."""
    if isinstance(sign_in_method, ReadyToken):
        return f"unset {name_of(sign_in_method)}; then run `reconciler login`, or set {A_PERSON}"
    name = name_of(sign_in_method)
    return f"set {A_PERSON} beside it, or run `reconciler login` where {name} is not set"


def _describe_credential(source: CredentialSource) -> str:
    match source:
        case ClientSecret():
            return "AZURE_CLIENT_SECRET"
        case ClientCertificate():
            return "AZURE_CLIENT_CERTIFICATE_PATH"
        case FederatedTokenFile():
            return "AZURE_FEDERATED_TOKEN_FILE"
        case GitHubOidc():
            return "ACTIONS_ID_TOKEN_REQUEST_URL"
        case _:
            assert_never(source)
