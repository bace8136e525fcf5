"""What a bearer token may do, read from its claims alone: signatures are never checked here."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reconciler.model.secret import Secret

APP_ONLY_PREFIX: Final = "app"
"""A token that begins so is app-only: so a person can try one without a JWT."""

JWT_PARTS: Final = 3

SOMEBODY: Final = "admin@fabrikam.onmicrosoft.com"
"""Whom the audit records name for a token that names nobody."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token allows. One that is no readable JWT is app+user, with MFA, and never ends."""

    app_only: bool = False
    mfa: bool = True
    expired: bool = False
    user: str = SOMEBODY
    application_id: str | None = None


UNREADABLE: Final = Grant()


def read_grant(token: Secret, now: datetime) -> Grant:
    """Read the token's prefix and claims (idtyp, scp, roles, amr, exp, upn, appid)."""
    if token.reveal().startswith(APP_ONLY_PREFIX):
        return Grant(app_only=True)
    claims = _claims(token.reveal())
    if not claims:
        return UNREADABLE
    app_only = claims.get("idtyp") == "app" or ("roles" in claims and "scp" not in claims)
    return Grant(
        app_only=app_only,
        mfa=_has_mfa(claims),
        expired=_is_past(claims, now),
        user=_text(claims, "upn") or _text(claims, "preferred_username") or SOMEBODY,
        application_id=_text(claims, "appid") or _text(claims, "azp"),
    )


def _text(claims: Mapping[str, object], name: str) -> str | None:
    claim = claims.get(name)
    return claim if isinstance(claim, str) else None


def _has_mfa(claims: Mapping[str, object]) -> bool:
    methods = claims.get("amr")
    return not isinstance(methods, list) or "mfa" in methods


def _is_past(claims: Mapping[str, object], now: datetime) -> bool:
    end = claims.get("exp")
    return isinstance(end, int | float) and end <= now.timestamp()


def _claims(token: str) -> Mapping[str, object]:
    parts = token.split(".")
    if len(parts) != JWT_PARTS:
        return {}
    try:
        claims = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}
