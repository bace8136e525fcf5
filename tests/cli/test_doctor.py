"""`doctor`: one line for each check, with what a failure means; nothing is changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.partner_center.doctor import ALL
from tests.cli.signing_in import (
    APP_TOKEN,
    CUSTOMERS,
    Scene,
    by_app_token,
    by_login,
    by_opaque_token,
    by_refresh_token_file,
    by_secret,
    by_user_token,
    scene,
)
from tests.partner_center.sign_in.fake_authority import unsigned_jwt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.project import Ended
    from tests.cli.signing_in import Way


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as made:
        yield made


def checks(ended: Ended) -> dict[str, dict[str, Any]]:
    listed = ended.document["checks"]
    assert [each["name"] for each in listed] == ["configuration", *ALL]
    return {each["name"]: each for each in listed}


def states(ended: Ended) -> set[str]:
    return {each["state"] for each in checks(ended).values()}


def examined(here: Scene, *flags: str, **environ: str) -> Ended:
    return here.run("doctor", "--format", "json", *flags, **environ)


@pytest.mark.parametrize("way", [by_user_token, by_refresh_token_file, by_login])
def test_all_is_well(here: Scene, way: Way) -> None:
    """Every check passes by an admin's sign-in, and only reading was done."""
    ended = examined(here, **way(here))
    assert (ended.code, states(ended), ended.err) == (0, {"ok"}, "")
    assert (here.state["posts"], here.created) == ({}, {})
    assert not (here.project.folder / ".reconciler").exists()


def test_each_check_is_one_line(here: Scene) -> None:
    """State, name, message, and the way out where something has to be done."""
    ended = here.run("doctor", **by_secret(here))
    lines = ended.out.splitlines()
    assert [line.split(": ")[0].split(maxsplit=1)[1] for line in lines] == ["configuration", *ALL]
    assert lines[0].startswith("ok       configuration: reconciler.yaml names Partner Center")
    assert lines[4].startswith("warning  kind of token: app-only")
    assert " -> to apply, use a sign-in with app and user" in lines[4]


@pytest.mark.parametrize("way", [by_secret, by_app_token])
def test_app_only_is_no_failure(here: Scene, way: Way) -> None:
    """It can plan: what it can't do is a warning with the sign-in that can, and the exit code 0."""
    ended = examined(here, **way(here))
    told = checks(ended)
    assert ended.code == 0
    assert told["read qualifications"]["state"] == "ok"
    assert told["calls that need a person"]["state"] == "warning"
    assert "PARTNER_CENTER_REFRESH_TOKEN_FILE" in told["calls that need a person"]["remedy"]


def test_the_sign_in_check_names_the_way_in(here: Scene) -> None:
    """Among all the variables of a CI job, the one that counts."""
    good = checks(examined(here, **by_secret(here) | by_refresh_token_file(here)))["sign-in"]
    here.authority.behaviour.refuse.append(700082)
    bad = checks(examined(here, **by_refresh_token_file(here)))["sign-in"]
    named = "PARTNER_CENTER_REFRESH_TOKEN_FILE with AZURE_CLIENT_SECRET"
    assert (good["state"], named in good["message"]) == ("ok", True)
    assert bad["state"] == "failed"
    assert bad["message"].startswith("PARTNER_CENTER_REFRESH_TOKEN_FILE: sign-in failed")
    assert "AADSTS700082" in bad["message"]
    assert bad["remedy"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, ["there is no configuration reconciler.yaml"]),
        ("{", ["reconciler.yaml:"]),
        (
            "{apiVersion: reconciler/v1, kind: ReconcilerConfig, oops: 1, stateDir: 7}",
            ["oops", "stateDir"],
        ),
    ],
)
def test_a_configuration_that_is_no_use_is_a_failed_check(
    here: Scene, text: str | None, said: list[str]
) -> None:
    """Every problem of it is told, and nothing else is tried."""
    here.project.write("reconciler.yaml", text or "")
    if text is None:
        (here.project.folder / "reconciler.yaml").unlink()
    ended = examined(here, **by_user_token(here))
    first, *others = checks(ended).values()
    assert (ended.code, first["state"], bool(first["remedy"])) == (1, "failed", True)
    assert [each for each in said if each not in first["message"]] == []
    assert {each["state"] for each in others} == {"skipped"}
    assert here.state["calls"] == {}


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "nobody has logged in here"),
        ({"AZURE_CLIENT_SECRET": "planted"}, "AZURE_CLIENT_ID is not set"),
        ({"PARTNER_CENTER_ACCESS_TOKEN": "two words"}, "PARTNER_CENTER_ACCESS_TOKEN"),
        ({"PARTNER_CENTER_ACCESS_TOKEN": unsigned_jwt({"tid": CUSTOMERS[0]})}, CUSTOMERS[0]),
        ({"XDG_STATE_HOME": "", "HOME": "", "USERPROFILE": ""}, "HOME"),
    ],
)
def test_without_a_way_in_the_rest_is_checked(
    here: Scene, environ: dict[str, str], said: str
) -> None:
    """Reach and clock need none; what hangs on the sign-in is skipped."""
    ended = examined(here, **environ)
    told = checks(ended)
    assert (ended.code, told["reach"]["state"], told["clock"]["state"]) == (1, "ok", "ok")
    assert told["sign-in"]["state"] == "failed"
    assert said in told["sign-in"]["message"] + told["sign-in"]["remedy"]
    assert told["read qualifications"]["state"] == "skipped"
    assert "planted" not in ended.out


@pytest.mark.parametrize(
    "environ",
    [
        {"PARTNER_CENTER_ENDPOINT": "http://127.0.0.1:9"},
        {"PARTNER_CENTER_ENDPOINT": "https://one.example", "HTTPS_PROXY": "socks5://planted@x"},
    ],
)
def test_what_nobody_can_reach_is_told(here: Scene, environ: dict[str, str]) -> None:
    """Or what lies behind a proxy that can't be used; nothing is tried behind it."""
    ended = examined(here, **by_user_token(here) | environ)
    told = checks(ended)
    assert (ended.code, told["reach"]["state"], bool(told["reach"]["remedy"])) == (
        1,
        "failed",
        True,
    )
    assert {each["state"] for each in list(told.values())[2:]} == {"skipped"}
    assert "planted" not in ended.out + ended.err


def test_a_sign_in_without_mfa_fails(here: Scene) -> None:
    """Partner Center refuses it, whatever else is right."""
    here.authority.behaviour.methods = ("pwd",)
    ended = examined(here, **by_refresh_token_file(here))
    assert (ended.code, checks(ended)["MFA"]["state"]) == (1, "failed")


def test_a_token_nobody_can_read_is_tried(here: Scene) -> None:
    """Its claims are not told; what it may do, the calls show."""
    ended = examined(here, **by_opaque_token(here))
    told = checks(ended)
    assert (ended.code, told["kind of token"]["state"], told["MFA"]["state"]) == (
        0,
        "skipped",
        "skipped",
    )
    assert told["calls that need a person"]["state"] == "ok"


@pytest.mark.parametrize(
    ("token", "kind"), [("", "app+user"), ("app", "app-only"), (APP_TOKEN, "app+user")]
)
def test_the_embedded_emulator_says_what_it_is(here: Scene, token: str, kind: str) -> None:
    """There is nothing to sign in to; the calls are tried on it all the same."""
    embedded(here, json.dumps({"customers": [{"id": CUSTOMERS[0]}]}))
    ended = examined(here, PARTNER_CENTER_ENDPOINT="", PARTNER_CENTER_ACCESS_TOKEN=token)
    told = checks(ended)
    assert (ended.code, told["reach"]["state"], told["sign-in"]["state"]) == (0, "ok", "ok")
    assert "the embedded emulator" in told["configuration"]["message"]
    assert kind in told["sign-in"]["message"]
    with_a_person = told["calls that need a person"]["state"]
    assert with_a_person == ("ok" if kind == "app+user" else "warning")


def test_a_seed_that_is_no_use_is_told(here: Scene) -> None:
    """The embedded emulator can't start, so it can't be reached."""
    embedded(here, json.dumps({"customers": 7}))
    ended = examined(here, PARTNER_CENTER_ENDPOINT="")
    reach = checks(ended)["reach"]
    assert (ended.code, reach["state"], "live.json" in reach["message"]) == (1, "failed", True)


def embedded(here: Scene, seed: str) -> None:
    here.project.write("live.json", seed)
    here.project.write(
        "reconciler.yaml",
        "{apiVersion: reconciler/v1, kind: ReconcilerConfig, partnerCenter: {emulator: live.json}}",
    )


def test_manifests_that_are_no_use_are_not_its_business(here: Scene) -> None:
    """`validate` tells of them; the first customer listed is read instead of a declared one."""
    here.project.write("customers/all.yaml", "oops: 1")
    ended = examined(here, **by_user_token(here))
    assert (ended.code, states(ended)) == (0, {"ok"})
    assert here.state["calls"]["readQualifications"] == 1
