"""Faults do to real calls what their document says, and the state tells it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from reconciler.emulator.store import state_path
from tests.emulator.worlds import (
    DENIED,
    EDUCATION,
    MADE_GCC,
    MADE_K12,
    MADE_SOE,
    NOW,
    PLAIN,
    SOE,
    STRANGER,
    Client,
    make_emulator,
    qualifications_of,
    script,
)

CREATE = "createQualification"
READ = "readQualifications"


def faulty(*faults: dict[str, object]) -> Client:
    return Client(make_emulator(script(*faults)))


@pytest.mark.parametrize(
    ("kind", "happened"), [("refuse", False), ("drop-before", False), ("drop-after", True)]
)
def test_a_dropped_create_happened_or_not(kind: str, happened: bool) -> None:
    """refuse and drop-before leave nothing behind, drop-after the qualification."""
    client = faulty({"kind": kind, "call": CREATE})
    with pytest.raises(httpx.ReadError, match="dropped"):
        client.create(PLAIN, MADE_SOE)
    assert client.held(PLAIN) == ([MADE_SOE] if happened else [])


def test_a_truncated_create_happened() -> None:
    """truncate ends the connection, and the qualification is there."""
    client = faulty({"kind": "truncate", "call": CREATE})
    with pytest.raises(httpx.ReadError):
        client.create(PLAIN, MADE_SOE)
    assert client.held(PLAIN) == [MADE_SOE]


@pytest.mark.parametrize(
    ("fault", "happened"),
    [
        ({"kind": "wrong-content-type"}, False),
        ({"kind": "wrong-content-type", "effect": "after"}, True),
        ({"kind": "empty"}, True),
        ({"kind": "empty", "effect": "before"}, False),
        ({"kind": "garbage"}, True),
        ({"kind": "garbage", "effect": "before"}, False),
        ({"kind": "status", "status": 503}, False),
        ({"kind": "status", "status": 503, "effect": "after"}, True),
        ({"kind": "throttle"}, False),
        ({"kind": "redirect", "location": "http://127.0.0.1:9/"}, False),
        ({"kind": "expire-token"}, False),
    ],
)
def test_an_answer_of_a_fault_tells_nothing_of_the_create(
    fault: dict[str, object], happened: bool
) -> None:
    """Whether the create happened is as `effect` says."""
    client = faulty(fault | {"times": 1})
    client.create(PLAIN, MADE_SOE)
    assert client.emulator.store.read().qualifications.keys() == ({PLAIN} if happened else set())


@pytest.mark.parametrize("effect", ["before", "after"])
def test_a_delay_waits_before_the_effect_or_after(effect: str) -> None:
    """The seconds are those of the document; what is held meanwhile is as `effect` says."""
    delay = script({"kind": "delay", "seconds": 600, "effect": effect, "call": CREATE})
    emulator = make_emulator(delay)
    slept: list[tuple[float, bool]] = []

    async def sleep(seconds: float) -> None:
        slept.append((seconds, PLAIN in emulator.store.read().qualifications))

    Client(replace(emulator, sleep=sleep)).create(PLAIN, MADE_SOE)
    assert [held for seconds, held in slept if seconds == 600] == [effect == "after"]


def test_a_sign_in_page_is_html() -> None:
    """wrong-content-type is 200 with HTML."""
    answer = faulty({"kind": "wrong-content-type"}).get(qualifications_of(PLAIN))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("kind", ["empty", "garbage"])
def test_what_can_not_be_parsed_is_200_json(kind: str) -> None:
    """empty and garbage claim to be JSON and are none."""
    answer = faulty({"kind": kind}).get(qualifications_of(PLAIN))
    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        "application/json; charset=utf-8",
    )
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        answer.json()
    assert (answer.text == "") == (kind == "empty")


@pytest.mark.parametrize(
    ("said", "text", "content_type"),
    [
        ({"body": "out of order"}, "out of order", "text/plain; charset=utf-8"),
        (
            {"json": "Customer tagging denied."},
            '"Customer tagging denied."',
            "application/json; charset=utf-8",
        ),
        (
            {},
            '{"statusCode":500,"message":"A fault of the emulator."}',
            "application/json; charset=utf-8",
        ),
        ({"body": "{}", "headers": {"content-type": "text/html"}}, "{}", "text/html"),
    ],
)
def test_a_status_has_the_body_that_is_said(
    said: dict[str, object], text: str, content_type: str
) -> None:
    """body is text, json is JSON, without either it is statusCode and message."""
    answer = faulty({"kind": "status", "status": 500} | said).get(qualifications_of(PLAIN))
    assert (answer.status_code, answer.text) == (500, text)
    assert answer.headers["content-type"] == content_type


def test_a_status_without_a_body_has_none() -> None:
    """204 comes without a body and without its length."""
    answer = faulty({"kind": "status", "status": 204}).get(qualifications_of(PLAIN))
    assert (answer.status_code, answer.text) == (204, "")
    assert "content-length" not in answer.headers


def test_a_status_has_its_headers() -> None:
    """The headers that are said come along with the ids."""
    fault = {"kind": "status", "status": 503, "headers": {"Retry-After": "7"}}
    answer = faulty(fault).get(qualifications_of(PLAIN), **{"MS-RequestId": "r"})
    assert (answer.headers["retry-after"], answer.headers["ms-requestid"]) == ("7", "r")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"retryAfter": 3}, "3"),
        ({"retryAfter": "Wed, 21 Oct 2026 07:28:00 GMT"}, "Wed, 21 Oct 2026 07:28:00 GMT"),
        ({}, None),
    ],
)
def test_a_throttled_call_is_429(said: dict[str, object], told: str | None) -> None:
    """429 comes with seconds, a date or nothing, in the shape of statusCode and message."""
    answer = faulty({"kind": "throttle"} | said).get(qualifications_of(PLAIN))
    assert (answer.status_code, answer.json()["statusCode"]) == (429, 429)
    assert answer.headers.get("retry-after") == told


def test_what_is_beyond_a_rate_limit_is_429_until_time_has_passed() -> None:
    """The emulator's own clock fills the bucket, and a refused create has not happened."""
    now = [datetime(2026, 1, 2, tzinfo=UTC)]
    limit = script({"kind": "rate-limit", "perMinute": 60, "burst": 2, "retryAfter": 1})
    client = Client(replace(make_emulator(limit), clock=lambda: now[0]))
    statuses = [client.create(PLAIN, MADE_SOE).status_code]
    statuses += [client.get(qualifications_of(PLAIN)).status_code for _ in range(2)]
    refused = client.create(EDUCATION, MADE_SOE)
    now[0] += timedelta(seconds=1)
    statuses += [client.get(qualifications_of(PLAIN)).status_code for _ in range(2)]
    assert (statuses, refused.status_code) == ([201, 200, 429, 200, 429], 429)
    assert refused.headers["retry-after"] == "1"
    assert client.emulator.store.read().qualifications.keys() == {PLAIN}


def test_a_redirect_names_its_location() -> None:
    """302 leads elsewhere."""
    fault: dict[str, object] = {"kind": "redirect", "location": "https://login.invalid/"}
    answer = faulty(fault).get(qualifications_of(PLAIN))
    assert (answer.status_code, answer.headers["location"]) == (302, "https://login.invalid/")


def test_an_expired_token_is_401_until_another_comes() -> None:
    """After so many calls the token is refused, and another one is taken."""
    client = faulty({"kind": "expire-token", "after": 1, "times": 1})
    path = qualifications_of(PLAIN)
    statuses = [client.get(path).status_code for _ in range(3)]
    statuses.append(client.get(path, Authorization="Bearer fresh").status_code)
    assert statuses == [200, 401, 401, 200]


def test_reads_lag_behind_a_create() -> None:
    """So many reads show the state before, then the create is there; others see their own."""
    client = faulty({"kind": "lag", "reads": 2})
    assert client.create(PLAIN, MADE_SOE).status_code == 201
    assert client.held(SOE) == [MADE_SOE]
    assert [client.held(PLAIN) for _ in range(3)] == [[], [], [MADE_SOE]]


def test_a_second_create_lags_from_the_first_state() -> None:
    """While reads are behind, another create keeps them at the same state."""
    client = faulty({"kind": "lag", "reads": 1})
    client.create(PLAIN, MADE_SOE)
    client.create(PLAIN, MADE_K12)
    assert client.held(PLAIN) == []
    assert [element["qualification"] for element in client.held(PLAIN)] == [
        "StateOwnedEntity",
        "Education",
    ]


def test_reads_lag_for_seconds() -> None:
    """Each create shows so long after itself, however often it is asked about."""
    now = NOW
    lagging = script({"kind": "lag", "seconds": 3})
    client = Client(replace(make_emulator(lagging), clock=lambda: now))
    client.create(PLAIN, MADE_SOE)
    seen = []
    for second in range(7):
        now = NOW + timedelta(seconds=second)
        if second == 2:
            client.create(PLAIN, MADE_K12)
        seen.append(len([client.held(PLAIN) for _ in range(3)][-1]))
    assert seen == [0, 0, 0, 1, 1, 2, 2]


def test_a_write_sees_what_reads_do_not() -> None:
    """A duplicate is refused though reads lag."""
    client = faulty({"kind": "lag", "reads": 5})
    assert [client.create(PLAIN, MADE_SOE).status_code for _ in range(2)] == [201, 409]


def test_a_refused_create_makes_no_lag() -> None:
    """Only a create that took effect makes reads lag."""
    client = faulty({"kind": "lag", "reads": 5})
    assert client.create(SOE, MADE_SOE).status_code == 409
    assert client.held(SOE) == [MADE_SOE]


def test_idempotency_can_be_switched_off() -> None:
    """A repeat with the same request id is another request, and may create once more."""
    client = faulty({"kind": "no-idempotency", "duplicates": "accept"})
    statuses = [client.create(PLAIN, MADE_SOE, "same").status_code for _ in range(2)]
    assert statuses == [201, 201]
    assert client.state()["creates"] == {PLAIN: {"StateOwnedEntity": 2}}


def test_a_repeat_after_a_drop_creates_once() -> None:
    """With the same request id the repeat gets the first answer, and creates is one."""
    client = faulty({"kind": "drop-after", "call": CREATE, "times": 1})
    with pytest.raises(httpx.ReadError):
        client.create(PLAIN, MADE_GCC, "same")
    assert client.create(PLAIN, MADE_GCC, "same").status_code == 201
    state = client.state()
    assert state["creates"] == {PLAIN: {"GovernmentCommunityCloud": 1}}
    assert state["posts"] == {PLAIN: {"GovernmentCommunityCloud": {"same": 2}}}


def test_the_state_tells_what_was_received() -> None:
    """Calls are counted by name, refused ones too, and faults by how often they fired."""
    client = faulty({"kind": "throttle", "call": READ, "times": 1})
    client.held(PLAIN)
    client.held(EDUCATION)
    client.create(STRANGER, MADE_SOE, "a")
    client.create(DENIED.upper(), MADE_SOE, "b")
    client.get("/v1/nothing")
    state = client.state()
    assert state["calls"] == {READ: 2, CREATE: 2}
    assert state["posts"] == {
        STRANGER: {"StateOwnedEntity": {"a": 1}},
        DENIED: {"StateOwnedEntity": {"b": 1}},
    }
    assert state["creates"] == {DENIED: {"StateOwnedEntity": 1}}
    assert state["faults"] == [{"kind": "throttle", "call": READ, "injected": 1}]
    assert [element["qualification"] for element in state["customers"][DENIED]] == [
        "Education",
        "StateOwnedEntity",
    ]


def test_gets_write_nothing_to_disk(tmp_path: Path) -> None:
    """Reads, refused GETs and the state leave an empty state folder untouched."""
    client = Client(make_emulator(state_dir=tmp_path / "state"))
    for path in (qualifications_of(PLAIN), "/v1/customers", "/v1/nothing", "/emulator/state"):
        client.get(path)
    assert not (tmp_path / "state").exists()


def test_creates_outlive_the_process(tmp_path: Path) -> None:
    """Another emulator over the same folder holds what the first created, and its answers."""
    first, second = (Client(make_emulator(state_dir=tmp_path)) for _ in range(2))
    answer = first.create(PLAIN, MADE_K12, "same")
    assert second.held(PLAIN) == first.held(PLAIN) != []
    assert second.create(PLAIN, MADE_K12, "same").json() == answer.json()
    assert second.state()["creates"] == {PLAIN: {"Education": 1}}


def test_a_state_that_breaks_is_a_500(tmp_path: Path) -> None:
    """A state file that is broken under a running emulator is told, call by call."""
    client = Client(make_emulator(state_dir=tmp_path))
    client.create(PLAIN, MADE_SOE)
    state_path(Path("live.yaml"), tmp_path).write_text("broken")
    answer = client.get(qualifications_of(PLAIN))
    assert answer.status_code == 500
    assert "emulator reset" in answer.json()["description"]
    assert client.create(PLAIN, MADE_SOE).status_code == 500
