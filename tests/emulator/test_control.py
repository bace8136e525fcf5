"""The emulator is controlled below /emulator, from this machine only."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.emulator.store import state_path
from tests.emulator.worlds import (
    DENIED,
    DENIED_DATE,
    MADE_SOE,
    PLAIN,
    Client,
    make_emulator,
    script,
)

DENIAL = {"customer": "refused", "qualification": "Education", "decision": "approve"}


def test_a_vetting_decision_is_put() -> None:
    """POST vet changes what GET qualifications tells."""
    client = Client(make_emulator())
    assert client.send("POST", "/emulator/vet", DENIAL).status_code == 200
    assert client.held(DENIED) == [
        {
            "qualification": "Education",
            "vettingStatus": "Approved",
            "vettingCreatedDate": DENIED_DATE,
        }
    ]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (DENIAL | {"customer": "stranger"}, "no customer stranger"),
        (DENIAL | {"decision": "perhaps"}, "no vetting decision"),
        ({}, "no vetting decision"),
        (None, "no vetting decision"),
        (DENIAL | {"reason": "x"}, "only a denial has a reason"),
        (DENIAL | {"note": "x"}, "no vetting decision"),
    ],
)
def test_a_wrong_decision_is_refused(body: object, told: str) -> None:
    """A refusal is 400 with a message and a remedy."""
    answer = Client(make_emulator()).send("POST", "/emulator/vet", body)
    assert answer.status_code == 400
    assert told in answer.json()["message"]
    assert answer.json()["remedy"]


def test_reset_begins_everything_anew(tmp_path: Path) -> None:
    """The world, the counts, the lag and the faults are as at the start."""
    faults = script({"kind": "throttle", "times": 1}, {"kind": "lag", "reads": 9})
    client = Client(make_emulator(faults, tmp_path))
    at_first = client.state()
    assert [client.create(PLAIN, MADE_SOE).status_code for _ in range(2)] == [429, 201]
    assert client.send("POST", "/emulator/reset").status_code == 200
    assert client.state() == at_first
    assert [client.create(PLAIN, MADE_SOE).status_code for _ in range(2)] == [429, 201]


def test_reset_mends_a_broken_state(tmp_path: Path) -> None:
    """State that can't be read is told as a refusal until it is reset."""
    client = Client(make_emulator(state_dir=tmp_path))
    state_path(Path("live.yaml"), tmp_path).write_text("broken")
    broken = client.get("/emulator/state")
    assert broken.status_code == 400
    assert "emulator reset" in broken.json()["remedy"]
    client.send("POST", "/emulator/reset")
    assert client.get("/emulator/state").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/emulator/vet", 405),
        ("POST", "/emulator/state", 405),
        ("DELETE", "/emulator/reset", 405),
        ("GET", "/emulator/", 404),
        ("GET", "/emulator/other", 404),
    ],
)
def test_other_paths_are_refused(method: str, path: str, status: int) -> None:
    """Unknown paths are 404 and wrong methods 405."""
    assert Client(make_emulator()).send(method, path).status_code == status


@pytest.mark.parametrize(("method", "path"), [("GET", "state"), ("POST", "vet"), ("POST", "reset")])
def test_another_machine_is_refused(method: str, path: str) -> None:
    """A client that isn't on loopback gets 403, and the world stays."""
    client = Client(make_emulator(), host="10.0.0.7")
    assert client.send(method, f"/emulator/{path}", DENIAL).status_code == 403
    assert Client(client.emulator).held(DENIED)[0]["vettingStatus"] == "Denied"


def test_faults_leave_the_controls_alone() -> None:
    """A fault for any call doesn't fire below /emulator."""
    client = Client(make_emulator(script({"kind": "status", "status": 500})))
    assert client.get("/emulator/state").status_code == 200
