"""One method for each call of Partner Center; repeats reads where that helps, and creates never."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import uuid4

from reconciler.model.errors import AppOnlyRefused, ServiceError, SignInRefused, Unavailable
from reconciler.model.secret import KnownSecrets
from reconciler.partner_center import calls, paging, wire
from reconciler.partner_center.circuit_breaker import CircuitBreakers
from reconciler.partner_center.connection import BearerToken, connect
from reconciler.partner_center.errors import lost
from reconciler.partner_center.exchange import Lost, ServiceRequest, exchange, log_exchange
from reconciler.partner_center.first_request_gate import FirstRequestGate
from reconciler.partner_center.retry import (
    Effect,
    GiveUp,
    RetryTimes,
    Schedule,
    verdict_of_answer,
)
from reconciler.partner_center.sign_in_refusals import SignInRefusals
from reconciler.partner_center.wire_types import WireShape

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from contextlib import AbstractAsyncContextManager
    from datetime import date
    from types import TracebackType
    from typing import Self

    from reconciler.model.audit import AuditRecord
    from reconciler.model.plan import Create, Created
    from reconciler.model.secret import Secret
    from reconciler.model.state import (
        CustomerAccount,
        CustomerAgreement,
        CustomerDomain,
        CustomerId,
        CustomerSummary,
        LiveQualification,
    )
    from reconciler.partner_center.calls import Call, Kind, ServiceAnswer
    from reconciler.partner_center.exchange import Service
    from reconciler.partner_center.pacing import Pace
    from reconciler.partner_center.retry import Verdict

__all__ = ["BearerToken", "PartnerCenterClient", "connect"]

Value = TypeVar("Value")
Element = TypeVar("Element", bound=WireShape)
Item = TypeVar("Item")

DEFAULT_TIMES: Final = RetryTimes()
LEAST_FAILURES: Final = 10
"""Reads in a row that find no service before nothing more is asked; at least one for each place."""


@dataclass(frozen=True, slots=True)
class Failed:
    """One attempt that gave no value: what to raise, what the table says of it, how long it took.

    `seconds` are from sending on: no wait for a place or for the pace is among them.
    """

    error: ServiceError
    verdict: Verdict
    seconds: float


@dataclass(frozen=True, slots=True)
class Postponed:
    """The service asks to be asked again after so many seconds."""

    seconds: float


class PartnerCenterClient:
    """`http` comes from `connect`, or is a service in this process; it is closed with this.

    What the service says comes without any of the `secrets`, those added later too.
    """

    def __init__(
        self,
        *,
        address: str,
        http: Service,
        pace: Pace,
        times: RetryTimes = DEFAULT_TIMES,
        secrets: KnownSecrets | None = None,
    ) -> None:
        self._base = address.rstrip("/").removesuffix(calls.PREFIX)
        self._http = http
        self._pace = pace
        self._times = times
        self._secrets = KnownSecrets() if secrets is None else secrets
        failure_threshold = max(LEAST_FAILURES, pace.concurrency)
        self._circuit_breakers = CircuitBreakers(failure_threshold, pace.timing.clock)
        self._sign_in_refusals = SignInRefusals()
        self._first_request_gate = FirstRequestGate()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    def traffic(self) -> str:
        """As `480 requests a minute, 3 refused`, of the run so far."""
        return self._pace.traffic.describe(self._pace.timing.clock())

    async def qualifications(self, customer_id: CustomerId) -> tuple[LiveQualification, ...]:
        call = calls.qualifications_call(customer_id)
        return await self._read(call, wire.read_qualifications)

    async def customer_domain(self, customer_id: CustomerId) -> CustomerDomain:
        return await self._read(calls.customer_call(customer_id), wire.read_customer_domain)

    async def account_status(self, customer_id: CustomerId) -> CustomerAccount:
        return await self._read(calls.account_status_call(customer_id), wire.read_account_status)

    async def customer_agreement(self, customer_id: CustomerId) -> CustomerAgreement:
        """A customer who signed directly can have an empty list, so that is asked for then."""
        listed = await self._read(calls.agreements_call(customer_id), wire.read_agreements)
        if listed.confirmed:
            return listed
        call = calls.direct_signature_call(customer_id)
        return await self._read(call, wire.read_direct_signature)

    async def customers(self) -> AsyncIterator[CustomerSummary]:
        """Every customer once. An error in its course means that the list is not whole."""
        async for customer in self._list(paging.customers()):
            yield customer

    async def audit_records(
        self, since: date, customer_id: CustomerId | None = None
    ) -> AsyncIterator[AuditRecord]:
        """Who did what since a day of the last 90, of one customer or of all; newest first."""
        async for record in self._list(paging.audit_records(since, customer_id)):
            yield record

    async def remaining_creates(self, codes: frozenset[Secret]) -> Mapping[Secret, int]:
        """How many creates these codes have left; one that isn't listed is left out."""
        listed = await self._read(calls.gcc_codes_call(), wire.read_code_uses)
        return {code: left for code, left in listed if code in codes}

    async def _list(self, listing: paging.Listing[Element, Item]) -> AsyncIterator[Item]:
        while (call := listing.next_call) is not None:
            for item in await self._read(call, listing.take):
                yield item

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Wait for the pace once, for a read and the create that follows it at once."""
        return self._pace.reserve(2)

    async def create_qualification(
        self,
        create: Create,
        request_id: str,
        wanted: Callable[[str], bool] | None = None,
        heard: Callable[[int], None] | None = None,
    ) -> Created:
        """Send exactly one POST, under the given `MS-RequestId`, if it is `wanted` by its turn.

        `wanted` is asked just before, with the `MS-CorrelationId` that the POST carries; `heard` is
        told the status of the answer, whose body may be given up on.
        Unavailable: it certainly didn't happen. OutcomeUnknown: it may have. SignInRefused,
        AppOnlyRefused, CustomerNotFound, CallRefused: the service said no.
        """
        self._secrets.add(create.validation_code)
        call = calls.create_call(create)
        if wanted is not None:
            call = replace(call, wanted=wanted)
        if heard is not None:
            call = replace(call, heard=heard)
        # No gate: who creates has read in the same turn, and that read would grow old in waiting.
        read = partial(wire.read_created, create=create)
        async with self._pace.place(ahead=True):
            outcome = await self._attempt(call, request_id, read)
        if isinstance(outcome, Failed):
            raise outcome.error
        return outcome

    async def _read(self, call: Call, read: Callable[[Call, ServiceAnswer], Value]) -> Value:
        """Ask until an answer is understood or the schedule is at its end.

        What the service asks it to wait, it waits without a place: others go on meanwhile.
        """
        schedule = Schedule(self._times)
        request_id = str(uuid4())
        again = False
        while True:
            async with self._pace.place(ahead=again):
                outcome = await self._try(call, request_id, read, schedule)
            if not isinstance(outcome, Postponed):
                return outcome
            again = True
            await self._pace.timing.sleep(outcome.seconds)

    async def _try(
        self,
        call: Call,
        request_id: str,
        read: Callable[[Call, ServiceAnswer], Value],
        schedule: Schedule,
    ) -> Value | Postponed:
        self._sign_in_refusals.check(call.kind)
        self._circuit_breakers.of(call.kind).admit(call.what)
        timing = self._pace.timing
        while True:
            async with self._first_request_gate.admit(call.kind):
                outcome = await self._attempt(call, request_id, read)
            if not isinstance(outcome, Failed):
                return outcome
            retry_after = outcome.error.answered.retry_after
            wait = schedule.next_wait(outcome.seconds, retry_after, timing.chance())
            seconds = self._next_wait(call.kind, outcome, wait)
            if retry_after:
                return Postponed(seconds)
            await timing.sleep(seconds)

    def _next_wait(self, kind: Kind, failed: Failed, wait: float | GiveUp) -> float:
        """The seconds until the next try, or the error where there is none."""
        if not failed.verdict.repeat:
            raise failed.error
        circuit_breaker = self._circuit_breakers.of(kind)
        if not isinstance(wait, GiveUp) and not circuit_breaker.is_open:
            return wait
        if failed.verdict.effect is not Effect.DECIDED:
            circuit_breaker.failed()
        raise _given_up(failed.error, wait) if isinstance(wait, GiveUp) else failed.error

    async def _attempt(
        self, call: Call, request_id: str, read: Callable[[Call, ServiceAnswer], Value]
    ) -> Value | Failed:
        answer, seconds = await self._send(call, request_id)
        if isinstance(answer, Lost):
            error = lost(call, answer.row, answer.detail, answer.answered)
            return Failed(error, answer.row.verdict, seconds)
        try:
            value = read(call, answer)
        except ServiceError as error:
            return Failed(error, self._judge(call, answer, error), seconds)
        self._circuit_breakers.of(call.kind).answered()
        return value

    def _judge(self, call: Call, answer: ServiceAnswer, error: ServiceError) -> Verdict:
        whole, hint = wire.is_whole(answer), wire.retry_hint(answer)
        verdict = verdict_of_answer(answer.status, whole=whole, hint=hint)
        if isinstance(error, (SignInRefused, AppOnlyRefused)):
            self._sign_in_refusals.remember(call.kind, error)
        if verdict.effect is Effect.DECIDED:
            self._circuit_breakers.of(call.kind).answered()
        return verdict

    async def _send(self, call: Call, request_id: str) -> tuple[ServiceAnswer | Lost, float]:
        """Send one request in its turn; what became of it moves the pace, and in what time."""
        timing = self._pace.timing
        # A read within a reserved turn leaves the create its own: that one is never kept waiting.
        turn = await self._pace.turn(keep=0 if call.is_write else 1)
        self._sign_in_refusals.check(call.kind)
        request = ServiceRequest.of(call, self._base, request_id)
        if not call.wanted(request.correlation_id):
            raise Unavailable(f"could not {call.what}: the run was stopped before its turn")
        started = timing.clock()
        answer = await exchange(self._http, request, timing.now(), self._secrets)
        seconds = timing.clock() - started
        if not isinstance(answer, Lost):
            if _is_throttled(call.kind, answer.status):
                turn.throttled(request_id, answer.retry_after)
            else:
                turn.answered(request_id)
        log_exchange(call, answer, seconds)
        return answer, seconds


def _is_throttled(kind: Kind, status: int) -> bool:
    """429 is about this partner's requests; 503 may be about one resource alone."""
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return kind not in calls.SIDE_CHECKS
    return status == HTTPStatus.TOO_MANY_REQUESTS


def _given_up(error: ServiceError, why: GiveUp) -> ServiceError:
    return type(error)(f"{error.message}; given up {why.reason}", error.remedy, error.answered)
