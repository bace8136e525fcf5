"""The client over real sockets: what it asks, how often, and what becomes of it."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from reconciler.model.errors import (
    AppOnlyRefused,
    CallRefused,
    CustomerNotFound,
    OutcomeUnknown,
    ServiceError,
    SignInFailed,
    SignInRefused,
    Unavailable,
    UnreadableAnswer,
)
from reconciler.model.plan import Create
from reconciler.model.secret import Secret
from reconciler.model.state import (
    CustomerAccount,
    CustomerAgreement,
    CustomerDomain,
    CustomerId,
    LiveQualification,
    Qualification,
)
from reconciler.partner_center.call_log import CALL_LOG
from reconciler.partner_center.circuit_breaker import PAUSE
from reconciler.partner_center.client import BearerToken, PartnerCenterClient, connect
from reconciler.partner_center.pacing import Pace
from reconciler.partner_center.retry import RetryTimes
from tests.partner_center import samples
from tests.partner_center.answers import CODE, CUSTOMER
from tests.partner_center.fake_sign_in import FailingSignIn
from tests.partner_center.fake_time import FakeTime
from tests.partner_center.raw_service import (
    DROPPED,
    Heard,
    RawService,
    Reply,
    raw_service,
    replies,
    reply,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Use = Callable[[PartnerCenterClient], Awaitable[object]]

GCC = Create(CUSTOMER, Qualification.GCC, validation_code=CODE)
REQUEST_ID = "037db222-6d8e-4d7f-ba78-df3dca33fb68"
NONE_HELD = reply(200, [])
WHOLE = reply(200, samples.APPROVED.encode())
CREATED = reply(201, {"qualification": "GovernmentCommunityCloud"})


def customer_id(number: int) -> CustomerId:
    return CustomerId(f"00000000-0000-4000-8000-{number:012}")


@asynccontextmanager
async def client_of(
    service: RawService,
    time: FakeTime | None = None,
    concurrency: int = 8,
) -> AsyncIterator[PartnerCenterClient]:
    token = BearerToken(Secret("ready-made"), service.address)
    async with PartnerCenterClient(
        address=service.address,
        http=connect(service.address, auth=token, concurrency=concurrency),
        pace=Pace(concurrency, timing=(time or FakeTime()).timing),
        times=RetryTimes(),
    ) as client:
        yield client


def run(
    answer: Callable[[Heard], Reply], use: Use, time: FakeTime | None = None, concurrency: int = 8
) -> tuple[object, list[Heard]]:
    """Use a client of a service that answers so: what came of it, or its error; what was heard."""

    async def both() -> tuple[object, list[Heard]]:
        async with (
            raw_service(answer) as service,
            client_of(service, time, concurrency=concurrency) as client,
        ):
            try:
                return await use(client), service.heard
            except (ServiceError, SignInFailed) as error:
                return error, service.heard

    return asyncio.run(both())


def read(client: PartnerCenterClient) -> Awaitable[object]:
    return client.qualifications(CUSTOMER)


def create(client: PartnerCenterClient) -> Awaitable[object]:
    return client.create_qualification(GCC, REQUEST_ID)


def many(number: int) -> Use:
    """Read so many customers with eight workers; count what became of them."""

    async def use(client: PartnerCenterClient) -> Counter[str]:
        waiting, became = iter(range(number)), Counter[str]()

        async def work() -> None:
            for each in waiting:
                try:
                    await client.qualifications(customer_id(each))
                    became["read"] += 1
                except ServiceError as error:
                    became[type(error).__name__] += 1

        await asyncio.gather(*(work() for _ in range(8)))
        return became

    return use


def at_customer(rest: str = "") -> str:
    return f"/v1/customers/{CUSTOMER}{rest}"


def test_qualifications_are_read() -> None:
    """One GET, and the state."""
    value, heard = run(replies(WHOLE), read)
    assert value == (LiveQualification("Education", "Approved"),)
    assert [(each.method, each.target) for each in heard] == [
        ("GET", at_customer("/qualifications"))
    ]


def test_a_customer_is_read_for_its_domain() -> None:
    """One GET of the customer."""
    sent = {"id": CUSTOMER, "companyProfile": {"domain": "contoso.onmicrosoft.com"}}
    value, heard = run(replies(reply(200, sent)), lambda client: client.customer_domain(CUSTOMER))
    assert value == CustomerDomain("contoso.onmicrosoft.com")
    assert [each.target for each in heard] == [at_customer()]


def test_the_account_status_is_read() -> None:
    """A status, or the 404 that says there is none: one GET each."""
    script = replies(
        reply(200, samples.account_status("Allowed").encode()),
        reply(404, samples.NO_ACCOUNT_STATUS.encode()),
    )

    async def use(client: PartnerCenterClient) -> list[CustomerAccount]:
        return [await client.account_status(CUSTOMER) for _ in range(2)]

    value, heard = run(script, use)
    assert value == [CustomerAccount("Allowed"), CustomerAccount(None)]
    assert len(heard) == 2


@pytest.mark.parametrize(
    ("listed", "signed", "confirmed", "calls"),
    [
        (samples.AGREEMENTS, False, True, 1),
        ('{"totalCount": 0, "items": []}', True, True, 2),
        ('{"totalCount": 0, "items": []}', False, False, 2),
    ],
)
def test_a_direct_signature_is_asked_for_where_the_list_has_none(
    listed: str, *, signed: bool, confirmed: bool, calls: int
) -> None:
    """Who signed directly can have an empty list; where the list has one, nothing else is asked."""
    script = replies(reply(200, listed.encode()), reply(200, {"isSigned": signed}))
    value, heard = run(script, lambda client: client.customer_agreement(CUSTOMER))
    assert value == CustomerAgreement(confirmed)
    targets = [
        at_customer("/agreements?agreementType=MicrosoftCustomerAgreement"),
        at_customer("/directSignedMicrosoftCustomerAgreementStatus"),
    ]
    assert [each.target for each in heard] == targets[:calls]


def test_customers_are_listed_over_pages() -> None:
    """All pages are asked for, each with its token, and every customer is told once."""
    script = replies(
        reply(200, {"items": [{"id": customer_id(1)}], "continuationToken": "next"}),
        reply(200, {"items": [{"id": customer_id(2)}]}),
    )

    async def use(client: PartnerCenterClient) -> list[CustomerId]:
        return [each.customer_id async for each in client.customers()]

    value, heard = run(script, use)
    assert value == [customer_id(1), customer_id(2)]
    assert [each.headers.get("ms-continuationtoken") for each in heard] == [None, "next"]


def test_a_page_that_is_cut_off_ends_the_list_with_an_error() -> None:
    """What was told before is no whole list: whoever iterates over it hears so."""
    script = replies(
        reply(200, {"items": [{"id": customer_id(1)}], "continuationToken": "next"}),
        reply(200, b'{"items": [{"id": '),
    )

    async def use(client: PartnerCenterClient) -> list[CustomerId]:
        return [each.customer_id async for each in client.customers()]

    value, _ = run(script, use)
    assert isinstance(value, UnreadableAnswer)


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/"])
def test_an_address_may_end_in_its_prefix(suffix: str) -> None:
    """With or without a slash or /v1, the paths are the same."""

    async def both() -> str:
        async with raw_service(replies(WHOLE)) as service:
            service.address += suffix
            async with client_of(service) as client:
                await client.qualifications(CUSTOMER)
            return service.heard[0].target

    assert asyncio.run(both()) == at_customer("/qualifications")


PASSING = [
    DROPPED,
    Reply(WHOLE.sent[:-5], keep=False),
    reply(200, b"[{"),
    reply(200, b""),
    reply(200, b"<html>Sign in</html>", "text/html"),
    reply(408),
    reply(429),
    reply(429, Retry_After="7"),
    reply(500),
    reply(502, b"<html>", "text/html"),
    reply(503, {"isRetryable": True}),
    reply(404, {"code": 1, "isRetryable": True}),
]


@pytest.mark.parametrize("passing", PASSING)
def test_a_read_is_repeated_after_what_may_pass(passing: Reply) -> None:
    """One lost, broken, throttled or failed answer costs a read nothing but time."""
    value, heard = run(replies(passing, WHOLE), read)
    assert value == (LiveQualification("Education", "Approved"),)
    assert len(heard) == 2


FINAL: list[tuple[Reply, type[ServiceError]]] = [
    (reply(200, {"items": []}), UnreadableAnswer),
    (reply(302, location="https://login.example.com/"), CallRefused),
    (reply(400), CallRefused),
    (reply(401, {"isRetryable": True}), SignInRefused),
    (reply(403, {"code": 900329}), AppOnlyRefused),
    (reply(403, {"code": 20002}), CallRefused),
    (reply(404, {"code": 60003}), CustomerNotFound),
    (reply(500, {"isRetryable": False}), Unavailable),
]


@pytest.mark.parametrize(("script", "kind"), FINAL)
def test_a_read_is_not_repeated_where_that_is_no_use(
    script: Reply, kind: type[ServiceError]
) -> None:
    """A definite no, and an answer of another shape, are the same the next time."""
    value, heard = run(replies(script), read)
    assert type(value) is kind
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (DROPPED, Unavailable),
        (reply(503), Unavailable),
        (reply(429), Unavailable),
        (reply(200, b""), UnreadableAnswer),
        (reply(404, {"code": 1, "isRetryable": True}), CustomerNotFound),
    ],
)
def test_a_read_gives_up_in_the_end(script: Reply, kind: type[ServiceError]) -> None:
    """After five tries the last failure is raised, and says how long was tried."""
    time = FakeTime()
    value, heard = run(replies(script), read, time)
    assert type(value) is kind
    assert isinstance(value, ServiceError)
    assert value.message.endswith("; given up after 5 tries")
    assert len(heard) == 5


def test_repeats_keep_their_request_id_and_change_the_correlation_id() -> None:
    """MS-RequestId stands for the read, MS-CorrelationId for the single attempt."""
    heard = run(replies(reply(500), reply(500), WHOLE), read)[1]
    assert len({each.headers["ms-requestid"] for each in heard}) == 1
    assert len({each.headers["ms-correlationid"] for each in heard}) == 3


def test_retry_after_is_waited_out_by_the_refused_read() -> None:
    """The wait is what was asked and the jitter on top."""
    time = FakeTime()
    run(replies(reply(429, Retry_After="7"), WHOLE), read, time)
    assert time.slept[0] == pytest.approx(7.25)


def test_more_patience_than_there_is_ends_the_read_at_once() -> None:
    """A Retry-After of a day is not slept through; the message tells what was asked."""
    time = FakeTime()
    value, heard = run(replies(reply(429, Retry_After="86400")), read, time)
    assert isinstance(value, Unavailable)
    assert "asks to wait 86400 seconds" in value.message
    assert value.answered.retry_after == 86400
    assert (len(heard), time.slept) == (1, [])


def test_answers_that_are_all_throttled_slow_the_pace() -> None:
    """After a row of 429 the next request of whoever it is waits for its pace."""
    time = FakeTime(chance=0.0)
    script: list[Reply] = [reply(429)] * 3

    async def use(client: PartnerCenterClient) -> None:
        reads = (client.qualifications(customer_id(each)) for each in range(4))
        await asyncio.gather(*reads)

    run(lambda _heard: script.pop() if script else WHOLE, use, time)
    assert [each for each in time.slept if each > 0]


CREATES: list[tuple[Reply, type[ServiceError]]] = [
    (DROPPED, OutcomeUnknown),
    (Reply(CREATED.sent[:-5], keep=False), OutcomeUnknown),
    (reply(201, b""), OutcomeUnknown),
    (reply(200, b"<html>Sign in</html>", "text/html"), OutcomeUnknown),
    (reply(201, {"qualification": "Education"}), OutcomeUnknown),
    (reply(204), OutcomeUnknown),
    (reply(408), OutcomeUnknown),
    (reply(500, {"isRetryable": False}), OutcomeUnknown),
    (reply(503, Retry_After="1"), OutcomeUnknown),
    (reply(429, Retry_After="1"), Unavailable),
    (reply(302, location="https://login.example.com/"), OutcomeUnknown),
    (reply(400, {"isRetryable": True}), CallRefused),
    (reply(401), SignInRefused),
    (reply(403, {"code": "900329"}), AppOnlyRefused),
    (reply(403, {"code": "900308"}), CallRefused),
    (reply(404), CustomerNotFound),
    (reply(409), CallRefused),
]


@pytest.mark.parametrize(("script", "kind"), CREATES)
def test_a_create_is_sent_once_whatever_is_answered(
    script: Reply, kind: type[ServiceError]
) -> None:
    """Exactly one POST, and an error that says whether it may have happened."""
    time = FakeTime()
    value, heard = run(replies(script), create, time)
    assert type(value) is kind
    assert [each.method for each in heard] == ["POST"]
    assert time.slept == []


def test_a_create_that_could_not_be_sent_certainly_did_not_happen() -> None:
    """Where nobody listens, nothing was created, and it may be sent again."""

    async def both() -> None:
        async with raw_service(replies(CREATED)) as service:
            pass
        async with client_of(service) as client:
            with pytest.raises(Unavailable, match="no connection could be made"):
                await client.create_qualification(GCC, REQUEST_ID)

    asyncio.run(both())


def test_a_create_carries_the_request_id_that_it_is_given() -> None:
    """The same value each time it is sent; the correlation id is another each time."""

    async def use(client: PartnerCenterClient) -> list[str]:
        created = [await client.create_qualification(GCC, REQUEST_ID) for _ in range(2)]
        return [each.correlation_id for each in created]

    correlation_ids, heard = run(replies(CREATED), use)
    assert {each.headers["ms-requestid"] for each in heard} == {REQUEST_ID}
    sent = [each.headers["ms-correlationid"] for each in heard]
    assert correlation_ids == sent
    assert len(set(sent)) == 2


def test_what_cannot_be_set_is_not_sent() -> None:
    """Not one byte leaves for a create that the service doesn't know."""
    wrong = Create(CUSTOMER, Qualification.NONPROFIT)
    value, heard = run(replies(CREATED), lambda each: each.create_qualification(wrong, REQUEST_ID))
    assert isinstance(value, CallRefused)
    assert heard == []


def test_a_refused_sign_in_costs_one_request() -> None:
    """The first of its kind goes alone: a thousand customers are not a thousand 401."""
    value, heard = run(replies(reply(401, {"code": 900421})), many(1000))
    assert value == Counter(SignInRefused=1000)
    assert len(heard) == 1


def test_a_sign_in_that_ends_in_the_middle_stops_everything() -> None:
    """After a 401 nothing more is sent, a create neither."""

    async def use(client: PartnerCenterClient) -> None:
        await many(20)(client)
        with pytest.raises(SignInRefused):
            await client.qualifications(CUSTOMER)
        await client.create_qualification(GCC, REQUEST_ID)

    answers = replies(WHOLE, reply(401))
    value, heard = run(answers, use, concurrency=4)
    assert isinstance(value, SignInRefused)
    assert len(heard) <= 1 + 4
    assert {each.method for each in heard} == {"GET"}


def test_a_side_check_that_is_refused_stops_only_itself() -> None:
    """401 for lack of MFA on an app+user call: asked once, and qualifications are still read."""

    def answers(heard: Heard) -> Reply:
        return reply(401, {"code": 900421}) if "validationStatus" in heard.target else WHOLE

    async def use(client: PartnerCenterClient) -> None:
        for _ in range(3):
            with pytest.raises(SignInRefused):
                await client.account_status(CUSTOMER)
        await client.qualifications(CUSTOMER)

    value, heard = run(answers, use)
    assert value is None
    assert len(heard) == 2


def test_an_app_only_sign_in_is_told_once_per_kind() -> None:
    """403 with 900329 is asked for once: not per customer, and not for other kinds of call."""

    async def use(client: PartnerCenterClient) -> None:
        for _ in range(3):
            with pytest.raises(AppOnlyRefused):
                await client.account_status(CUSTOMER)
        with pytest.raises(AppOnlyRefused):
            await client.create_qualification(GCC, REQUEST_ID)

    value, heard = run(replies(reply(403, {"code": 900329})), use)
    assert value is None
    assert len(heard) == 2


@pytest.mark.parametrize("script", [DROPPED, reply(503), reply(200, b"<html>", "text/html")])
def test_a_dead_service_ends_a_great_run_soon(script: Reply) -> None:
    """Ten thousand customers cost a dead service's time-outs for ten or so, not for all."""
    time = FakeTime()
    value, heard = run(replies(script), many(10_000), time)
    assert isinstance(value, Counter)
    assert value.total() == 10_000
    assert value["read"] == 0
    assert len(heard) <= 20 * 5


def test_a_service_that_comes_back_is_asked_again() -> None:
    """After a pause one read finds out, and then all go on."""
    time = FakeTime()
    dead = [True]

    async def use(client: PartnerCenterClient) -> object:
        first = await many(100)(client)
        dead.clear()
        with pytest.raises(Unavailable, match="nothing more is asked"):
            await client.qualifications(CUSTOMER)
        time.seconds += PAUSE
        await client.qualifications(CUSTOMER)
        return first, await many(100)(client)

    value, _ = run(lambda _heard: reply(500) if dead else WHOLE, use, time)
    assert value == (Counter(Unavailable=100), Counter(read=100))


def test_the_trial_of_a_dead_service_is_one_request() -> None:
    """While the service is down, a read that tries it does so once and gives up."""
    time = FakeTime()

    async def use(client: PartnerCenterClient) -> None:
        await many(100)(client)
        time.seconds += PAUSE
        await client.qualifications(CUSTOMER)

    value, heard = run(replies(reply(503)), use, time)
    assert isinstance(value, Unavailable)
    last = [each for each in heard if str(CUSTOMER) in each.target]
    assert len(last) == 1


def test_customers_that_fail_by_themselves_are_no_dead_service() -> None:
    """Answers that say no, or that can't be understood, don't end the asking about others."""

    def answers(heard: Heard) -> Reply:
        number = int(heard.target.split("/")[3][-12:])
        return [reply(404), reply(403), reply(200, {}), reply(500, {"isRetryable": False})][
            number % 4
        ]

    value, heard = run(answers, many(200))
    assert value == Counter(
        CustomerNotFound=50, CallRefused=50, UnreadableAnswer=50, Unavailable=50
    )
    assert len(heard) == 200


def test_creates_that_fail_do_not_end_the_reading() -> None:
    """A create is one attempt and no proof of a dead service: what it did is read back after."""

    def answers(heard: Heard) -> Reply:
        return WHOLE if heard.method == "GET" else reply(429)

    async def use(client: PartnerCenterClient) -> object:
        for _ in range(30):
            with pytest.raises(Unavailable):
                await client.create_qualification(GCC, REQUEST_ID)
        return await client.qualifications(CUSTOMER)

    value, _ = run(answers, use)
    assert isinstance(value, tuple)


@pytest.mark.parametrize("status", [500, 503])
def test_a_side_check_that_fails_for_everyone_hinders_nothing_else(status: int) -> None:
    """Qualifications are read and created as if nothing were, and no slower."""
    time = FakeTime()

    def answers(heard: Heard) -> Reply:
        if "validationStatus" in heard.target:
            return reply(status)
        return WHOLE if heard.method == "GET" else CREATED

    async def use(client: PartnerCenterClient) -> object:
        await many(100)(client)
        for each in range(14):
            with pytest.raises(Unavailable):
                await client.account_status(customer_id(each))
        before, read = time.seconds, await many(100)(client)
        await client.create_qualification(GCC, REQUEST_ID)
        return read, time.seconds - before < 10

    value, _ = run(answers, use, time)
    assert value == (Counter(read=100), True)


def test_a_failed_sign_in_passes_through() -> None:
    """What the sign-in raises reaches the caller as it is."""
    failure = SignInFailed("no sign-in method")

    async def both() -> None:
        async with raw_service(replies(WHOLE)) as service:
            http = connect(service.address, auth=FailingSignIn(failure), concurrency=1)
            async with PartnerCenterClient(
                address=service.address, http=http, pace=Pace(1)
            ) as client:
                with pytest.raises(SignInFailed) as caught:
                    await client.qualifications(CUSTOMER)
                assert caught.value is failure
            assert service.heard == []

    asyncio.run(both())


def test_every_attempt_is_logged_in_a_line_without_a_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Method, path, status or failure, milliseconds, correlation id; no header, body or secret."""
    caplog.set_level(logging.INFO, CALL_LOG)
    messages: list[str] = []
    echo = reply(400, {"description": "ready-made and 123456 are wrong"})

    async def both() -> list[Heard]:
        script = replies(DROPPED, WHOLE, echo)
        async with raw_service(script) as service, client_of(service) as client:
            await client.qualifications(CUSTOMER)
            with pytest.raises(CallRefused) as caught:
                await client.create_qualification(GCC, REQUEST_ID)
            messages.append(f"{caught.value} {caught.value.remedy} {caught.value.answered}")
            return service.heard

    ids = [each.headers["ms-correlationid"] for each in asyncio.run(both())]
    path = at_customer("/qualifications")
    lines = [each.getMessage() for each in caplog.records if each.name == CALL_LOG]
    assert lines == [
        f"GET {path} RemoteProtocolError 0 ms MS-CorrelationId {ids[0]}",
        f"GET {path} 200 0 ms MS-CorrelationId {ids[1]}",
        f"POST {path} 400 0 ms MS-CorrelationId {ids[2]}",
    ]
    assert not [each for each in ("ready-made", "123456") if each in "\n".join([*lines, *messages])]
    assert "*** and *** are wrong" in messages[0]


def test_a_create_that_is_not_wanted_by_its_turn_is_not_sent() -> None:
    """Who stops a run while a create waits behind the pace gets no create for it."""

    async def stopped(client: PartnerCenterClient) -> object:
        return await client.create_qualification(GCC, REQUEST_ID, lambda _correlation_id: False)

    value, heard = run(replies(CREATED), stopped)
    assert isinstance(value, Unavailable)
    assert heard == []


def test_a_create_is_asked_for_under_the_correlation_id_it_carries() -> None:
    """Who keeps a record of creates has the id before the answer, which may be lost."""
    correlation_ids: list[str] = []

    async def recorded(client: PartnerCenterClient) -> object:
        def wanted(correlation_id: str) -> bool:
            correlation_ids.append(correlation_id)
            return True

        return await client.create_qualification(GCC, REQUEST_ID, wanted)

    _, heard = run(replies(CREATED), recorded)
    assert correlation_ids == [each.headers["ms-correlationid"] for each in heard]


def test_the_status_of_a_create_is_heard_before_its_body() -> None:
    """Who gives up on a body that drips still knows that the service took the create."""
    dripping = Reply(b"HTTP/1.1 201 Created\r\ncontent-length: 99\r\n\r\n{")

    async def given_up(client: PartnerCenterClient) -> object:
        status_seen: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        sending = client.create_qualification(GCC, REQUEST_ID, heard=status_seen.set_result)
        task = asyncio.create_task(sending)
        status = await status_seen
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return status

    value, _ = run(replies(dripping), given_up)
    assert value == 201
