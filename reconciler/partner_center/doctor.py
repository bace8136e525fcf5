"""Examines reach, clock, sign-in, token and permissions, and says what each failure means.

Nothing is changed by it but what every sign-in changes: a rotated refresh token is kept. A create
can't be tried, as it can't be undone: what shows of it is whether calls that need a person pass.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final, assert_never

import httpx

from reconciler.model.errors import SignInFailed
from reconciler.partner_center.probes import PROBES, Check, CheckState, Service, probe, skipped
from reconciler.partner_center.refusals import APP_AND_USER
from reconciler.partner_center.token_claims import Claims, TokenKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.partner_center.auth import PartnerCenterAuth

REACH: Final = "reach"
CLOCK: Final = "clock"
SIGN_IN: Final = "sign-in"
KIND: Final = "kind of token"
MFA: Final = "MFA"
ALL: Final = (REACH, CLOCK, SIGN_IN, KIND, MFA, *PROBES)

_CLOCK_WARNING = 60
_CLOCK_FAILURE = 300
"""Seconds. The authority allows an assertion five minutes of difference."""


async def diagnose(
    client: httpx.AsyncClient,
    auth: PartnerCenterAuth,
    service: Service,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> tuple[Check, ...]:
    """One check for each of `ALL`, in that order; `client` signs in by `auth`. Raises nothing."""
    reach = await _reach(client, service)
    if isinstance(reach, Check):
        return (reach, *(skipped(name, "the service can't be reached") for name in ALL[1:]))
    checks = (Check(REACH, CheckState.OK, "the service answers"), _clock(reach, now()))
    signed_in = await _sign_in(auth)
    if isinstance(signed_in, Check):
        return (*checks, signed_in, *(skipped(name, "nobody is signed in") for name in ALL[3:]))
    done = Check(SIGN_IN, CheckState.OK, "there is a token")
    return (*checks, done, _kind(signed_in), _mfa(signed_in), *await probe(client, service))


async def _reach(client: httpx.AsyncClient, service: Service) -> httpx.Headers | Check:
    """Any answer will do, a refusal too: this call carries no token."""
    try:
        response = await client.get(f"{service.address.rstrip('/')}/v1/customers", auth=None)
    except httpx.HTTPError as error:
        host = httpx.URL(service.address).host
        return Check(
            REACH,
            CheckState.FAILED,
            f"{host} can't be reached: {type(error).__name__}",
            "check the network, the proxy, and the endpoint that is configured",
        )
    return response.headers


def _clock(headers: httpx.Headers, now: datetime) -> Check:
    try:
        apart = (now - parsedate_to_datetime(headers["Date"])).total_seconds()
    except (KeyError, ValueError, TypeError):
        return Check(CLOCK, CheckState.SKIPPED, "the service doesn't tell its time")
    state = _clock_state(abs(apart))
    if state is CheckState.OK:
        return Check(CLOCK, state, "this machine's clock is right")
    side = "ahead of" if apart > 0 else "behind"
    return Check(
        CLOCK,
        state,
        f"this machine's clock is {abs(apart):.0f} s {side} the service's",
        "let the clock be set by NTP: assertions and tokens are valid by the clock",
    )


def _clock_state(seconds: float) -> CheckState:
    if seconds > _CLOCK_FAILURE:
        return CheckState.FAILED
    return CheckState.WARNING if seconds > _CLOCK_WARNING else CheckState.OK


async def _sign_in(auth: PartnerCenterAuth) -> Claims | Check:
    try:
        return await auth.claims()
    except SignInFailed as failure:
        return Check(SIGN_IN, CheckState.FAILED, failure.message, failure.remedy)


def _kind(claims: Claims) -> Check:
    match claims.kind:
        case TokenKind.APP_AND_USER:
            return Check(KIND, CheckState.OK, "app+user: it can plan and apply")
        case TokenKind.APP_ONLY:
            message = "app-only: it can plan, and can't apply"
            return Check(KIND, CheckState.WARNING, message, f"to apply, {APP_AND_USER}")
        case TokenKind.UNKNOWN:
            message = "the token doesn't tell; what it may do, the calls below show"
            return Check(KIND, CheckState.SKIPPED, message)
        case _:
            assert_never(claims.kind)


def _mfa(claims: Claims) -> Check:
    if claims.kind is TokenKind.APP_ONLY:
        return Check(MFA, CheckState.SKIPPED, "an application has none")
    if claims.mfa:
        return Check(MFA, CheckState.OK, "the token says that MFA was completed")
    remedy = "sign in again and complete MFA; Partner Center refuses a user's calls without it"
    if claims.mfa is None and claims.kind is TokenKind.UNKNOWN:
        return Check(MFA, CheckState.SKIPPED, "the token doesn't tell")
    if claims.mfa is None:
        message = "the token doesn't tell whether MFA was completed"
        return Check(MFA, CheckState.WARNING, message, remedy)
    return Check(MFA, CheckState.FAILED, "the token was given without MFA", remedy)
