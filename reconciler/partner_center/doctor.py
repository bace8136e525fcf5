"""Examines reach, clock, sign-in, token and permissions, and says what each failure means.

Nothing is changed by it but what every sign-in changes: a rotated refresh token is kept. A create
can't be tried, as it can't be undone: what shows of it is whether calls that need a person pass.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final, assert_never
from uuid import UUID, uuid4

import httpx

from reconciler.model.errors import SignInFailed
from reconciler.model.secret import KnownSecrets
from reconciler.model.state import CustomerId
from reconciler.partner_center.call_log import log_call
from reconciler.partner_center.calls import (
    Call,
    Kind,
    ServiceAnswer,
    account_status_call,
    agreements_call,
    customers_call,
    qualifications_call,
)
from reconciler.partner_center.connection import SignedTransport
from reconciler.partner_center.errors import APP_AND_USER, read_error_body, refusal
from reconciler.partner_center.exchange import (
    READ_TIMEOUTS,
    Lost,
    ServiceRequest,
    exchange,
    log_exchange,
)
from reconciler.partner_center.protocol import NO_ACCOUNT_STATUS
from reconciler.partner_center.sign_in.claims import Claims, TokenKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.partner_center.sign_in.http_auth import PartnerCenterAuth

REACH: Final = "reach"
CLOCK: Final = "clock"
SIGN_IN: Final = "sign-in"
KIND: Final = "kind of token"
MFA: Final = "MFA"

LIST_CUSTOMERS: Final = "list customers"
READ_QUALIFICATIONS: Final = "read qualifications"
WITH_A_PERSON: Final = "calls that need a person"
AGREEMENTS: Final = "agreements"
GCC_CODES: Final = "GCC codes"
PROBES: Final = (LIST_CUSTOMERS, READ_QUALIFICATIONS, WITH_A_PERSON, AGREEMENTS, GCC_CODES)
ALL: Final = (REACH, CLOCK, SIGN_IN, KIND, MFA, *PROBES)

_CLOCK_WARNING = 60
_CLOCK_FAILURE = 300
"""Seconds. The authority allows an assertion five minutes of difference."""
_REACH_PATH = "/v1/customers"
_CODES_CALL = Call(Kind.CUSTOMERS, "list the GCC codes", "/v1/customers/all/validations")
_NO_ACCOUNT_STATUS = (404, NO_ACCOUNT_STATUS)


class CheckState(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """`remedy` is empty where nothing has to be done."""

    name: str
    state: CheckState
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """The address to ask; without `customer_id`, the first customer of the list is read."""

    address: str
    customer_id: CustomerId | None = None
    has_agreements: bool = True
    """Whether this cloud has the call for agreements: the public one does."""
    secrets: KnownSecrets = field(default_factory=KnownSecrets)


async def diagnose(
    http: httpx.AsyncBaseTransport,
    auth: PartnerCenterAuth,
    service: Service,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> tuple[Check, ...]:
    """One check for each of `ALL`, in that order; `http` is without a sign-in. Raises nothing."""
    reach = await _reach(http, service)
    if isinstance(reach, Check):
        return (reach, *(skipped(name, "the service can't be reached") for name in ALL[1:]))
    checks = (Check(REACH, CheckState.OK, "the service answers"), _clock(reach, now()))
    signed_in = await _sign_in(auth)
    if isinstance(signed_in, Check):
        return (*checks, signed_in, *(skipped(name, "nobody is signed in") for name in ALL[3:]))
    done = Check(SIGN_IN, CheckState.OK, "there is a token")
    probes = await probe(SignedTransport(http, auth), service)
    return (*checks, done, _kind(signed_in), _mfa(signed_in), *probes)


async def _reach(http: httpx.AsyncBaseTransport, service: Service) -> httpx.Headers | Check:
    """Any answer will do, a refusal too: this call carries no token."""
    request = httpx.Request(
        "GET",
        f"{service.address.rstrip('/')}{_REACH_PATH}",
        extensions={"timeout": READ_TIMEOUTS},
    )
    started = time.monotonic()
    try:
        response = await http.handle_async_request(request)
        await response.aclose()
    except httpx.HTTPError as error:
        host = httpx.URL(service.address).host
        return Check(
            REACH,
            CheckState.FAILED,
            f"{host} can't be reached: {type(error).__name__}",
            "check the network, the proxy, and the endpoint that is configured",
        )
    seconds = time.monotonic() - started
    log_call("GET", _REACH_PATH, response.status_code, seconds, "without a sign-in")
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


async def probe(http: httpx.AsyncBaseTransport, service: Service) -> tuple[Check, ...]:
    """One check for each of `PROBES`, in that order; `http` signs in by itself."""
    listed = await _send(http, service, customers_call("size=1"))
    customer_id = service.customer_id or _first_customer(listed)
    checks = [_judged(LIST_CUSTOMERS, listed)]
    for name, call in _of_customer(service, customer_id):
        if isinstance(call, str):
            checks.append(skipped(name, call))
        else:
            checks.append(_judged(name, await _send(http, service, call)))
    return (*checks, _judged(GCC_CODES, await _send(http, service, _CODES_CALL)))


def skipped(name: str, reason: str) -> Check:
    return Check(name, CheckState.SKIPPED, f"not tried: {reason}")


def _of_customer(
    service: Service, customer_id: CustomerId | None
) -> tuple[tuple[str, Call | str], ...]:
    """The calls of one customer, or why one can't be tried."""
    if customer_id is None:
        reason = "no customer is known to try it on"
        return tuple((name, reason) for name in PROBES[1:4])
    agreements = agreements_call(customer_id)
    return (
        (READ_QUALIFICATIONS, qualifications_call(customer_id)),
        (WITH_A_PERSON, account_status_call(customer_id)),
        (AGREEMENTS, agreements if service.has_agreements else "this cloud has none"),
    )


@dataclass(frozen=True, slots=True)
class _Probed:
    call: Call
    answer: ServiceAnswer | Lost | SignInFailed


async def _send(http: httpx.AsyncBaseTransport, service: Service, call: Call) -> _Probed:
    request = ServiceRequest.of(call, service.address.rstrip("/"), str(uuid4()))
    started = time.monotonic()
    try:
        answer = await exchange(http, request, datetime.now(UTC), service.secrets)
    except SignInFailed as failure:
        return _Probed(call, failure)
    log_exchange(call, answer, time.monotonic() - started)
    return _Probed(call, answer)


def _judged(name: str, probed: _Probed) -> Check:
    match probed.answer:
        case SignInFailed() as failure:
            return Check(name, CheckState.FAILED, failure.message, failure.remedy)
        case Lost() as lost:
            message = f"no answer: {lost.failure}"
            return Check(name, CheckState.FAILED, message, "check the network, and run again")
        case answer:
            return _answered(name, probed.call, answer)


def _answered(name: str, call: Call, answer: ServiceAnswer) -> Check:
    code = read_error_body(answer).code
    if httpx.codes.is_success(answer.status) or (answer.status, code) == _NO_ACCOUNT_STATUS:
        return Check(name, CheckState.OK, "allowed")
    refused = refusal(call, answer)
    message = f"{refused.message}; MS-CorrelationId {answer.correlation_id}"
    return Check(name, _state(name, answer), message, refused.remedy)


def _state(name: str, answer: ServiceAnswer) -> CheckState:
    """A plan needs the qualifications; of the rest, a definite no leaves something unchecked."""
    if name != READ_QUALIFICATIONS and answer.status == httpx.codes.FORBIDDEN:
        return CheckState.WARNING
    return CheckState.FAILED


def _first_customer(listed: _Probed) -> CustomerId | None:
    if not isinstance(listed.answer, ServiceAnswer):
        return None
    match listed.answer.content:
        case {"items": [{"id": str(customer_id)}, *_]} if _is_guid(customer_id):
            return CustomerId(customer_id.lower())
        case _:
            return None


def _is_guid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False
