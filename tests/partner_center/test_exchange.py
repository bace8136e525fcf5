"""One request and its answer over a real socket: what is sent, read, bounded and lost."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
from asyncio import timeout
from dataclasses import replace

import httpx
import pytest

from reconciler.model.errors import SignInFailed
from reconciler.model.plan import Create
from reconciler.model.secret import KnownSecrets, Secret
from reconciler.model.state import Qualification
from reconciler.partner_center.calls import Call, ServiceAnswer, create_call, qualifications_call
from reconciler.partner_center.connection import BearerToken, connect
from reconciler.partner_center.exchange import Lost, ServiceRequest, exchange
from reconciler.partner_center.retry import EXCEPTIONS, UNFORESEEN
from tests.partner_center.answers import CODE, CORRELATION, CUSTOMER
from tests.partner_center.fake_sign_in import FailingSignIn
from tests.partner_center.fake_time import EPOCH
from tests.partner_center.raw_service import (
    DROPPED,
    Heard,
    RawService,
    Reply,
    raw_service,
    replies,
    reply,
)

READ = qualifications_call(CUSTOMER)
CREATE = create_call(Create(CUSTOMER, Qualification.GCC, validation_code=CODE))
REQUEST_ID = "037db222-6d8e-4d7f-ba78-df3dca33fb68"


def sent_to(
    said: Reply, call: Call = READ, auth: httpx.Auth | None = None, signed_by: str = "ready-made"
) -> tuple[ServiceAnswer | Lost, ServiceRequest, RawService]:
    """Send one call to a service that says one thing."""

    async def run() -> tuple[ServiceAnswer | Lost, ServiceRequest, RawService]:
        async with raw_service(lambda _heard: said) as service:
            attempt = ServiceRequest.of(call, service.address, REQUEST_ID)
            signed = auth or BearerToken(Secret(signed_by), service.address)
            async with connect(service.address, auth=signed, concurrency=1) as http:
                return await exchange(http, attempt, EPOCH, KnownSecrets(CODE)), attempt, service

    return asyncio.run(run())


def heard_by(service: RawService) -> Heard:
    (heard,) = service.heard
    return heard


def test_a_read_is_sent_as_documented() -> None:
    """Method, target, both ids and the token arrive, and no body."""
    _, attempt, service = sent_to(reply(200, []))
    heard = heard_by(service)
    assert (heard.method, heard.target, heard.body) == ("GET", READ.target, b"")
    assert heard.headers["authorization"] == "Bearer ready-made"
    assert heard.headers["ms-requestid"] == REQUEST_ID
    assert heard.headers["ms-correlationid"] == attempt.correlation_id
    assert heard.headers["ms-partnercenter-application"] == "reconciler"
    assert heard.headers["accept"] == "application/json"
    assert heard.headers["accept-encoding"] == "identity"
    assert heard.headers["cache-control"] == "no-cache"


def test_a_create_is_sent_as_documented() -> None:
    """Body and type arrive, and the request id that was given."""
    heard = heard_by(sent_to(reply(201, {}), CREATE)[2])
    assert (heard.method, heard.body) == ("POST", CREATE.body)
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["ms-requestid"] == REQUEST_ID


def test_an_answer_is_read_whole() -> None:
    """Status, headers in lower case, body, the service's own id, and Retry-After in seconds."""
    said = reply(
        429, b"{}", MS_CorrelationId=CORRELATION, Retry_After="Thu, 01 Jan 2026 00:00:09 GMT"
    )
    answer, _, _ = sent_to(said)
    assert isinstance(answer, ServiceAnswer)
    assert (answer.status, answer.content, answer.retry_after) == (429, {}, 9.0)
    assert answer.headers["content-type"] == "application/json"
    assert answer.correlation_id == CORRELATION


def test_an_id_that_is_no_guid_is_not_taken_over() -> None:
    """Where the service echoes no id, or nonsense, the id that was sent is the one to tell."""
    for said in (reply(200, []), reply(200, [], MS_CorrelationId="123456")):
        answer, attempt, _ = sent_to(said, CREATE)
        assert answer.correlation_id == attempt.correlation_id


def test_no_secret_gets_past_the_exchange() -> None:
    """Neither the token that was sent nor a code that is known, in the body or in a header."""
    said = reply(400, {"message": "ready-made, 123456"}, Location="https://123456.example")
    answer, _, _ = sent_to(said, CREATE)
    assert isinstance(answer, ServiceAnswer)
    assert answer.content == {"message": "***, ***"}
    assert answer.headers["location"] == "https://***.example"


def test_a_token_that_is_echoed_as_correlation_id_is_not_taken_over() -> None:
    """A ready token may be a GUID; the id that was sent is told instead."""
    said = reply(200, [], MS_CorrelationId=CORRELATION)
    answer, attempt, _ = sent_to(said, signed_by=CORRELATION)
    assert answer.correlation_id == attempt.correlation_id


@pytest.mark.parametrize("call", [READ, CREATE], ids=["a read", "a create"])
def test_redirects_are_not_followed(call: Call) -> None:
    """A redirect is an answer, and no second request."""
    answer, _, service = sent_to(reply(302, location="/elsewhere"), call)
    assert isinstance(answer, ServiceAnswer)
    assert (answer.status, len(service.heard)) == (302, 1)


WHOLE = reply(200, [{"qualification": "Education"}]).sent


@pytest.mark.parametrize(
    ("said", "kind", "status"),
    [
        (DROPPED, httpx.RemoteProtocolError, None),
        (Reply(b"HTTP/1.1 200 OK\r\ncontent-le", keep=False), httpx.RemoteProtocolError, None),
        (Reply(WHOLE[:-5], keep=False), httpx.RemoteProtocolError, 200),
        (Reply(b"SSH-2.0-OpenSSH\r\n\r\n", keep=False), httpx.RemoteProtocolError, None),
        (reply(200, b"no gzip", content_encoding="gzip"), httpx.DecodingError, 200),
    ],
    ids=["dropped", "in the head", "in the body", "no HTTP", "no gzip"],
)
@pytest.mark.parametrize("call", [READ, CREATE], ids=["a read", "a create"])
def test_a_broken_answer_is_lost(
    said: Reply, kind: type[Exception], status: int | None, call: Call
) -> None:
    """Dropped, cut off or garbled: lost, by httpx's exception, with the status if that came."""
    lost, attempt, _ = sent_to(said, call)
    assert lost == Lost(EXCEPTIONS[kind], kind.__name__, "", attempt.correlation_id, status)


def packed(times: int, size: int) -> bytes:
    body = bytes(size)
    for _ in range(times):
        body = gzip.compress(body)
    return body


BEYOND = READ.most_bytes + 1


@pytest.mark.parametrize(
    "said",
    [
        reply(200, bytes(BEYOND)),
        reply(200, packed(1, BEYOND), content_encoding="gzip"),
        reply(200, packed(2, BEYOND), content_encoding="gzip, gzip"),
        reply(200, packed(1, BEYOND), content_encoding="br"),
    ],
    ids=["plain", "packed", "packed twice", "packed in an unknown way"],
)
def test_an_answer_beyond_its_bound_is_lost(said: Reply) -> None:
    """A body beyond any that is due, or packed so that its size can't be bounded, is not read."""
    lost, _, _ = sent_to(said)
    assert isinstance(lost, Lost)
    assert lost.row is EXCEPTIONS[httpx.DecodingError]


def test_a_bomb_takes_no_memory() -> None:
    """200 MB in a few hundred KB are refused within a few times the bound, and never unpacked."""
    bomb = gzip.compress(bytes(200_000_000))
    said = reply(200, bomb, content_encoding="gzip")
    tracemalloc.start()
    lost, _, _ = sent_to(said)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(lost, Lost)
    assert peak < 8 * READ.most_bytes


def test_an_answer_that_is_packed_once_is_read() -> None:
    """Some proxies pack whatever passes, though it is asked for as it is."""
    answer, _, _ = sent_to(reply(200, gzip.compress(b"[]"), content_encoding="gzip"))
    assert isinstance(answer, ServiceAnswer)
    assert answer.content == []


def test_a_too_large_answer_frees_its_connection() -> None:
    """The only place that there is serves the next request."""

    async def run() -> list[ServiceAnswer | Lost]:
        said = replies(reply(200, bytes(BEYOND)), reply(200, []))
        async with raw_service(said) as service:
            request = ServiceRequest.of(READ, service.address, REQUEST_ID)
            async with connect(service.address, auth=None, concurrency=1) as http, timeout(20):
                return [await exchange(http, request, EPOCH, KnownSecrets()) for _ in range(2)]

    first, second = asyncio.run(run())
    assert isinstance(first, Lost)
    assert isinstance(second, ServiceAnswer)


def test_a_create_may_be_answered_late() -> None:
    """A create waits for two minutes, as answers after 100 s were seen; a read gives up before.

    To be connected each has 10 s.
    """
    waits: list[tuple[float, float, float]] = []

    class Recorder(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            timeout = request.extensions["timeout"]
            waits.append((attempt.longest, timeout["read"], timeout["connect"]))
            return httpx.Response(200, request=request)

    async def send(sent: ServiceRequest) -> None:
        async with connect("http://x", auth=None, concurrency=1, transport=Recorder()) as http:
            await exchange(http, sent, EPOCH, KnownSecrets())

    for call in (CREATE, READ):
        attempt = ServiceRequest.of(call, "http://x", REQUEST_ID)
        asyncio.run(send(attempt))
    assert waits == [(120, 120, 10), (100, 30, 10)]


def test_an_answer_that_drips_in_for_ever_is_lost() -> None:
    """An attempt as a whole has its time, however often a little of the answer comes."""

    async def run() -> ServiceAnswer | Lost:
        async with raw_service(lambda _heard: Reply(WHOLE, wait=5.0)) as service:
            attempt = replace(ServiceRequest.of(READ, service.address, REQUEST_ID), longest=0.05)
            async with connect(service.address, auth=None, concurrency=1) as http:
                return await exchange(http, attempt, EPOCH, KnownSecrets())

    lost = asyncio.run(run())
    assert isinstance(lost, Lost)
    assert lost.row is EXCEPTIONS[TimeoutError]


@pytest.mark.parametrize("call", [READ, CREATE], ids=["a read", "a create"])
def test_a_service_that_is_not_there_is_told_with_its_reason(call: Call) -> None:
    """A refused connection certainly did nothing, and says why it failed."""

    async def run() -> ServiceAnswer | Lost:
        async with raw_service(lambda _heard: DROPPED) as service:
            address = service.address
        async with connect(address, auth=None, concurrency=1) as http:
            request = ServiceRequest.of(call, address, REQUEST_ID)
            return await exchange(http, request, EPOCH, KnownSecrets())

    lost = asyncio.run(run())
    assert isinstance(lost, Lost)
    assert lost.row is EXCEPTIONS[httpx.ConnectError]
    assert lost.detail


def test_a_failed_sign_in_passes_through() -> None:
    """What the sign-in raises of our own is not taken for a lost answer."""
    failure = SignInFailed("no sign-in method")
    with pytest.raises(SignInFailed) as caught:
        sent_to(reply(200, []), auth=FailingSignIn(failure))
    assert caught.value is failure


def test_an_unforeseen_failure_is_lost_too() -> None:
    """Whatever breaks a call, a create may have happened; its words are not repeated."""
    lost, _, _ = sent_to(
        reply(200, []), CREATE, FailingSignIn(RuntimeError("with ready-made in it"))
    )
    assert isinstance(lost, Lost)
    assert (lost.row, lost.failure, lost.detail) == (UNFORESEEN, "RuntimeError", "")


def test_the_words_of_a_refused_connection_repeat_no_secret() -> None:
    """A proxy's own words are told, and it may have seen what was sent."""

    class Refusing(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ProxyError("407 for 123456", request=request)

    async def run() -> ServiceAnswer | Lost:
        request = ServiceRequest.of(CREATE, "http://127.0.0.1", REQUEST_ID)
        async with Refusing() as http:
            return await exchange(http, request, EPOCH, KnownSecrets(CODE))

    lost = asyncio.run(run())
    assert isinstance(lost, Lost)
    assert lost.detail == "407 for ***"
