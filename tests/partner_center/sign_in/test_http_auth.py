"""The token on requests: one sign-in for all, one renewal on 401, and to one origin only."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from threading import Event, get_ident
from typing import TYPE_CHECKING

import httpx
import pytest

from reconciler.model.errors import ConfigurationError, SignInFailed
from reconciler.model.secret import Secret
from reconciler.partner_center.calls import SIGN_IN_RENEWED
from reconciler.partner_center.sign_in.claims import TokenKind
from reconciler.partner_center.sign_in.http_auth import PartnerCenterAuth
from reconciler.partner_center.sign_in.token_source import AccessToken
from tests.partner_center.sign_in.fake_authority import FakeAuthority, unsigned_jwt
from tests.partner_center.sign_in.fake_service import ENDPOINT, FakeService
from tests.partner_center.sign_in.sign_ins import BY_SECRET, SignInSetup

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(slots=True)
class SignIns:
    """Hands out token-1, token-2 and so on."""

    lifetime: float | None = 3600
    renewable: bool = True
    failing: int | None = None
    """The number of the sign-in that fails."""
    count: int = 0
    threads: set[int] = field(default_factory=set)
    hold: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.hold.set()

    def __call__(self) -> AccessToken:
        self.count += 1
        self.threads.add(get_ident())
        assert self.hold.wait(20)
        if self.count == self.failing:
            raise SignInFailed("the refresh token has expired", "sign in again")
        return AccessToken(Secret(f"token-{self.count}"), self.lifetime, self.renewable)


def only(*good: int) -> FakeService:
    """A service that takes these tokens alone."""
    taken = {f"Bearer token-{number}" for number in good}
    return FakeService(lambda token: 200 if token in taken else 401)


async def get_many(
    auth: PartnerCenterAuth, service: FakeService, requests: int, in_flight: int
) -> list[int]:
    """The statuses of that many requests, with so many in flight at once."""
    waiting = iter(range(requests))
    statuses: list[int] = []

    async def work(client: httpx.AsyncClient) -> None:
        for number in waiting:
            response = await client.get(f"/v1/customers/{number}/qualifications")
            statuses.append(response.status_code)

    async with service.client(auth) as client:
        await asyncio.gather(*(work(client) for _ in range(in_flight)))
    return statuses


def test_one_sign_in_for_all_who_wait() -> None:
    """However many requests start at once; and not on the event loop's thread."""
    sign_ins, service = SignIns(), FakeService()
    auth = PartnerCenterAuth(ENDPOINT, sign_ins)
    assert asyncio.run(get_many(auth, service, 100, 64)) == [200] * 100
    assert set(service.tokens) == {"Bearer token-1"}
    assert sign_ins.count == 1
    assert get_ident() not in sign_ins.threads


def test_the_loop_runs_on_while_the_sign_in_waits() -> None:
    """A device or a slow authority must not stop what else goes on."""
    sign_ins = SignIns()
    sign_ins.hold.clear()

    async def run() -> int:
        asyncio.get_running_loop().call_later(0.02, sign_ins.hold.set)
        async with FakeService().client(PartnerCenterAuth(ENDPOINT, sign_ins)) as client:
            return (await client.get("/v1/customers")).status_code

    assert asyncio.run(run()) == 200


def test_a_token_that_ends_half_way_fails_nobody() -> None:
    """200 requests, 64 in flight, the token ending after 100: one more sign-in, no failure."""
    sign_ins, service = SignIns(), FakeService()

    def answers(token: str) -> int:
        return 401 if token == "Bearer token-1" and len(service.tokens) > 100 else 200

    service.answers = answers
    auth = PartnerCenterAuth(ENDPOINT, sign_ins)
    assert asyncio.run(get_many(auth, service, 200, 64)) == [200] * 200
    assert sign_ins.count == 2
    assert len(service.tokens) <= 200 + 64


def test_the_same_over_a_real_authority(authority: FakeAuthority, tmp_path: Path) -> None:
    """With msal in between, whose cache would hand the refused token out again."""
    sign_in = SignInSetup(tmp_path).sign_in(authority, BY_SECRET)
    service = FakeService()

    def answers(token: str) -> int:
        return 401 if len(service.tokens) > 100 and token == service.tokens[0] else 200

    service.answers = answers
    auth = PartnerCenterAuth(ENDPOINT, sign_in)
    assert asyncio.run(get_many(auth, service, 200, 64)) == [200] * 200
    assert len(authority.token_requests) == 2


def test_a_token_is_renewed_before_it_ends() -> None:
    """Two minutes before, so that none ends on its way."""
    now, sign_ins = [0.0], SignIns()
    auth = PartnerCenterAuth(ENDPOINT, sign_ins, lambda: now[0])
    counts = []
    for instant in (0.0, 3479.0, 3480.0, 6959.0, 6960.0):
        now[0] = instant
        asyncio.run(get_many(auth, FakeService(), 3, 3))
        counts.append(sign_ins.count)
    assert counts == [1, 1, 2, 2, 3]


def test_a_short_token_is_not_renewed_all_the_time() -> None:
    """Of a minute's life the margin takes a tenth."""
    now, sign_ins = [0.0], SignIns(lifetime=60)
    auth = PartnerCenterAuth(ENDPOINT, sign_ins, lambda: now[0])
    asyncio.run(get_many(auth, FakeService(), 5, 1))
    now[0] = 53.0
    asyncio.run(get_many(auth, FakeService(), 5, 1))
    assert sign_ins.count == 1
    now[0] = 54.0
    asyncio.run(get_many(auth, FakeService(), 5, 1))
    assert sign_ins.count == 2


def test_a_token_of_unknown_life_is_renewed_on_401_only() -> None:
    """The authority may keep it to itself."""
    now, sign_ins = [0.0], SignIns(lifetime=None)
    auth = PartnerCenterAuth(ENDPOINT, sign_ins, lambda: now[0])
    asyncio.run(get_many(auth, only(1), 3, 3))
    now[0] = 1e9
    asyncio.run(get_many(auth, only(1), 3, 3))
    assert sign_ins.count == 1
    assert asyncio.run(get_many(auth, only(2), 3, 3)) == [200] * 3


def test_a_second_401_is_left_as_it_is() -> None:
    """One renewal, then stop: the calls end in 401, for the caller to judge."""
    sign_ins = SignIns()
    auth = PartnerCenterAuth(ENDPOINT, sign_ins)
    assert asyncio.run(get_many(auth, only(), 200, 64)) == [401] * 200
    assert sign_ins.count == 2


def test_a_call_refused_for_its_own_sake_costs_one_renewal() -> None:
    """Side checks that lack MFA answer 401 for every customer; the reads beside them go on."""
    sign_ins = SignIns()
    service = FakeService()
    auth = PartnerCenterAuth(ENDPOINT, sign_ins)

    async def run() -> list[int]:
        statuses = []
        async with service.client(auth) as client:
            for _ in range(5):
                for status in (200, 401):
                    service.answers = lambda _, status=status: status  # type: ignore[misc] # its own default
                    statuses.append((await client.get("/v1/customers")).status_code)
        return statuses

    assert asyncio.run(run()) == [200, 401] * 5
    assert sign_ins.count == 2


def test_a_renewed_token_may_be_renewed_again_once_it_was_taken() -> None:
    """A long run outlives more than one token."""
    sign_ins = SignIns()
    auth = PartnerCenterAuth(ENDPOINT, sign_ins)
    for good in (1, 2, 3):
        assert asyncio.run(get_many(auth, only(good), 10, 4)) == [200] * 10
    assert sign_ins.count == 3


async def post_many(
    auth: PartnerCenterAuth, service: FakeService, posts: int
) -> list[tuple[int, bool]]:
    """The status of each POST, and whether another token is there to send it with."""
    async with service.client(auth) as client:
        answers = [await client.post("/v1/q") for _ in range(posts)]
    return [(each.status_code, SIGN_IN_RENEWED in each.extensions) for each in answers]


def test_a_write_is_never_sent_again() -> None:
    """The token is renewed and the refusal told: whoever sends it again looks first."""
    sign_ins, service = SignIns(), only(2)
    auth = PartnerCenterAuth(ENDPOINT, sign_ins)
    assert asyncio.run(post_many(auth, service, 2)) == [(401, True), (200, False)]
    assert (sign_ins.count, len(service.tokens)) == (2, 2)


def test_a_second_refusal_of_a_write_renews_nothing() -> None:
    """Nor does a read that the service answers in between make another token worth trying."""
    sign_ins = SignIns()
    auth = PartnerCenterAuth(ENDPOINT, sign_ins)
    writes = only()
    assert asyncio.run(post_many(auth, writes, 1)) == [(401, True)]
    assert asyncio.run(get_many(auth, only(2), 3, 1)) == [200] * 3
    assert asyncio.run(post_many(auth, writes, 2)) == [(401, False)] * 2
    assert sign_ins.count == 2


def test_a_call_sent_again_has_a_correlation_id_of_its_own() -> None:
    """The request id says that it is the same read, the correlation id that the call is new."""
    service = only(2)

    async def run() -> None:
        ids = {"MS-RequestId": "the-read", "MS-CorrelationId": "the-call"}
        async with service.client(PartnerCenterAuth(ENDPOINT, SignIns())) as client:
            await client.get("/v1/q", headers=ids)

    asyncio.run(run())
    (first, first_call), (second, second_call) = service.calls
    assert first == second == "the-read"
    assert first_call == "the-call" != second_call


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_nothing_else_is_sent_again(status: int) -> None:
    """What may be repeated besides 401 is not for the sign-in to say."""
    sign_ins, service = SignIns(), FakeService(lambda _: status)
    assert asyncio.run(get_many(PartnerCenterAuth(ENDPOINT, sign_ins), service, 1, 1)) == [status]
    assert (sign_ins.count, len(service.tokens)) == (1, 1)


def test_a_ready_token_never_renews() -> None:
    """Neither on 401 nor by the clock."""
    sign_ins, service = SignIns(lifetime=None, renewable=False), only()
    auth = PartnerCenterAuth(ENDPOINT, sign_ins)
    assert asyncio.run(get_many(auth, service, 5, 2)) == [401] * 5
    assert (sign_ins.count, len(service.tokens)) == (1, 5)


@pytest.mark.parametrize("failing", [1, 2])
def test_a_failed_sign_in_stops_everything(failing: int) -> None:
    """It is told to every request, and not tried again: a locked account helps nobody."""
    sign_ins = SignIns(failing=failing)
    service = only()
    auth = PartnerCenterAuth(ENDPOINT, sign_ins)

    async def run() -> list[object]:
        async with service.client(auth) as client:
            gets = [client.get("/v1/customers") for _ in range(20)]
            return list(await asyncio.gather(*gets, return_exceptions=True))

    failures = asyncio.run(run()) + asyncio.run(run())
    assert {type(each) for each in failures} == {SignInFailed}
    assert {str(each) for each in failures} == {"the refresh token has expired"}
    assert sign_ins.count == failing


def test_who_gives_up_waiting_stops_nobody() -> None:
    """The one that began the sign-in is cancelled; the others get its token."""
    sign_ins = SignIns()
    sign_ins.hold.clear()
    auth = PartnerCenterAuth(ENDPOINT, sign_ins)

    async def run() -> list[object]:
        async with FakeService().client(auth) as client:
            gets = [asyncio.create_task(client.get("/v1/customers")) for _ in range(3)]
            await asyncio.sleep(0.02)
            gets[0].cancel()
            await asyncio.sleep(0)
            sign_ins.hold.set()
            return list(await asyncio.gather(*gets, return_exceptions=True))

    answers = asyncio.run(run())
    assert isinstance(answers[0], asyncio.CancelledError)
    assert [each.status_code for each in answers[1:] if isinstance(each, httpx.Response)] == [
        200
    ] * 2
    assert sign_ins.count == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://api.partnercenter.microsoft.com.example/v1/customers",
        "https://api.partnercenter.microsoft.com:8443/v1/customers",
        "http://api.partnercenter.microsoft.com/v1/customers",
        "https://login.microsoftonline.com/",
    ],
)
def test_the_token_goes_nowhere_else(url: str) -> None:
    """Not by a next link, not by a slip: another origin is refused before anything is sent."""
    sign_ins, service = SignIns(), FakeService()

    async def run() -> None:
        async with service.client(PartnerCenterAuth(ENDPOINT, sign_ins)) as client:
            await client.get(url)

    with pytest.raises(SignInFailed, match="is not sent to"):
        asyncio.run(run())
    assert (sign_ins.count, service.tokens) == (0, [])


@pytest.mark.parametrize("endpoint", ["http://partner.example", "https://u:p@host", "host"])
def test_an_unsafe_endpoint_gets_no_token(endpoint: str) -> None:
    """Whoever configured it."""
    with pytest.raises(ConfigurationError):
        PartnerCenterAuth(endpoint, SignIns())


def test_what_the_token_says_can_be_asked() -> None:
    """By signing in, without a call to the service."""
    token = AccessToken(Secret(unsigned_jwt({"scp": "x", "amr": ["mfa"]})))
    claims = asyncio.run(PartnerCenterAuth(ENDPOINT, lambda: token).claims())
    assert (claims.kind, claims.mfa) == (TokenKind.APP_AND_USER, True)
