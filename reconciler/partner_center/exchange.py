"""One request over httpx and its whole answer, bounded in size and in time. It repeats nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol
from uuid import UUID, uuid4

import httpx

from reconciler.model.errors import Answered, ReconcilerError
from reconciler.model.secret import Secret
from reconciler.partner_center.body import read_body
from reconciler.partner_center.call_log import log_call
from reconciler.partner_center.calls import SIGN_IN_RENEWED, ServiceAnswer, request_headers
from reconciler.partner_center.receiving import receive_body
from reconciler.partner_center.retry import parse_retry_after, row_of

if TYPE_CHECKING:
    from collections.abc import Mapping
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
    status: int | None = None
    """Where the head of an answer came: a create that a 2xx took is not sent again."""

    @property
    def answered(self) -> Answered:
        return Answered(status=self.status, correlation_id=self.correlation_id)


@dataclass(slots=True)
class _Head:
    status: int | None = None


class InProcess(Protocol):
    """A service in this very process, signed in for good: asked without HTTP between."""

    async def answer(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers with names in lower case, and body. Raises httpx.ReadError for none."""

    async def aclose(self) -> None: ...


Service = httpx.AsyncBaseTransport | InProcess


@dataclass(frozen=True, slots=True)
class Received:
    """An answer as it came, header names in lower case, and the id that was sent last."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    correlation_id: str
    sign_in_renewed: bool = False


async def exchange(
    service: Service, request: ServiceRequest, now: datetime, secrets: KnownSecrets
) -> ServiceAnswer | Lost:
    """Send one request; of what comes back, no text repeats one of the `secrets`.

    A ReconcilerError of the sign-in passes through as it is.
    """
    head = _Head()
    try:
        if isinstance(service, httpx.AsyncBaseTransport):
            async with asyncio.timeout(request.longest):
                received = await _send(service, request, secrets, head)
        else:
            received = await _ask_here(service, request)
        return _read(received, request.call, now, secrets)
    except ReconcilerError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever broke a create, it may have happened
        detail = secrets.redact(str(error)) if isinstance(error, TELLING) else ""
        name = type(error).__name__
        return Lost(row_of(error), name, detail, request.correlation_id, head.status)


def log_exchange(call: Call, answer: ServiceAnswer | Lost, seconds: float) -> None:
    became = answer.failure if isinstance(answer, Lost) else answer.status
    identity = f"MS-CorrelationId {answer.correlation_id}"
    log_call(call.method, call.path, became, seconds, identity)


async def _ask_here(service: InProcess, request: ServiceRequest) -> Received:
    call = request.call
    headers = request_headers(call, request.request_id, request.correlation_id)
    answer = await service.answer(call.method, call.target, headers, call.body)
    return Received(*answer, request.correlation_id)


async def _send(
    http: httpx.AsyncBaseTransport, request: ServiceRequest, secrets: KnownSecrets, head: _Head
) -> Received:
    call = request.call
    built = httpx.Request(
        call.method,
        request.base + call.target,
        headers=request_headers(call, request.request_id, request.correlation_id),
        content=call.body or None,
        extensions={"timeout": CREATE_TIMEOUTS if call.is_write else READ_TIMEOUTS},
    )
    response = await http.handle_async_request(built)
    head.status = response.status_code
    call.heard(head.status)
    try:
        body = await receive_body(response, call.most_bytes)
    finally:
        await response.aclose()
    secrets.add(_token_of(built))
    headers = {name.lower(): text for name, text in response.headers.items()}
    sent_last = built.headers["MS-CorrelationId"]
    renewed = SIGN_IN_RENEWED in response.extensions
    return Received(response.status_code, headers, body, sent_last, sign_in_renewed=renewed)


def _read(received: Received, call: Call, now: datetime, secrets: KnownSecrets) -> ServiceAnswer:
    headers = received.headers
    if secrets.occur_in("\n".join(headers.values())):  # looked for once, not in each header
        headers = {name: secrets.redact(text) for name, text in headers.items()}
    return ServiceAnswer(
        status=received.status,
        headers=headers,
        content=read_body(received.body, call.most_values, secrets, call.secret_names),
        correlation_id=_correlation_id(headers.get("ms-correlationid"), received.correlation_id),
        retry_after=parse_retry_after(received.headers.get("retry-after"), now),
        sign_in_renewed=received.sign_in_renewed,
    )


def _correlation_id(echoed: str | None, sent: str) -> str:
    """The service's own word for the call where it is a GUID, else what was sent last."""
    if echoed == sent:
        return sent
    try:
        return str(UUID(echoed or ""))
    except ValueError:
        return sent


def _token_of(request: httpx.Request) -> Secret:
    """What was sent to sign in: it may have been renewed only just now."""
    return Secret(request.headers.get("authorization", "").partition(" ")[2])
