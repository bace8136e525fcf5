"""Reads the live state of many customers, a bounded number at a time; writes nothing.

What fails for one customer is a value: the customer is unreadable, never empty. A refused sign-in
ends the reading.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from reconciler.model.errors import (
    AppOnlyRefused,
    CustomerNotFound,
    ReconcilerError,
    ServiceError,
    SignInRefused,
)
from reconciler.model.policy import SideCheck
from reconciler.model.remedies import WITH_A_USER
from reconciler.model.state import LiveCustomer, NotChecked, SideChecks, UnreadableCustomer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Mapping, Sequence

    from reconciler.model.policy import Policy
    from reconciler.model.state import (
        CustomerAccount,
        CustomerAgreement,
        CustomerDomain,
        CustomerId,
        DesiredCustomer,
        LiveQualification,
    )

Item = TypeVar("Item")
Value = TypeVar("Value")

MOST_WAITING: Final = 512
"""Customers of whom the service may ask to be asked later, before that holds up the others."""

NO_AGREEMENTS_HERE: Final = NotChecked("this cloud has no agreements resource")
"""Agreements are served by the public cloud only ("Get confirmation of customer acceptance")."""


NEEDS_A_USER: Final = NotChecked(
    "the sign-in is app-only, and this call needs app+user",
    app_only=True,
    remedy=WITH_A_USER,
)


class ReadsCustomers(Protocol):
    """What is asked of Partner Center. Every method raises ServiceError."""

    async def qualifications(self, customer_id: CustomerId) -> tuple[LiveQualification, ...]: ...

    async def customer_domain(self, customer_id: CustomerId) -> CustomerDomain: ...

    async def account_status(self, customer_id: CustomerId) -> CustomerAccount: ...

    async def customer_agreement(self, customer_id: CustomerId) -> CustomerAgreement: ...


async def for_each(
    items: Iterable[Item],
    work: Callable[[Item], Awaitable[None]],
    concurrency: int,
) -> None:
    """Do `work` on every item, at most `concurrency` at a time; the first error ends them all."""
    waiting = iter(items)

    async def worker() -> None:
        for item in waiting:
            await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(worker())
    except* ReconcilerError as errors:
        raise _first(errors) from None


def _first(errors: BaseExceptionGroup[ReconcilerError]) -> ReconcilerError:
    error = errors.exceptions[0]
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


Progress = Callable[[str, int, int], None]
"""Takes what is being done, how much of it is, and how much there is."""

READING: Final = "reading customers"
CHECKING: Final = "side checks before creates"


def show_nothing(_what: str, _done: int, _total: int) -> None: ...


async def read_customers(
    service: ReadsCustomers,
    customer_ids: Sequence[CustomerId],
    concurrency: int,
    progress: Progress = show_nothing,
    most_waiting: int = MOST_WAITING,
) -> dict[CustomerId, LiveCustomer | UnreadableCustomer]:
    """Read the qualifications of each customer once. Raises SignInRefused or SignInFailed.

    The service itself keeps to `concurrency` requests in flight; more reads are begun than that, as
    some wait out what the service asked of them alone.
    """
    states: dict[CustomerId, LiveCustomer | UnreadableCustomer] = {}

    async def read(customer_id: CustomerId) -> None:
        states[customer_id] = await _read_customer(service, customer_id)
        progress(READING, len(states), len(customer_ids))

    progress(READING, 0, len(customer_ids))
    begun = min(concurrency + most_waiting, len(customer_ids))
    await for_each(customer_ids, read, begun)
    return states


async def _read_customer(
    service: ReadsCustomers, customer_id: CustomerId
) -> LiveCustomer | UnreadableCustomer:
    try:
        return LiveCustomer(await service.qualifications(customer_id))
    except SignInRefused:
        raise
    except ServiceError as error:
        not_found = isinstance(error, CustomerNotFound)
        return UnreadableCustomer(not_found, error.message, error.remedy)


@dataclass(frozen=True, slots=True)
class ChecksWanted:
    """Which side checks policy asks for. The domain is checked wherever a manifest declares it."""

    account_status: bool
    customer_agreement: bool
    cloud_has_agreements: bool


def checks_wanted(policy: Policy, *, cloud_has_agreements: bool) -> ChecksWanted:
    return ChecksWanted(
        policy.account_status is not SideCheck.SKIP,
        policy.customer_agreement is not SideCheck.SKIP,
        cloud_has_agreements,
    )


async def read_side_checks(
    service: ReadsCustomers,
    customers: Sequence[DesiredCustomer],
    wanted: ChecksWanted,
    concurrency: int,
    progress: Progress = show_nothing,
) -> Mapping[CustomerId, SideChecks]:
    """Make the side checks of each customer; one that fails is a value, not an exception."""
    checks: dict[CustomerId, SideChecks] = {}
    asker = _Asker()

    async def check(customer: DesiredCustomer) -> None:
        checks[customer.customer_id] = await _check(asker, service, customer, wanted)
        progress(CHECKING, len(checks), len(customers))

    progress(CHECKING, 0, len(customers))
    await for_each(customers, check, concurrency)
    return checks


class _Asker:
    """Asks, and stops asking for a check once the service has refused it to this sign-in."""

    def __init__(self) -> None:
        self._refused: dict[str, NotChecked] = {}

    async def ask(
        self, check: str, call: Callable[[CustomerId], Awaitable[Value]], customer_id: CustomerId
    ) -> Value | NotChecked:
        if check in self._refused:
            return self._refused[check]
        try:
            return await call(customer_id)
        except AppOnlyRefused:
            return self._refused.setdefault(check, NEEDS_A_USER)
        except SignInRefused as error:
            return self._refused.setdefault(check, _refused(error))
        except ServiceError as error:
            return NotChecked(error.message, remedy=error.remedy)


def _refused(error: SignInRefused) -> NotChecked:
    """Say it for every customer alike: the error itself names the one that was asked first."""
    code = f", code {error.answered.code}" if error.answered.code else ""
    return NotChecked(f"the service refused the sign-in (401{code})", remedy=error.remedy)


async def _check(
    asker: _Asker, service: ReadsCustomers, customer: DesiredCustomer, wanted: ChecksWanted
) -> SideChecks:
    customer_id = customer.customer_id
    domain: CustomerDomain | NotChecked | None = None
    if customer.domain is not None:
        domain = await asker.ask("domain", service.customer_domain, customer_id)
    account: CustomerAccount | NotChecked | None = None
    if wanted.account_status:
        account = await asker.ask("account status", service.account_status, customer_id)
    agreement: CustomerAgreement | NotChecked | None = None
    if wanted.customer_agreement and not wanted.cloud_has_agreements:
        agreement = NO_AGREEMENTS_HERE
    elif wanted.customer_agreement:
        agreement = await asker.ask("agreement", service.customer_agreement, customer_id)
    return SideChecks(domain, account, agreement)
