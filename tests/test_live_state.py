"""Claims about reading live state: each customer once, a few at a time, errors as values."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.live_state import (
    NEEDS_A_USER,
    READING,
    ChecksWanted,
    checks_wanted,
    for_each,
    read_customers,
    read_side_checks,
)
from reconciler.model.errors import (
    Answered,
    AppOnlyRefused,
    CallRefused,
    CustomerNotFound,
    ServiceError,
    SignInFailed,
    SignInRefused,
    Unavailable,
    UnreadableAnswer,
)
from reconciler.model.policy import Policy, SideCheck
from reconciler.model.state import (
    CustomerAccount,
    CustomerAgreement,
    CustomerDomain,
    CustomerId,
    LiveCustomer,
    LiveQualification,
    NotChecked,
    SideChecks,
    UnreadableCustomer,
)
from tests.worlds import BLOCK, DOMAIN, POLICY, SKIP, SOE, customer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model.state import DesiredCustomer

MANY: Final = 40
FEW: Final = 4
HELD: Final = LiveQualification("StateOwnedEntity")
EVERY_CHECK: Final = ChecksWanted(True, True, True)


def customer_id(number: int) -> CustomerId:
    return CustomerId(f"00000000-0000-4000-8000-{number:012d}")


IDS: Final = [customer_id(number) for number in range(MANY)]


def customers(domain: str | None = DOMAIN) -> list[DesiredCustomer]:
    return [customer(SOE, customer_id=each, name=f"c-{each}", domain=domain) for each in IDS]


@dataclass
class Service:
    """Answers well, few at a time as the client does, but for the errors it is told to raise."""

    errors: Mapping[str, Exception] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(FEW))

    async def _answer(self, call: str, asked: CustomerId) -> None:
        async with self.places:
            self.calls.append((call, asked))
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            await asyncio.sleep(0)
            self.in_flight -= 1
        error = self.errors.get(call) or self.errors.get(asked)
        if error is not None:
            raise error

    async def qualifications(self, customer_id: CustomerId) -> tuple[LiveQualification, ...]:
        await self._answer("qualifications", customer_id)
        return (HELD,)

    async def customer_domain(self, customer_id: CustomerId) -> CustomerDomain:
        await self._answer("domain", customer_id)
        return CustomerDomain(DOMAIN)

    async def account_status(self, customer_id: CustomerId) -> CustomerAccount:
        await self._answer("account", customer_id)
        return CustomerAccount("Allowed")

    async def customer_agreement(self, customer_id: CustomerId) -> CustomerAgreement:
        await self._answer("agreement", customer_id)
        return CustomerAgreement(confirmed=True)

    def count(self, call: str) -> int:
        return sum(made == call for made, _ in self.calls)


def read(
    service: Service, concurrency: int = FEW
) -> dict[CustomerId, LiveCustomer | UnreadableCustomer]:
    return asyncio.run(read_customers(service, IDS, concurrency))


def check(
    service: Service, wanted: ChecksWanted = EVERY_CHECK, domain: str | None = DOMAIN
) -> Mapping[CustomerId, SideChecks]:
    return asyncio.run(read_side_checks(service, customers(domain), wanted, FEW))


@pytest.mark.parametrize("concurrency", [1, FEW, MANY * 2])
def test_each_customer_once(concurrency: int) -> None:
    """Every customer is read exactly once, however many at a time."""
    service = Service()
    assert read(service, concurrency) == {each: LiveCustomer((HELD,)) for each in IDS}
    assert sorted(service.calls) == [("qualifications", each) for each in IDS]


def test_nobody_to_read() -> None:
    """Without customers nothing is asked."""
    service = Service()
    assert asyncio.run(read_customers(service, [], FEW)) == {}
    assert service.calls == []


def test_progress() -> None:
    """Progress is told at the start and after every customer, up to all of them."""
    told: list[tuple[str, int, int]] = []
    asyncio.run(read_customers(Service(), IDS, FEW, lambda *each: told.append(each)))
    assert told == [(READING, done, MANY) for done in range(MANY + 1)]


@pytest.mark.parametrize(
    ("error", "not_found"),
    [
        (CustomerNotFound("404: no such tenant", "look"), True),
        (CallRefused("403: not your customer", "look"), False),
        (AppOnlyRefused("403", "look"), False),
        (Unavailable("503 after 4 tries", "look"), False),
        (UnreadableAnswer("HTML", "look"), False),
    ],
)
def test_unreadable_customer(error: ServiceError, not_found: bool) -> None:
    """What fails for one customer is a value with message and remedy; the others are read."""
    states = read(Service({IDS[3]: error}))
    assert states.pop(IDS[3]) == UnreadableCustomer(not_found, error.message, "look")
    assert list(states.values()) == [LiveCustomer((HELD,))] * (MANY - 1)


@pytest.mark.parametrize("error", [SignInRefused("401"), SignInFailed("no way in")])
def test_refused_sign_in_stops_the_reading(error: Exception) -> None:
    """A refused sign-in is raised as it is, and after it nothing new is asked."""
    service = Service({IDS[0]: error})
    with pytest.raises(type(error)) as raised:
        read(service)
    assert raised.value is error
    assert len(service.calls) <= 2 * FEW


def test_everyone_refused() -> None:
    """Where every call is refused at once, one refusal is raised."""
    service = Service({"qualifications": SignInRefused("401")})
    with pytest.raises(SignInRefused):
        read(service)
    assert len(service.calls) <= 2 * FEW


def test_defect_is_not_swallowed() -> None:
    """An error that is none of ours is not taken for an unreadable customer."""
    with pytest.raises(ExceptionGroup) as raised:
        read(Service({IDS[0]: ZeroDivisionError()}))
    assert raised.group_contains(ZeroDivisionError)


def test_all_checks() -> None:
    """Each customer gets each check once, bounded like the reads."""
    service = Service()
    well = SideChecks(CustomerDomain(DOMAIN), CustomerAccount("Allowed"), CustomerAgreement(True))
    assert check(service) == dict.fromkeys(IDS, well)
    assert sorted(service.calls) == sorted(
        (call, each) for each in IDS for call in ("account", "agreement", "domain")
    )
    assert service.most_in_flight == FEW


@pytest.mark.parametrize(
    ("policy", "domain", "asked"),
    [
        (POLICY, None, {"account", "agreement"}),
        (BLOCK, None, {"account", "agreement"}),
        (SKIP, None, set()),
        (SKIP, DOMAIN, {"domain"}),
        (Policy(account_status=SideCheck.SKIP), DOMAIN, {"domain", "agreement"}),
        (Policy(customer_agreement=SideCheck.SKIP), None, {"account"}),
    ],
)
def test_asks_what_policy_wants(policy: Policy, domain: str | None, asked: set[str]) -> None:
    """What policy skips is not asked; the domain is asked where a manifest declares one."""
    service = Service()
    checks = check(service, checks_wanted(policy, cloud_has_agreements=True), domain)
    assert {call for call, _ in service.calls} == asked
    (answers,) = set(checks.values())
    assert (answers.domain is not None) == ("domain" in asked)
    assert (answers.account_status is not None) == ("account" in asked)
    assert (answers.customer_agreement is not None) == ("agreement" in asked)


def test_cloud_without_agreements() -> None:
    """Where the cloud lacks agreements nobody asks for them, and that is told."""
    service = Service()
    checks = check(service, checks_wanted(POLICY, cloud_has_agreements=False))
    assert service.count("agreement") == 0
    (answers,) = set(checks.values())
    assert answers.customer_agreement == NotChecked("this cloud has no agreements resource")
    skipping = check(service, checks_wanted(SKIP, cloud_has_agreements=False))
    assert {each.customer_agreement for each in skipping.values()} == {None}


def test_failed_check_is_a_value() -> None:
    """A check that fails for one customer is told for that one, with its own way out."""
    checks = dict(check(Service({IDS[3]: Unavailable("503 after 4 tries", "later")})))
    failed = NotChecked("503 after 4 tries", remedy="later")
    assert checks.pop(IDS[3]) == SideChecks(failed, failed, failed)
    assert {type(each.account_status) for each in checks.values()} == {CustomerAccount}


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (
            AppOnlyRefused("403: app-only"),
            NEEDS_A_USER,
        ),
        (
            SignInRefused("401", "with MFA", Answered(401, "900421")),
            NotChecked("the service refused the sign-in (401, code 900421)", remedy="with MFA"),
        ),
        (SignInRefused("401"), NotChecked("the service refused the sign-in (401)")),
    ],
)
def test_refused_check_is_asked_a_handful_of_times(error: ServiceError, answer: NotChecked) -> None:
    """Once refused to this sign-in, a check is asked no more; the other checks go on."""
    service = Service({"account": error, "agreement": error})
    checks = check(service)
    assert service.count("account") <= FEW
    assert service.count("agreement") <= FEW
    assert service.count("domain") == MANY
    assert set(checks.values()) == {SideChecks(CustomerDomain(DOMAIN), answer, answer)}


def test_failed_sign_in_ends_the_checks() -> None:
    """Where there is no way in at all, that is raised."""
    with pytest.raises(SignInFailed):
        check(Service({"account": SignInFailed("no way in")}))


def test_for_each_does_everything() -> None:
    """Every item is worked on once, and the first of our errors ends the rest."""
    done: list[int] = []

    async def work(item: int) -> None:
        await asyncio.sleep(0)
        done.append(item)

    asyncio.run(for_each(range(10), work, 3))
    assert sorted(done) == list(range(10))


def test_for_each_raises_one_error() -> None:
    """An error of ours is raised by itself, also out of a group within."""

    async def work(item: int) -> None:
        raise ExceptionGroup("both", [CallRefused(f"{item}"), CallRefused("later")])

    with pytest.raises(CallRefused, match="7"):
        asyncio.run(for_each([7], work, FEW))
