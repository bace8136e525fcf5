"""One request over httpx and its whole answer, bounded in size and in time. It repeats nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

import httpx

from reconciler.model.errors import ReconcilerError
from reconciler.model.secret import Secret
from reconciler.partner_center.body import read_body
from reconciler.partner_center.call_log import log_call
from reconciler.partner_center.calls import ServiceAnswer, request_headers
from reconciler.partner_center.receiving import receive_body
from reconciler.partner_center.retry import parse_retry_after, row_of

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.model.secret import KnownSecrets
    from reconciler.partner_center.calls import Call
    from reconciler.partner_center.retry import Row

LONGEST_READ: Final = 100.0
"""Seconds for one attempt, sign-in included: an answer may not drip in for ever."""

LONGEST_CREATE: Final = 120.0
"""Answers after 100 s were seen, and a create that is cut off is a doubt made at home."""

READ_TIMEOUTS: Final = httpx.Timeout(30.0, connect=10.0).as_dict()
CREATE_TIMEOUTS: Final = httpx.Timeout(LONGEST_CREATE, connect=10.0).as_dict()
"""No shorter one may end it."""

TELLING: Final = (httpx.ConnectError, httpx.ProxyError)
"""The exceptions whose own words are repeated; those of others can quote a header."""


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """What is sent: a call under its ids, to the service at `base`."""

    call: Call
    base: str
    request_id: str
    correlation_id: str
    longest: float

    @staticmethod
    def of(call: Call, base: str, request_id: str) -> ServiceRequest:
        """Make one more attempt of a call, under a correlation id of its own."""
        longest = LONGEST_CREATE if call.is_write else LONGEST_READ
        return ServiceRequest(call, base, request_id, str(uuid4()), longest)


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer, or not the whole of one."""

    row: Row
    failure: str
    detail: str
    correlation_id: str


async def exchange(
    http: httpx.AsyncClient, request: ServiceRequest, now: datetime, secrets: KnownSecrets
) -> ServiceAnswer | Lost:
    """Send one request; of what comes back, no text repeats one of the `secrets`.

    A ReconcilerError of the sign-in passes through as it is.
    """
    try:
        async with asyncio.timeout(request.longest):
            return await _send(http, request, now, secrets)
    except ReconcilerError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever broke a create, it may have happened
        detail = secrets.strike_out(str(error)) if isinstance(error, TELLING) else ""
        return Lost(row_of(error), type(error).__name__, detail, request.correlation_id)


def log_exchange(call: Call, answer: ServiceAnswer | Lost, seconds: float) -> None:
    became = answer.failure if isinstance(answer, Lost) else answer.status
    identity = f"MS-CorrelationId {answer.correlation_id}"
    log_call(call.method, call.path, became, seconds, identity)


async def _send(
    http: httpx.AsyncClient, request: ServiceRequest, now: datetime, secrets: KnownSecrets
) -> ServiceAnswer:
    call = request.call
    # Not `http.build_request`: merging what a client adds to an address, headers and cookies takes
    # longer than all that is done here, and nothing of it is wanted.
    built = httpx.Request(
        call.method,
        request.base + call.target,
        headers=request_headers(call, request.request_id, request.correlation_id),
        content=call.body or None,
        extensions={"timeout": CREATE_TIMEOUTS if call.is_write else READ_TIMEOUTS},
    )
    response = await http.send(built, stream=True, follow_redirects=False)
    try:
        body = await receive_body(response, call.most_bytes)
    finally:
        await response.aclose()
    secrets.add(_token_of(response.request))
    headers = {name.lower(): secrets.strike_out(v) for name, v in response.headers.items()}
    return ServiceAnswer(
        status=response.status_code,
        headers=headers,
        content=read_body(body, call.most_values, secrets),
        correlation_id=_correlation_id(headers.get("ms-correlationid"), response.request),
        retry_after=parse_retry_after(response.headers.get("retry-after"), now),
    )


def _correlation_id(echoed: str | None, sent: httpx.Request) -> str:
    """The service's own word for the call where it is a GUID, else what was sent last."""
    try:
        return str(UUID(echoed or ""))
    except ValueError:
        return sent.headers["MS-CorrelationId"]


def _token_of(request: httpx.Request) -> Secret:
    """What was sent to sign in: it may have been renewed only just now."""
    return Secret(request.headers.get("authorization", "").partition(" ")[2])
