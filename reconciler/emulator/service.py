"""The offline Partner Center as a function: a world and a request in, an answer and changes out.

It does no I/O, reads no clock and draws no random number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from reconciler.emulator import reads
from reconciler.emulator.creates import CreateRules, Post, create
from reconciler.emulator.responses import coded_error, plain_error
from reconciler.emulator.routing import CallName, find_endpoint, is_guid
from reconciler.emulator.tokens import read_grant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from reconciler.emulator.reads import Live
    from reconciler.emulator.routing import Endpoint, Request
    from reconciler.emulator.world import Changes, Customer, Response

APP_AND_USER: Final = frozenset(
    {
        CallName.CREATE_QUALIFICATION,
        CallName.ACCOUNT_STATUS,
        CallName.AGREEMENTS,
        CallName.DIRECT_SIGNED,
    }
)
"""The calls that an app-only token can't make (domain.md, section 1)."""

AS_DOCUMENTED: Final = CreateRules()


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
    return replace(given, headers=(*given.headers, *echoed(request))), changes


def echoed(request: Request) -> tuple[tuple[str, str], ...]:
    return (
        ("MS-CorrelationId", request.correlation_id),
        ("MS-RequestId", request.request_id),
    )


def _respond(turn: _Turn) -> tuple[Response, Changes]:
    endpoint = find_endpoint(turn.request.path)
    if endpoint is None:
        return plain_error(HTTPStatus.NOT_FOUND, "Resource not found."), turn.live.changes
    call = endpoint.methods.get(turn.request.method)
    if call is None:
        return _wrong_method(endpoint), turn.live.changes
    refusal = _token_refusal(call, turn.request, turn.now)
    if refusal is not None:
        return refusal, turn.live.changes
    return _carry_out(turn, call, endpoint.customer_id)


def _carry_out(turn: _Turn, call: CallName, customer_id: str | None) -> tuple[Response, Changes]:
    live, request = turn.live, turn.request
    if customer_id is None:
        return _OF_MANY[call](live, request), live.changes
    customer = live.world.customers.get(customer_id)
    if customer is None:
        return _no_customer(customer_id), live.changes
    if call is not CallName.CREATE_QUALIFICATION:
        return _OF_ONE[call](live, customer, request), live.changes
    post = Post(customer_id, request.request_id, request.body, turn.now, turn.rules)
    return create(live.world, live.changes, post)


_OF_MANY: Final[Mapping[CallName, Callable[[Live, Request], Response]]] = {
    CallName.CUSTOMERS: lambda live, request: reads.customers_page(live.world, request),
    CallName.VALIDATIONS: lambda live, _: reads.validations(live),
    CallName.AUDIT_RECORDS: lambda live, _: reads.audit_records(live.changes),
}

_OF_ONE: Final[Mapping[CallName, Callable[[Live, Customer, Request], Response]]] = {
    CallName.READ_QUALIFICATIONS: lambda live, customer, _: reads.qualifications(live, customer),
    CallName.ACCOUNT_STATUS: lambda _, customer, request: reads.account_status(
        customer, request.query
    ),
    CallName.AGREEMENTS: lambda _, customer, request: reads.agreements(customer, request.query),
    CallName.DIRECT_SIGNED: lambda _, customer, __: reads.direct_signed(customer),
    CallName.CUSTOMER: lambda _, customer, __: reads.one_customer(customer),
}


def _wrong_method(endpoint: Endpoint) -> Response:
    told = plain_error(HTTPStatus.METHOD_NOT_ALLOWED, "The resource doesn't support this method.")
    return replace(told, headers=(("Allow", ", ".join(sorted(endpoint.methods))),))


def _token_refusal(call: CallName, request: Request, now: datetime) -> Response | None:
    if not request.token:
        return coded_error(HTTPStatus.UNAUTHORIZED, "900420", "No bearer token for this resource.")
    grant = read_grant(request.token, now)
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
