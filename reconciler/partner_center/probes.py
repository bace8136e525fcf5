"""Tries the calls that a run makes, by reading only, and says which of them this sign-in may make.

Of an answer only its status and its error are told; the first customer's id is used, not shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

import httpx
from pydantic_core import from_json

from reconciler.model.errors import SignInFailed
from reconciler.model.state import CustomerId
from reconciler.partner_center.calls import (
    Answer,
    Call,
    Kind,
    account_status_call,
    agreements_call,
    customers_call,
    qualifications_call,
)
from reconciler.partner_center.exchange import Attempt, Lost, exchange
from reconciler.partner_center.refusals import read_error_body, refusal


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


LIST_CUSTOMERS: Final = "list customers"
READ_QUALIFICATIONS: Final = "read qualifications"
WITH_A_PERSON: Final = "calls that need a person"
AGREEMENTS: Final = "agreements"
GCC_CODES: Final = "GCC codes"
PROBES: Final = (LIST_CUSTOMERS, READ_QUALIFICATIONS, WITH_A_PERSON, AGREEMENTS, GCC_CODES)

_CODES_CALL = Call(Kind.CUSTOMERS, "list the GCC codes", "/v1/customers/all/validations")
_NO_ACCOUNT_STATUS = (404, "600074")


async def probe(client: httpx.AsyncClient, service: Service) -> tuple[Check, ...]:
    """One check for each of `PROBES`, in that order; `client` signs in by itself."""
    listed = await _asked(client, service, customers_call("size=1"))
    customer_id = service.customer_id or _first_customer(listed)
    checks = [_judged(LIST_CUSTOMERS, listed)]
    for name, call in _of_customer(service, customer_id):
        if isinstance(call, str):
            checks.append(skipped(name, call))
        else:
            checks.append(_judged(name, await _asked(client, service, call)))
    return (*checks, _judged(GCC_CODES, await _asked(client, service, _CODES_CALL)))


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
class _Asked:
    call: Call
    answer: Answer | Lost | SignInFailed


async def _asked(client: httpx.AsyncClient, service: Service, call: Call) -> _Asked:
    attempt = Attempt.of(call, service.address.rstrip("/"), str(uuid4()))
    try:
        return _Asked(call, await exchange(client, attempt, datetime.now(UTC)))
    except SignInFailed as failure:
        return _Asked(call, failure)


def _judged(name: str, asked: _Asked) -> Check:
    match asked.answer:
        case SignInFailed() as failure:
            return Check(name, CheckState.FAILED, failure.message, failure.remedy)
        case Lost() as lost:
            message = f"no answer: {lost.failure}"
            return Check(name, CheckState.FAILED, message, "check the network, and run again")
        case answer:
            return _answered(name, asked.call, answer)


def _answered(name: str, call: Call, answer: Answer) -> Check:
    code = read_error_body(answer).code
    if httpx.codes.is_success(answer.status) or (answer.status, code) == _NO_ACCOUNT_STATUS:
        return Check(name, CheckState.OK, "allowed")
    refused = refusal(call, answer)
    message = f"{refused.message}; MS-CorrelationId {answer.correlation_id}"
    return Check(name, _state(name, answer), message, refused.remedy)


def _state(name: str, answer: Answer) -> CheckState:
    """A plan needs the qualifications; of the rest, a definite no leaves something unchecked."""
    if name != READ_QUALIFICATIONS and answer.status == httpx.codes.FORBIDDEN:
        return CheckState.WARNING
    return CheckState.FAILED


def _first_customer(listed: _Asked) -> CustomerId | None:
    if not isinstance(listed.answer, Answer):
        return None
    try:
        return CustomerId(str(UUID(from_json(listed.answer.body)["items"][0]["id"])))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return None
