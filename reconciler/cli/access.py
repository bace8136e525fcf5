"""Finds which Partner Center is asked, and as whom, before anything is sent; it signs nobody in."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.cli.output import say
from reconciler.model.errors import SignInFailed
from reconciler.model.secret import Secret
from reconciler.partner_center.sign_in.claims import TokenKind
from reconciler.partner_center.sign_in.http_auth import PartnerCenterAuth
from reconciler.partner_center.sign_in.token_source import AccessToken

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.configuration.config import Configuration
    from reconciler.emulator.app import App

EMBEDDED_ADDRESS: Final = "http://localhost"
"""Nothing is sent there: the embedded emulator answers in this process."""

APP_ONLY_PREFIX: Final = "app"
"""A ready token that begins so makes the embedded emulator take the run as app-only."""


@dataclass(frozen=True, slots=True)
class Access:
    """`way_in` is what brings the token, `kind` what that is known to be before it is there.

    `to_apply` says what to do where the kind is app-only. `app` is the embedded emulator.
    """

    address: str
    auth: PartnerCenterAuth
    way_in: str
    kind: TokenKind
    to_apply: str
    app: App | None = None


def find_access(configuration: Configuration, refresh_token_out: Path | None) -> Access:
    """Take the first way in; ConfigurationError or SignInFailed where it is known to be useless."""
    if configuration.partner_center.emulator is None:
        from reconciler.cli.ways_in import first_way_in  # noqa: PLC0415 - not for the emulator

        return first_way_in(configuration.partner_center, refresh_token_out)
    if refresh_token_out is not None:
        say("--refresh-token-out is not used: the embedded emulator needs no sign-in")
    return _embedded(configuration)


def refuse_app_only(access: Access) -> None:
    """SignInFailed where it is known that no create can come of it; an opaque token is tried."""
    if access.kind is TokenKind.APP_ONLY:
        raise SignInFailed(
            f"the sign-in by {access.way_in} is app-only: it can plan, but a create takes "
            "app+user; nothing was sent",
            access.to_apply,
        )


def _embedded(configuration: Configuration) -> Access:
    """It takes every call as app+user, unless the ready token begins with `app`."""
    ready = os.environ.get("PARTNER_CENTER_ACCESS_TOKEN", "").strip()
    app_only = ready.startswith(APP_ONLY_PREFIX)
    # Not the variable's own text: it may be a real token, and the emulator would read its claims.
    text = f"{APP_ONLY_PREFIX if app_only else 'user'}-of-the-embedded-emulator"
    token = AccessToken(Secret(text), renewable=False)
    return Access(
        EMBEDDED_ADDRESS,
        PartnerCenterAuth(EMBEDDED_ADDRESS, lambda: token),
        "PARTNER_CENTER_ACCESS_TOKEN" if app_only else "the embedded emulator",
        TokenKind.APP_ONLY if app_only else TokenKind.APP_AND_USER,
        "unset PARTNER_CENTER_ACCESS_TOKEN: without it the embedded emulator asks for no sign-in",
        _embedded_app(configuration),
    )


def _embedded_app(configuration: Configuration) -> App:
    from reconciler.emulator.app import embedded  # noqa: PLC0415 - only where it is embedded
    from reconciler.manifests.reader import load_document  # noqa: PLC0415 - as above

    seed = configuration.partner_center.emulator
    assert seed is not None, "asked for where the configuration names one"
    return embedded(load_document(seed)[0], seed, configuration.state_dir)
