"""The client against the embedded Partner Center, which reads the facts for itself."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import pytest

from reconciler.emulator.embedding import EmbeddedTransport
from reconciler.emulator.emulator import open_emulator
from reconciler.model.errors import (
    AppOnlyRefused,
    CallRefused,
    CustomerNotFound,
    OutcomeUnknown,
    ServiceError,
    SignInRefused,
    Unavailable,
)
from reconciler.model.plan import Create
from reconciler.model.secret import Secret
from reconciler.model.state import (
    CustomerAccount,
    CustomerAgreement,
    CustomerDomain,
    CustomerId,
    EducationSegment,
    LiveQualification,
    Qualification,
)
from reconciler.partner_center.client import BearerToken, PartnerCenterClient, connect
from reconciler.partner_center.pacing import Pace
from tests.partner_center.fake_time import FakeTime

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    Use = Callable[[PartnerCenterClient], Awaitable[object]]

ADDRESS: Final = "http://emulator"


def customer_id(number: int) -> CustomerId:
    return CustomerId(f"00000000-0000-4000-8000-{number:012}")


EDUCATED, EMPTY, GOVERNED = (customer_id(number) for number in range(3))
SEED: Final[Mapping[str, object]] = {
    "customers": [
        {
            "id": EDUCATED,
            "name": "Contoso School",
            "domain": "contoso.onmicrosoft.com",
            "qualifications": [{"qualification": "Education", "vettingStatus": "Approved"}],
            "accountStatus": "Not Ready",
            "customerAgreement": True,
        },
        {"id": EMPTY, "name": "Fabrikam", "directSigned": True},
        {"id": GOVERNED, "name": "Tailspin"},
    ],
    "validationCodes": {"123456": 1},
}
EDUCATION: Final = Create(EMPTY, Qualification.EDUCATION, EducationSegment.K12, "fabrikam.edu")


@asynccontextmanager
async def client_of(
    faults: Mapping[str, object] | None = None,
    signed_in_as: str = "user",
    seed: Mapping[str, object] = SEED,
) -> AsyncIterator[PartnerCenterClient]:
    transport = EmbeddedTransport(open_emulator(seed, Path("live.yaml"), None, faults))
    auth = BearerToken(Secret(signed_in_as), ADDRESS)
    http = connect(ADDRESS, auth=auth, concurrency=4, transport=transport)
    pace = Pace(4, timing=FakeTime().timing)
    async with PartnerCenterClient(address=ADDRESS, http=http, pace=pace) as client:
        yield client


def run(use: Use, faults: Mapping[str, object] | None = None, signed_in_as: str = "user") -> object:
    async def both() -> object:
        async with client_of(faults, signed_in_as) as client:
            try:
                return await use(client)
            except ServiceError as error:
                return error

    return asyncio.run(both())


def fault(kind: str, call: str, **more: object) -> Mapping[str, object]:
    return {"faults": [{"kind": kind, "call": call, "times": 1, **more}]}


def create(client: PartnerCenterClient) -> Awaitable[object]:
    return client.create_qualification(EDUCATION, str(uuid4()))


def test_reads_agree_with_the_seed() -> None:
    """Qualifications, domain, account status, agreement and list are what the seed says."""

    async def use(client: PartnerCenterClient) -> tuple[object, ...]:
        return (
            await client.qualifications(EDUCATED),
            await client.qualifications(EMPTY),
            await client.customer_domain(EDUCATED),
            await client.account_status(EDUCATED),
            await client.account_status(EMPTY),
            [await client.customer_agreement(each) for each in (EDUCATED, EMPTY, GOVERNED)],
            [each.customer_id async for each in client.customers()],
        )

    assert run(use) == (
        (LiveQualification("Education", "Approved"),),
        (),
        CustomerDomain("contoso.onmicrosoft.com"),
        CustomerAccount("Not Ready"),
        CustomerAccount(None),
        [CustomerAgreement(confirmed=each) for each in (True, True, False)],
        [EDUCATED, EMPTY, GOVERNED],
    )


def test_a_list_of_several_pages_is_whole() -> None:
    """More customers than one page holds are all told, each once."""
    listed = [customer_id(number) for number in range(1201)]
    seed = {"customers": [{"id": each, "name": "One of many"} for each in listed]}

    async def names() -> list[CustomerId]:
        async with client_of(seed=seed) as client:
            return [each.customer_id async for each in client.customers()]

    assert sorted(asyncio.run(names())) == listed


def test_a_create_is_there_when_it_is_read_back() -> None:
    """What a create tells is what the next read tells."""

    async def use(client: PartnerCenterClient) -> bool:
        created = await client.create_qualification(EDUCATION, str(uuid4()))
        assert created.live.vetting_status == "InReview"
        return await client.qualifications(EMPTY) == (created.live,)

    assert run(use) is True


def test_a_code_that_the_service_refuses_is_a_definite_no() -> None:
    """A wrong code is CallRefused, and the code is in no word of it."""
    wrong = Create(GOVERNED, Qualification.GCC, validation_code=Secret("654321"))
    error = run(lambda client: client.create_qualification(wrong, str(uuid4())))
    assert type(error) is CallRefused
    assert "654321" not in f"{error} {error!r} {error.answered}"


def test_a_stranger_is_not_found() -> None:
    """A customer that the seed lacks is CustomerNotFound."""
    assert type(run(lambda client: client.qualifications(customer_id(9)))) is CustomerNotFound


def test_an_app_only_sign_in_can_read_and_not_create() -> None:
    """App-only is enough for the qualifications, and refused where app+user is due."""

    async def use(client: PartnerCenterClient) -> None:
        assert await client.qualifications(EMPTY) == ()
        with pytest.raises(AppOnlyRefused):
            await client.account_status(EMPTY)
        with pytest.raises(AppOnlyRefused):
            await client.create_qualification(EDUCATION, str(uuid4()))

    assert run(use, signed_in_as="app") is None


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("refuse", {}),
        ("drop-before", {}),
        ("drop-after", {}),
        ("truncate", {}),
        ("wrong-content-type", {}),
        ("empty", {}),
        ("garbage", {}),
        ("status", {"status": 503}),
        ("throttle", {"retryAfter": 2}),
        ("throttle", {}),
    ],
)
def test_each_fault_alone_costs_a_read_nothing(kind: str, more: Mapping[str, object]) -> None:
    """Whatever happens to one answer, the read gets the next."""
    faults = fault(kind, "readQualifications", **more)
    assert run(lambda client: client.qualifications(EMPTY), faults) == ()


@pytest.mark.parametrize(
    ("kind", "more", "error"),
    [
        ("refuse", {}, OutcomeUnknown),
        ("drop-before", {}, OutcomeUnknown),
        ("drop-after", {}, OutcomeUnknown),
        ("truncate", {}, OutcomeUnknown),
        ("wrong-content-type", {"effect": "after"}, OutcomeUnknown),
        ("empty", {"effect": "after"}, OutcomeUnknown),
        ("garbage", {"effect": "before"}, OutcomeUnknown),
        ("status", {"status": 500}, OutcomeUnknown),
        ("throttle", {"retryAfter": 2}, Unavailable),
        ("redirect", {"location": "https://login.example.com/"}, OutcomeUnknown),
        ("status", {"status": 401}, SignInRefused),
    ],
)
def test_each_fault_makes_a_create_tell_what_is_known(
    kind: str, more: Mapping[str, object], error: type[ServiceError]
) -> None:
    """A create that met a fault is never told for certain what isn't."""
    assert type(run(create, fault(kind, "createQualification", **more))) is error


def test_the_same_request_id_is_one_create() -> None:
    """After a lost answer, a repeat under the same MS-RequestId is no second create."""
    request_id = str(uuid4())

    async def use(client: PartnerCenterClient) -> int:
        with pytest.raises(OutcomeUnknown):
            await client.create_qualification(EDUCATION, request_id)
        await client.create_qualification(EDUCATION, request_id)
        return len(await client.qualifications(EMPTY))

    assert run(use, fault("drop-after", "createQualification")) == 1


@pytest.mark.parametrize("held", [False, True])
def test_the_creates_that_codes_have_left(*, held: bool) -> None:
    """Told for the codes that were asked about, though no answer may repeat one that is held."""
    known, other = Secret("123456"), Secret("654321")

    async def use(client: PartnerCenterClient) -> object:
        if held:
            governed = Create(GOVERNED, Qualification.GCC, validation_code=known)
            await client.create_qualification(governed, str(uuid4()))
        return await client.remaining_creates(frozenset({known, other}))

    assert run(use) == {known: 0 if held else 1}


@pytest.mark.parametrize("kind", ["truncate", "wrong-content-type", "empty", "garbage"])
def test_a_list_of_codes_that_is_harmed_is_an_error(kind: str) -> None:
    """Never taken for one that knows no code."""
    codes = frozenset({Secret("123456")})
    harmed = {"faults": [{"kind": kind, "call": "validations"}]}
    assert isinstance(run(lambda client: client.remaining_creates(codes), harmed), ServiceError)
