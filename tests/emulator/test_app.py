"""The app speaks ASGI: requests in, answers out, whatever the server does."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from reconciler.emulator.app import LARGEST_BODY, embedded
from reconciler.emulator.store import state_path
from reconciler.model.errors import ConfigurationError
from tests.emulator.worlds import (
    MADE_SOE,
    PLAIN,
    Client,
    make_app,
    qualifications_of,
    script,
    seed,
)

HTTP = {
    "type": "http",
    "method": "POST",
    "path": qualifications_of(PLAIN),
    "query_string": b"",
    "headers": [(b"Authorization", b"bearer user")],
}


def run(scope: dict[str, Any], *messages: dict[str, Any]) -> list[Any]:
    """Give the app these messages, and tell what it sends."""
    given, sent = list(messages), []

    async def receive() -> dict[str, Any]:
        return given.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(make_app()(scope, receive, send))
    return sent


def body(part: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": part, "more_body": more}


def test_the_lifespan_is_followed() -> None:
    """Startup and shutdown are told complete."""
    sent = run({"type": "lifespan"}, {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
    assert [message["type"] for message in sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


def test_a_body_may_come_in_parts() -> None:
    """A body is read to its end, and a scheme is Bearer in any case."""
    parts = [b'{"qualification":', b'"StateOwned', b'Entity"}']
    sent = run(HTTP, body(parts[0], more=True), body(parts[1], more=True), body(parts[2]))
    assert sent[0]["status"] == 201


def test_a_client_that_leaves_gets_nothing() -> None:
    """A request that never ends has no answer and no effect."""
    assert run(HTTP, body(b"{", more=True), {"type": "http.disconnect"}) == []


def test_a_body_that_is_too_large_is_unreadable() -> None:
    """What is past the largest body is cut, so it is 400."""
    large = b'{"qualification":"' + b"x" * LARGEST_BODY + b'"}'
    assert run(HTTP, body(large))[0]["status"] == 400


def test_a_client_without_an_address_is_no_loopback() -> None:
    """Where the server doesn't know the client, steering is refused."""
    scope = HTTP | {"path": "/emulator/reset", "client": None}
    assert run(scope, body(b""))[0]["status"] == 403


@pytest.mark.parametrize("scheme", ["Basic user", "user", "Bearer", "Bearer "])
def test_only_a_bearer_token_signs_in(scheme: str) -> None:
    """Another scheme, or an empty token, is 401."""
    answer = Client(make_app()).get(qualifications_of(PLAIN), Authorization=scheme)
    assert answer.status_code == 401


def test_query_keys_come_in_any_case() -> None:
    """agreementType and AGREEMENTTYPE are the same, and the first of two counts."""
    path = f"/v1/customers/{PLAIN}/validationStatus"
    client = Client(make_app())
    assert client.get(f"{path}?TYPE=account&type=other").status_code == 404
    assert client.get(f"{path}?type=other&TYPE=account").status_code == 400


def test_answers_tell_their_length_and_type() -> None:
    """Content-Length and Content-Type are there, and ids are made where none came."""
    answer = Client(make_app()).get(qualifications_of(PLAIN))
    assert answer.headers["content-length"] == "2"
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert len(answer.headers["ms-requestid"]) == len(answer.headers["ms-correlationid"]) == 36


def test_unreadable_json_is_400() -> None:
    """A body that is no JSON is 400 in the service's shape."""
    answer = run(HTTP, body(b"not json"))
    assert answer[0]["status"] == 400


def test_the_embedded_app_refuses_a_wrong_start(tmp_path: Path) -> None:
    """A wrong seed, wrong faults and a broken state are told before the first call."""
    with pytest.raises(ConfigurationError, match=r"the emulator's seed live\.yaml is"):
        embedded({"customer": []}, Path("live.yaml"), None)
    with pytest.raises(ConfigurationError, match="the faults document"):
        make_app(script({"kind": "explode"}))
    state_path(Path("live.yaml"), tmp_path).write_text("broken")
    with pytest.raises(ConfigurationError, match="not a state file"):
        embedded(seed(), Path("live.yaml"), tmp_path)


def test_a_create_through_the_app_is_held() -> None:
    """What POST creates, GET tells."""
    client = Client(make_app())
    assert client.create(PLAIN.upper(), MADE_SOE).status_code == 201
    assert client.held(PLAIN) == [MADE_SOE]
