"""Signing in from the command line: every sign-in method, over sockets, and what each may do."""

from __future__ import annotations

import json
import signal
import socket
import stat
import time
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.emulator.emulator import open_emulator
from reconciler.emulator.server import serving
from tests.cli.signing_in import (
    APP_TOKEN,
    APPLICATION,
    BY_LOGIN,
    BY_VARIABLE,
    CUSTOMERS,
    FEDERATED,
    USER_TOKEN,
    Scene,
    Way,
    by_app_token,
    by_federated_token,
    by_github,
    by_login,
    by_opaque_token,
    by_pem,
    by_pfx,
    by_refresh_token_file,
    by_refresh_token_variable,
    by_secret,
    by_user_token,
    scene,
)
from tests.partner_center.sign_in.behaviour import REFRESH_TOKEN
from tests.partner_center.sign_in.fake_authority import CLIENT_SECRET, unsigned_jwt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cli.project import Ended

ORDER: dict[str, Way] = {
    "ready": by_user_token,
    "file": by_refresh_token_file,
    "variable": by_refresh_token_variable,
    "secret": by_secret,
    "certificate": by_pem,
    "federated": by_federated_token,
    "github": by_github,
    "login": by_login,
}
ELSEWHERE = "99999999-0000-4000-8000-000000000009"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as made:
        yield made


def planned(here: Scene, environ: dict[str, str], *flags: str) -> dict[str, Any]:
    ended = here.run("plan", "--format", "json", *flags, **environ)
    assert ended.code == 0, ended.err
    return ended.document


def not_checked(document: dict[str, Any]) -> list[str]:
    return [each["message"] for each in document["findings"] if each["rule"] == "not-checked"]


def eventually(happened: Callable[[], object]) -> None:
    until = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.01)


def used(here: Scene) -> str:
    """Which sign-in method the one sign-in of a run took, by what the authority was sent."""
    if not here.authority.token_requests:
        return "ready"
    (request,) = here.authority.token_requests
    match request.form:
        case {"refresh_token": token}:
            return {REFRESH_TOKEN: "file", BY_VARIABLE: "variable", BY_LOGIN: "login"}[token]
        case {"client_secret": _}:
            return "secret"
        case {"client_assertion": assertion} if assertion == FEDERATED:
            return "federated"
        case _:
            asked = any(each.path.startswith("/oidc") for each in here.authority.requests)
            return "github" if asked else "certificate"


@pytest.mark.parametrize("first", ORDER)
def test_the_first_way_in_wins(here: Scene, first: str) -> None:
    """With all the later ones there too, and the plan is complete by every one."""
    behind = list(ORDER)[list(ORDER).index(first) :]
    environ = {name: text for way in behind for name, text in ORDER[way](here).items()}
    document = planned(here, environ)
    assert (used(here), document["complete"]) == (first, True)


@pytest.mark.parametrize(
    ("proof", "field"),
    [
        (by_secret, "client_secret"),
        (by_pfx, "client_assertion"),
        (by_federated_token, "client_assertion"),
        (by_github, "client_assertion"),
    ],
)
def test_a_refresh_token_goes_with_any_proof(here: Scene, proof: Way, field: str) -> None:
    """And the run is a person's: no side check is left out."""
    document = planned(here, proof(here) | by_refresh_token_file(here))
    (request,) = here.authority.token_requests
    assert (request.form["grant_type"], field in request.form) == ("refresh_token", True)
    assert not not_checked(document)


def test_a_way_in_that_fails_never_falls_through(here: Scene) -> None:
    """A refresh token file that is missing isn't made up for by a good secret."""
    missing = {"PARTNER_CENTER_REFRESH_TOKEN_FILE": "missing"}
    ended = here.run("plan", **by_secret(here), **missing)
    assert (ended.code, here.authority.requests, here.state["calls"]) == (1, [], {})
    assert "PARTNER_CENTER_REFRESH_TOKEN_FILE" in ended.err


@pytest.mark.parametrize("way", [by_secret, by_pfx, by_app_token])
def test_app_only_plans_everything(here: Scene, way: Way) -> None:
    """The plan is the one an admin gets; each side check is told once, not per customer."""
    document = planned(here, way(here))
    account, agreement = not_checked(document)
    assert "account status" in account
    assert "agreement" in agreement
    assert document["summary"]["steps"] == len(CUSTOMERS)
    assert document["digest"] == planned(here, by_user_token(here))["digest"]


@pytest.mark.parametrize(
    ("way", "saved"), [(by_secret, True), (by_github, False), (by_app_token, False)]
)
def test_app_only_can_not_apply(here: Scene, way: Way, *, saved: bool) -> None:
    """Refused before anything is sent or written, with the sign-in that it takes."""
    arguments = ["apply", "--auto-approve"]
    if saved:
        planned(here, by_user_token(here), "--out", "plan.json")
        here.emulator.reset()
        arguments.append("plan.json")
    ended = here.run(*arguments, **way(here))
    assert (ended.code, ended.out) == (1, "")
    assert "app-only" in ended.err
    assert "reconciler login" in ended.err
    assert "PARTNER_CENTER_REFRESH_TOKEN_FILE" in ended.err
    assert (here.state["calls"], here.authority.requests) == ({}, [])
    assert not (here.project.folder / ".reconciler").exists()


def test_an_opaque_app_token_is_tried(here: Scene) -> None:
    """Nobody can read it, so the service decides; its no is told, and nothing is created."""
    ended = here.run("apply", "--auto-approve", PARTNER_CENTER_ACCESS_TOKEN="app-opaque")
    assert (ended.code, here.created) == (1, {})
    assert "900329" in ended.err + ended.out
    assert "PARTNER_CENTER_REFRESH_TOKEN_FILE" in ended.err + ended.out


@pytest.mark.parametrize(
    "way",
    [by_user_token, by_opaque_token, by_refresh_token_file, by_refresh_token_variable, by_login],
)
def test_a_person_can_apply(here: Scene, way: Way) -> None:
    """By every sign-in method that has an admin's MFA behind it."""
    ended = here.run("apply", "--auto-approve", "--format", "json", **way(here))
    assert ended.code == 0, ended.err
    assert ended.document["summary"]["created"] == len(CUSTOMERS)


def test_the_new_refresh_token_replaces_the_old_one(here: Scene) -> None:
    """In the same file, readable by its owner alone, and the next run lives on it."""
    here.authority.behaviour.revoke_used = True
    environ = by_refresh_token_file(here)
    planned(here, environ)
    first = here.refresh_file.read_text()
    planned(here, environ)
    assert len({REFRESH_TOKEN, first, here.refresh_file.read_text()}) == 3
    assert stat.S_IMODE(here.refresh_file.stat().st_mode) == 0o600


@pytest.mark.parametrize("command", [["plan"], ["apply", "--auto-approve"], ["doctor"]])
def test_refresh_token_out_keeps_what_came_by_variable(here: Scene, command: list[str]) -> None:
    """In a private file, without a warning; given again, that file is the sign-in method."""
    out = here.project.folder / "new"
    environ = by_refresh_token_variable(here)
    ended = here.run(*command, "--refresh-token-out", "new", **environ)
    assert (ended.code, "refresh token" in ended.err) == (0, False)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert out.read_text() in here.authority.behaviour.refresh_tokens - {BY_VARIABLE}


def test_a_run_warns_when_nothing_keeps_the_new_refresh_token(here: Scene) -> None:
    """Else the variable's one expires in about 90 days, one morning."""
    ended = here.run("plan", **by_refresh_token_variable(here))
    assert ended.code == 0
    assert ended.err.count("the new refresh token isn't kept") == 1
    assert "--refresh-token-out" in ended.err


@pytest.mark.parametrize("way", [by_refresh_token_file, by_secret])
def test_a_refresh_token_out_without_use_is_told(here: Scene, way: Way) -> None:
    """Nothing is written where no token came by variable."""
    ended = here.run("plan", "--refresh-token-out", "new", **way(here))
    assert (ended.code, "--refresh-token-out is not used" in ended.err) == (0, True)
    assert not (here.project.folder / "new").exists()


def test_an_unwritable_place_is_found_before_the_exchange(here: Scene) -> None:
    """A token exchanged with nowhere to go would be lost."""
    environ = by_refresh_token_variable(here)
    ended = here.run("plan", "--refresh-token-out", "missing/new", **environ)
    assert (ended.code, here.authority.requests) == (1, [])
    assert "missing" in ended.err


def test_two_runs_at_once_do_not_burn_each_others_token(here: Scene) -> None:
    """One waits for the other's, where the authority takes each refresh token once only."""
    here.authority.behaviour.revoke_used = True
    environ = by_refresh_token_file(here)
    runs = [here.start("plan", "--format", "json", **environ) for _ in range(3)]
    ended = [run.communicate(timeout=60) for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], ended
    assert here.refresh_file.read_text() in here.authority.behaviour.refresh_tokens


def test_a_run_killed_before_its_first_call_loses_no_token(here: Scene) -> None:
    """When the access token is first used, the new refresh token is on the disk."""
    here.authority.behaviour.revoke_used = True
    environ = by_refresh_token_file(here)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(30)
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with here.start("plan", **environ | {"PARTNER_CENTER_ENDPOINT": address}) as run:
            connection, _ = silent.accept()
            run.kill()
            connection.close()
            run.communicate(timeout=20)
    assert here.refresh_file.read_text() in here.authority.behaviour.refresh_tokens
    planned(here, environ)


@pytest.mark.parametrize(
    ("ending", "code", "kept"), [(signal.SIGKILL, -9, True), (signal.SIGTERM, 143, False)]
)
def test_a_run_ended_during_the_exchange_loses_no_token(
    here: Scene, ending: signal.Signals, code: int, *, kept: bool
) -> None:
    """Killed, the old one is still there; asked to end, it waits for the new one and keeps it."""
    hold = here.authority.behaviour.hold = Event()
    environ = by_refresh_token_file(here)
    with here.start("plan", **environ) as run:
        eventually(lambda: here.authority.token_requests)
        run.send_signal(ending)
        if kept:
            run.wait(20)
        hold.set()
        run.communicate(timeout=30)
    assert run.returncode == code
    assert (here.refresh_file.read_text().strip() == REFRESH_TOKEN) is kept
    planned(here, environ)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (700082, "has expired or was revoked"),
        (50173, "has expired or was revoked"),
        (7000215, "the client secret is wrong"),
        (65001, "consent"),
        (53003, "Conditional Access"),
        (50076, "multi-factor"),
    ],
)
def test_a_refusal_says_what_to_do(here: Scene, code: int, said: str) -> None:
    """In a sentence with the AADSTS code and the way out; the refresh token stays in its file."""
    here.authority.behaviour.refuse.append(code)
    ended = here.run("plan", **by_secret(here) | by_refresh_token_file(here))
    error, remedy = ended.err.splitlines()
    assert (ended.code, ended.out, here.state["calls"]) == (1, "", {})
    assert said in error
    assert f"AADSTS{code}" in error
    assert remedy.startswith("    -> ")
    assert here.refresh_file.read_text().strip() == REFRESH_TOKEN


def test_a_token_that_expires_half_way_costs_one_more_sign_in(here: Scene) -> None:
    """200 customers, 64 in flight: nobody fails, and the authority is asked twice in all."""
    ids = [f"14876998-c0dc-46e6-9d0c-{number:012d}" for number in range(200)]
    faults = {"faults": [{"kind": "expire-token", "after": 100, "times": 1}]}
    seed = {"customers": [{"id": each, "customerAgreement": True} for each in ids]}
    many = here.project.folder / "many"
    with scene(many, ids) as busy:
        busy.project.write(
            "reconciler.yaml",
            "{apiVersion: reconciler/v1, kind: ReconcilerConfig, partnerCenter: {concurrency: 64}}",
        )
        with serving(open_emulator(seed, many / "live.yaml", None, faults)) as address:
            environ = by_secret(busy) | {"PARTNER_CENTER_ENDPOINT": address}
            document = planned(busy, environ)
        asked = len(busy.authority.token_requests)
    assert (asked, document["complete"], document["summary"]["unreadable"]) == (2, True, 0)
    assert document["summary"]["steps"] == len(ids)


def log_of(here: Scene, faults: list[dict[str, object]]) -> tuple[Ended, list[dict[str, Any]]]:
    """Apply with an admin's sign-in that the service refuses a token of; what was asked of it."""
    lines: list[str] = []
    seed = {"customers": [{"id": each, "customerAgreement": True} for each in CUSTOMERS]}
    script = {"faults": faults}
    live = here.project.folder / "live.yaml"
    with serving(open_emulator(seed, live, None, script, lines.append)) as address:
        environ = by_refresh_token_file(here) | {"PARTNER_CENTER_ENDPOINT": address}
        ended = here.run("apply", "--auto-approve", "--format", "json", **environ)
    return ended, [json.loads(line) for line in lines]


POST_REFUSED: dict[str, object] = {"kind": "expire-token", "call": "createQualification"}


def test_a_create_whose_token_is_refused_goes_again_after_a_read(here: Scene) -> None:
    """Each POST has a read before it and its own line in the journal, the repeat included."""
    ended, asked = log_of(here, [POST_REFUSED | {"times": 1}])
    assert (ended.code, len(here.authority.token_requests)) == (0, 2)
    refused = next(each["path"] for each in asked if each["status"] == 401)
    calls = [each for each in asked if each["path"] == refused]
    assert [each["method"] for each in calls[-4:]] == ["GET", "POST", "GET", "POST"]
    posts = [each for each in asked if each["method"] == "POST"]
    assert len({each["requestId"] for each in posts}) == len(posts) - 1 == len(CUSTOMERS)
    journal = (here.project.folder / ".reconciler" / "journal.jsonl").read_text()
    assert all(each["correlationId"] in journal for each in posts)


def test_a_create_whose_second_token_is_refused_stops_everything(here: Scene) -> None:
    """One renewal, two POSTs, though reads are answered all the while; the rest isn't attempted."""
    ended, asked = log_of(here, [POST_REFUSED])
    assert (ended.code, len(here.authority.token_requests)) == (1, 2)
    assert len([each for each in asked if each["method"] == "POST"]) == 2
    assert ended.document["summary"]["notAttempted"] == len(CUSTOMERS)


def test_a_refused_token_is_not_asked_for_again_and_again(here: Scene) -> None:
    """Where the new token is refused as well, the run stops: two sign-ins, two calls."""
    faults = {"faults": [{"kind": "expire-token"}]}
    seed = {"customers": [{"id": each} for each in CUSTOMERS]}
    emulator = open_emulator(seed, here.project.folder / "live.yaml", None, faults)
    with serving(emulator) as address:
        ended = here.run("plan", **by_secret(here) | {"PARTNER_CENTER_ENDPOINT": address})
    assert (ended.code, "401" in ended.err) == (1, True)
    assert (len(here.authority.token_requests), emulator.state()["calls"]) == (
        2,
        {"readQualifications": 2},
    )


def by_token_from_elsewhere(_: Scene) -> dict[str, str]:
    return {"PARTNER_CENTER_ACCESS_TOKEN": unsigned_jwt({"scp": "x", "tid": ELSEWHERE})}


@pytest.mark.parametrize(
    ("way", "command"),
    [
        (by_token_from_elsewhere, ["plan"]),
        (by_token_from_elsewhere, ["apply", "--auto-approve"]),
        (by_secret, ["plan"]),
        (by_refresh_token_file, ["apply", "--auto-approve"]),
    ],
)
def test_a_token_of_another_tenant_is_refused(here: Scene, way: Way, command: list[str]) -> None:
    """Before any call to Partner Center, where the token can be read."""
    here.authority.behaviour.tenant = ELSEWHERE
    ended = here.run(*command, **way(here))
    assert (ended.code, here.state["calls"]) == (1, {})
    assert ELSEWHERE in ended.err
    assert not (here.project.folder / ".reconciler" / "journal.jsonl").exists()


@pytest.mark.parametrize("command", ["plan", "apply", "doctor"])
def test_the_calls_of_a_sign_in_are_told_with_verbose(here: Scene, command: str) -> None:
    """To the authority and to Partner Center alike, on stderr, each with its correlation id."""
    ended = here.run(command, "-v", **by_refresh_token_file(here))
    lines = ended.err.splitlines()
    (signed_in,) = (line for line in lines if line.startswith("POST "))
    assert here.authority.address in signed_in
    assert "correlation id" in signed_in
    assert any(line.startswith("GET /v1/") and "MS-CorrelationId" in line for line in lines)


@pytest.mark.parametrize(
    ("token", "app_only"),
    [("", False), ("app-only", True), (USER_TOKEN, False), (APP_TOKEN, False)],
)
def test_the_embedded_emulator_needs_no_sign_in(here: Scene, token: str, *, app_only: bool) -> None:
    """It takes every call as app+user, unless the ready token begins with `app`."""
    here.project.write("live.json", json.dumps({"customers": [{"id": each} for each in CUSTOMERS]}))
    here.project.write(
        "reconciler.yaml",
        "{apiVersion: reconciler/v1, kind: ReconcilerConfig, partnerCenter: {emulator: live.json}}",
    )
    nothing = {"PARTNER_CENTER_ENDPOINT": "", "AZURE_CLIENT_SECRET": CLIENT_SECRET, **APPLICATION}
    environ = nothing | {"PARTNER_CENTER_ACCESS_TOKEN": token}
    assert bool(not_checked(planned(here, environ))) is app_only
    ended: Ended = here.run("apply", "--auto-approve", "--refresh-token-out", "new", **environ)
    assert ended.code == int(app_only)
    assert ("app-only" in ended.err, "--refresh-token-out is not used" in ended.err) == (
        app_only,
        True,
    )
    assert here.authority.requests == []
