"""The application reads requests and sends answers as ASGI servers do; faults end connections."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from reconciler.emulator.app import HANG_UP, LARGEST_BODY, make_app
from tests.emulator.worlds import (
    MADE_SOE,
    PLAIN,
    Client,
    make_emulator,
    qualifications_of,
    script,
)


def scope_of(**said: object) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "POST",
        "path": qualifications_of(PLAIN),
        "query_string": b"",
        "headers": [(b"authorization", b"bearer user"), (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1),
    } | said


def run(
    *messages: dict[str, Any], faults: dict[str, object] | None = None, **said: object
) -> list[Any]:
    """Give the app these messages, and tell what it sends, hanging up included."""
    given, sent = list(messages), []

    async def receive() -> dict[str, Any]:
        if given[0] is LEFT:
            sent.append(LEFT)
        return given.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    def hang_up(*, reset: bool) -> None:
        sent.append({"reset": reset})

    scope = scope_of(**said) | {"extensions": {HANG_UP: hang_up}}
    asyncio.run(make_app(make_emulator(faults))(scope, receive, send))
    return sent


def body(part: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": part, "more_body": more}


LEFT: dict[str, Any] = {"type": "http.disconnect"}


def test_a_body_may_come_in_parts() -> None:
    """A body is read to its end, and a scheme is Bearer in any case."""
    parts = [b'{"qualification":', b'"StateOwned', b'Entity"}']
    sent = run(body(parts[0], more=True), body(parts[1], more=True), body(parts[2]))
    assert sent[0]["status"] == 201


def test_a_body_that_is_too_large_is_unreadable() -> None:
    """What is past the largest body is cut, so it is 400."""
    large = b'{"qualification":"StateOwnedEntity"' + b" " * LARGEST_BODY + b"}"
    assert run(body(large))[0]["status"] == 400


def test_a_client_without_an_address_is_no_loopback() -> None:
    """Where the server doesn't know the client, the controls are refused."""
    assert run(body(b""), path="/emulator/reset", client=None)[0]["status"] == 403


@pytest.mark.parametrize(
    ("kind", "reset"), [("refuse", True), ("drop-before", False), ("drop-after", False)]
)
def test_a_dropped_connection_is_hung_up_without_an_answer(kind: str, reset: bool) -> None:
    """Nothing is sent; the server is asked to end the connection, and by a reset for refuse.

    The app stays until the client is gone: to return earlier would be answered by a 500.
    """
    assert run(body(b"{}"), LEFT, faults=script({"kind": kind})) == [{"reset": reset}, LEFT]


def test_a_cut_answer_is_half_of_what_it_promises() -> None:
    """Half of the body goes out under the length of the whole, and the connection ends."""
    start, part, hung_up, _ = run(
        body(b""), LEFT, faults=script({"kind": "truncate"}), method="GET"
    )
    assert dict(start["headers"])[b"content-length"] == b"2"
    assert (part["body"], part["more_body"], hung_up) == (b"[", True, {"reset": False})


@pytest.mark.parametrize("served", [False, True], ids=["embedded", "served"])
@pytest.mark.parametrize("scheme", ["Basic user", "user", "Bearer", "Bearer "])
def test_only_a_bearer_token_signs_in(scheme: str, served: bool) -> None:
    """Another scheme, or an empty token, is 401."""
    client = Client(make_emulator(), served=served)
    assert client.get(qualifications_of(PLAIN), Authorization=scheme).status_code == 401


@pytest.mark.parametrize("served", [False, True], ids=["embedded", "served"])
def test_query_keys_come_in_any_case(served: bool) -> None:
    """agreementType and AGREEMENTTYPE are the same, and the first of two counts."""
    path = f"/v1/customers/{PLAIN}/validationStatus"
    client = Client(make_emulator(), served=served)
    assert client.get(f"{path}?TYPE=account&type=other").status_code == 404
    assert client.get(f"{path}?type=other&TYPE=account").status_code == 400


@pytest.mark.parametrize("served", [False, True], ids=["embedded", "served"])
def test_answers_tell_their_length_and_type(served: bool) -> None:
    """Content-Length and Content-Type are there, and ids are made where none came."""
    answer = Client(make_emulator(), served=served).get(qualifications_of(PLAIN))
    assert answer.headers["content-length"] == "2"
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert len(answer.headers["ms-requestid"]) == len(answer.headers["ms-correlationid"]) == 36


def test_unreadable_json_is_400() -> None:
    """A body that is no JSON is 400 in the service's shape."""
    assert run(body(b"not json"))[0]["status"] == 400


@pytest.mark.parametrize("served", [False, True], ids=["embedded", "served"])
def test_a_create_through_the_app_is_held(served: bool) -> None:
    """What POST creates, GET tells, whatever the case of the path."""
    client = Client(make_emulator(), served=served)
    path = qualifications_of(PLAIN).upper()
    assert client.send("POST", path, MADE_SOE).status_code == 201
    assert client.get(path).json() == [MADE_SOE]
