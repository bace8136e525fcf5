"""What the service says when it says no: reads the five shapes of error body and names the error.

Pure. Texts of the service are bounded and on one line.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from http import HTTPStatus
from http.client import responses as PHRASES  # noqa: N812 - a table, which the library spells so
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, assert_never
from urllib.parse import urlsplit

from reconciler.model.errors import (
    Answered,
    AppOnlyRefused,
    CallRefused,
    CustomerNotFound,
    OutcomeUnknown,
    ServiceError,
    SignInRefused,
    Unavailable,
    UnreadableAnswer,
)
from reconciler.partner_center import protocol
from reconciler.partner_center.retry import Effect, verdict_of_answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.partner_center.calls import Call, ServiceAnswer
    from reconciler.partner_center.retry import Row

LONGEST_TEXT: Final = 500
"""Characters of what the service says that are repeated."""


def plain_text(text: str, longest: int = LONGEST_TEXT) -> str:
    """Make foreign text fit for a message: no control character, one line, bounded."""
    printable = (each if unicodedata.category(each)[0] not in "CZ" else " " for each in text)
    line = " ".join("".join(printable).split())
    return line if len(line) <= longest else f"{line[: longest - 3]}..."


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """An error body, whatever its shape. `retryable` is `isRetryable`, a hint."""

    code: str | None = None
    text: str | None = None
    retryable: bool | None = None


NO_BODY: Final = ErrorBody()


def read_error_body(answer: ServiceAnswer) -> ErrorBody:
    """Read an error body; empty, HTML and unknown shapes tell nothing and raise nothing."""
    match answer.content:
        case str(text):
            return ErrorBody(text=_printable(text))
        case dict(sent):
            named = {name.casefold(): value for name, value in sent.items()}
            retryable = named.get("isretryable")
            return ErrorBody(
                code=_code(named.get("code")),
                text=_first_text(named),
                retryable=retryable if isinstance(retryable, bool) else None,
            )
        case _:
            return NO_BODY


LONGEST_CODE: Final = 40


def _printable(text: str) -> str | None:
    return plain_text(text) or None


def _code(sent: object) -> str | None:
    if isinstance(sent, bool) or not isinstance(sent, (int, str)):
        return None
    return plain_text(str(sent), LONGEST_CODE) or None


def _first_text(named: Mapping[str, object]) -> str | None:
    for name in ("description", "message", "errorname"):
        text = named.get(name)
        if isinstance(text, str) and (shown := _printable(text)) is not None:
            return shown
    return None


@dataclass(frozen=True, slots=True)
class Known:
    message: str
    remedy: str


SIGN_IN_AGAIN: Final = (
    "sign in again (`reconciler login`), or set a fresh PARTNER_CENTER_ACCESS_TOKEN; "
    "`reconciler doctor` shows what the sign-in is"
)
APP_AND_USER: Final = (
    "use a sign-in with app and user: `reconciler login`, or a refresh token in "
    "PARTNER_CENTER_REFRESH_TOKEN_FILE or PARTNER_CENTER_REFRESH_TOKEN"
)
GIVE_THE_ROLE: Final = (
    "give the signed-in user the Admin agent role in Partner Center; GovernmentCommunityCloud "
    "needs one of the GDAP roles Directory Reader, Directory Writer, License Administrator or User "
    "Administrator for the customer"
)
NO_ROLE: Final = Known("the signed-in user lacks the role for this", GIVE_THE_ROLE)
NO_TENANT: Final = Known(
    "there is no such customer tenant",
    "check customerId: it is the Microsoft ID on the customer's Account page in Partner Center",
)

CODES: Final[Mapping[tuple[int, str], Known]] = MappingProxyType(
    {
        (401, "900420"): Known(
            "the token is for another resource",
            "get a token for the scope https://api.partnercenter.microsoft.com/.default "
            "(`reconciler login` does)",
        ),
        (401, "900421"): Known(
            "the sign-in lacks multi-factor authentication (MFA)",
            "sign in again with MFA: `reconciler login`, or store a refresh token that was got "
            "with MFA; `reconciler doctor` shows whether a token has it",
        ),
        (403, protocol.APP_ONLY): Known("an app-only sign-in can't do this", APP_AND_USER),
        (403, "900308"): NO_ROLE,
        (403, "900150"): NO_ROLE,
        (403, "20002"): Known(
            "this is not your customer",
            "check customerId, and that the customer still accepts your reseller relationship",
        ),
        (404, "60003"): NO_TENANT,
        (404, "1000"): NO_TENANT,
    }
)
"""Codes that public documents explain ("Partner Center REST error codes")."""

ASK_SUPPORT: Final = (
    "if the text doesn't say what to do, give Microsoft support the MS-CorrelationId"
)
LATER: Final = "run again later"

STATUSES: Final[Mapping[int, Known]] = MappingProxyType(
    {
        401: Known("the service refused the sign-in", SIGN_IN_AGAIN),
        403: Known(
            "the service forbids this to the signed-in account",
            "`reconciler doctor` shows what the sign-in is and may do",
        ),
        404: Known(
            "the service knows nothing there",
            "check customerId, and that partnerCenter names the right address",
        ),
        429: Known(
            "the service takes no more calls for now",
            "lower requestsPerMinute or concurrency in partnerCenter, or run again later",
        ),
    }
)


def refusal(call: Call, answer: ServiceAnswer) -> ServiceError:
    """Name the error that an answer is, other than a 2xx."""
    body = read_error_body(answer)
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        return _redirected(call, answer)
    known = CODES.get((answer.status, body.code or "")) or STATUSES.get(answer.status)
    detail = _detail(answer, body)
    what = f"{known.message} ({detail})" if known else f"the service answered {detail}"
    kind = kind_of_refusal(call, answer, body)
    # What is about the sign-in names no customer: any of them may have met it first.
    about_sign_in = kind in {SignInRefused, AppOnlyRefused}
    message = what if about_sign_in else f"could not {call.what}: {what}"
    return kind(message, _remedy(known, kind), _answered(answer, body))


def kind_of_refusal(call: Call, answer: ServiceAnswer, body: ErrorBody) -> type[ServiceError]:
    match answer.status, body.code:
        case HTTPStatus.UNAUTHORIZED, _:
            return Unavailable if answer.sign_in_renewed else SignInRefused
        case HTTPStatus.FORBIDDEN, protocol.APP_ONLY:
            return AppOnlyRefused
        case HTTPStatus.NOT_FOUND, _ if call.customer_id is not None:
            return CustomerNotFound
    match verdict_of_answer(answer.status, hint=body.retryable).effect:
        case Effect.DECIDED:
            return CallRefused
        case Effect.CERTAINLY_NOT:
            return Unavailable
        case Effect.MAY_HAVE:
            return OutcomeUnknown if call.is_write else Unavailable
        case never:
            assert_never(never)


def _remedy(known: Known | None, kind: type[ServiceError]) -> str:
    if known is not None:
        return known.remedy
    return ASK_SUPPORT if kind is CallRefused else LATER


def _detail(answer: ServiceAnswer, body: ErrorBody) -> str:
    """As `403 Forbidden, code 20002: Access denied`."""
    detail = f"{answer.status} {PHRASES.get(answer.status, '')}".rstrip()
    if body.code is not None:
        detail += f", code {body.code}"
    if answer.retry_after is not None:
        detail += f", wait {answer.retry_after:g} seconds"
    return detail if body.text is None else f"{detail}: {body.text}"


def _answered(answer: ServiceAnswer, body: ErrorBody = NO_BODY) -> Answered:
    return Answered(
        status=answer.status,
        code=body.code,
        text=body.text,
        correlation_id=answer.correlation_id,
        retry_after=answer.retry_after,
    )


def _redirected(call: Call, answer: ServiceAnswer) -> CallRefused | OutcomeUnknown:
    """Tell of a redirect by its host alone: the rest of a location may hold anything."""
    try:
        host = urlsplit(answer.headers.get("location", "")).hostname
    except ValueError:
        host = None
    where = f" to {plain_text(host)}" if host else ""
    kind = OutcomeUnknown if call.is_write else CallRefused
    return kind(
        f"could not {call.what}: the service answered {answer.status} and redirects{where}, "
        "which is never followed",
        "name the service's own address in partnerCenter, and check any proxy in between",
        _answered(answer),
    )


def unreadable(call: Call, answer: ServiceAnswer, why: str) -> UnreadableAnswer | OutcomeUnknown:
    """Name the error that a 2xx is which can't be understood."""
    kind = OutcomeUnknown if call.is_write else UnreadableAnswer
    return kind(
        f"could not {call.what}: the service answered {answer.status}, "
        f"but the answer can't be understood: {why}",
        "check that partnerCenter names the right address and no proxy answers in its place; "
        "else run again later",
        _answered(answer),
    )


def lost(call: Call, row: Row, detail: str, answered: Answered) -> Unavailable | OutcomeUnknown:
    """Name the error of a call that ended without a whole answer."""
    doubtful = call.is_write and row.verdict.effect is not Effect.CERTAINLY_NOT
    kind = OutcomeUnknown if doubtful else Unavailable
    shown = f" ({plain_text(detail)})" if detail else ""
    return kind(
        f"could not {call.what}: {row.message}{shown}",
        "check the address in partnerCenter, the network and any proxy (`reconciler doctor` tries "
        "the way there), or run again later",
        answered,
    )
