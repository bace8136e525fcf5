"""The offline Partner Center as a function: a world and a request in, an answer and changes out.

It does no I/O, reads no clock and draws no random number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from reconciler.emulator import listings, reads
from reconciler.emulator.audit import audit_records
from reconciler.emulator.creates import AS_DOCUMENTED, CreateRules, Post, create
from reconciler.emulator.paging import QueryRefused
from reconciler.emulator.responses import coded_error, json_response, plain_error
from reconciler.emulator.routing import KNOWN_CALLS, CallName, find_endpoint, is_guid
from reconciler.emulator.tokens import Grant, read_grant
from reconciler.emulator.world import Response, digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from reconciler.emulator.routing import Endpoint, Request
    from reconciler.emulator.world import Changes, Customer, Live

APP_AND_USER: Final = frozenset(
    {
        CallName.CREATE_QUALIFICATION,
        CallName.ACCOUNT_STATUS,
        CallName.AGREEMENTS,
        CallName.DIRECT_SIGNED,
    }
)
"""The calls whose pages ask for App+User: an app-only token can't make them."""


@dataclass(frozen=True, slots=True)
class _Turn:
    live: Live
    request: Request
    now: datetime
    rules: CreateRules


def respond(
    live: Live, request: Request, now: datetime, rules: CreateRules = AS_DOCUMENTED
) -> tuple[Response, Changes]:
    """Answer one request, with the ids that every answer echoes, and tell what it changed."""
    given, changes = _respond(_Turn(live, request, now, rules))
    headers = (*given.headers, *echoed(request))
    return Response(given.status, given.body, given.content_type, headers), changes


def echoed(request: Request) -> tuple[tuple[str, str], ...]:
    """The ids as they came, and a correlation vector: a word of 16 letters, and a number."""
    vector = digest_of(request.correlation_id)[:16]
    return (
        ("MS-CorrelationId", request.correlation_id),
        ("MS-RequestId", request.request_id),
        ("MS-CV", f"{vector}.0"),
    )


def _respond(turn: _Turn) -> tuple[Response, Changes]:
    endpoint = find_endpoint(turn.request.path)
    call = endpoint.methods.get(turn.request.method) if endpoint is not None else None
    if endpoint is None or call is None:
        return _unknown_call(endpoint), turn.live.changes
    if not turn.request.token:
        return _no_token(), turn.live.changes
    grant = read_grant(turn.request.token, turn.now)
    refusal = _refuse_token(call, grant)
    if refusal is not None:
        return refusal, turn.live.changes
    try:
        return _carry_out(turn, call, endpoint.customer_id, grant)
    except QueryRefused as refused:
        return coded_error(HTTPStatus.BAD_REQUEST, refused.code, refused.why), turn.live.changes


def _carry_out(
    turn: _Turn, call: CallName, customer_id: str | None, grant: Grant
) -> tuple[Response, Changes]:
    live = turn.live
    if customer_id is None:
        return _OF_MANY[call](turn), live.changes
    customer = live.world.customers.get(customer_id)
    if customer is None:
        return _no_customer(customer_id), live.changes
    if call is not CallName.CREATE_QUALIFICATION:
        return _OF_ONE[call](turn, customer), live.changes
    post = Post(customer_id, turn.request, grant, turn.now, turn.rules)
    return create(live.world, live.changes, post)


_OF_MANY: Final[Mapping[CallName, Callable[[_Turn], Response]]] = {
    CallName.CUSTOMERS: lambda turn: listings.customers_page(turn.live.world, turn.request),
    CallName.VALIDATIONS: lambda turn: listings.validations(turn.live),
    CallName.AUDIT_RECORDS: lambda turn: audit_records(turn.live, turn.request, turn.now),
}

_OF_ONE: Final[Mapping[CallName, Callable[[_Turn, Customer], Response]]] = {
    CallName.READ_QUALIFICATIONS: lambda turn, customer: reads.qualifications(turn.live, customer),
    CallName.ACCOUNT_STATUS: lambda turn, customer: reads.account_status(
        customer, turn.request.query
    ),
    CallName.AGREEMENTS: lambda turn, customer: reads.agreements(customer, turn.request.query),
    CallName.DIRECT_SIGNED: lambda _, customer: reads.direct_signed(customer),
    CallName.CUSTOMER: lambda _, customer: reads.one_customer(customer),
}


def _unknown_call(endpoint: Endpoint | None) -> Response:
    """Say what the emulator doesn't know; that there is no other write, the service itself says."""
    if endpoint is not None and CallName.CREATE_QUALIFICATION in endpoint.methods.values():
        why = "The resource doesn't support this method."
        allowed = ("Allow", ", ".join(sorted(endpoint.methods)))
        return replace(plain_error(HTTPStatus.METHOD_NOT_ALLOWED, why), headers=(allowed,))
    body = {
        "statusCode": HTTPStatus.NOT_IMPLEMENTED,
        "message": "The emulator doesn't know this call.",
        "calls": KNOWN_CALLS,
    }
    return json_response(HTTPStatus.NOT_IMPLEMENTED, body)


def _no_token() -> Response:
    return coded_error(HTTPStatus.UNAUTHORIZED, "900420", "No bearer token for this resource.")


def _refuse_token(call: CallName, grant: Grant) -> Response | None:
    if grant.expired:
        return plain_error(HTTPStatus.UNAUTHORIZED, "The token has expired.")
    if call not in APP_AND_USER:
        return None
    if grant.app_only:
        return coded_error(HTTPStatus.FORBIDDEN, "900329", "App-only tokens can't make this call.")
    if not grant.mfa:
        return coded_error(HTTPStatus.UNAUTHORIZED, "900421", "The token has no MFA claim.")
    return None


def _no_customer(customer_id: str) -> Response:
    """Refuse with 1000 what is no tenant id, and with 60003 a tenant that isn't there."""
    code = "60003" if is_guid(customer_id) else "1000"
    return coded_error(HTTPStatus.NOT_FOUND, code, "The customer was not found.")
