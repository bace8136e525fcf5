"""`emulator`: served, put back to its seed, and told vetting decisions."""

from __future__ import annotations

import json
import re
import signal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.cli.project import Project, settings, state_of
from tests.cli.shop import AGENCY, DENIED, EDUCATION, SCHOOL, SOE, UTILITY, open_shop, served_shop

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.shop import Shop
    from tests.cli.warm import PipedFork


def vettings(plan: dict[str, Any], customer_id: str) -> list[str]:
    return [each["rule"] for each in plan["findings"] if each["customerId"] == customer_id]


def test_address_is_the_first_line(tmp_path: Path) -> None:
    """The address is the first line, and answers; nothing else is on stdout."""
    shop = open_shop(tmp_path)
    with shop.project.served() as address:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address)
        assert set(state_of(address)["customers"]) == {SCHOOL, AGENCY, UTILITY, DENIED}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ends(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """Ctrl-C and SIGTERM end the server, each with its exit code and without a traceback."""
    server = open_shop(tmp_path).project.start("emulator", "serve", "--port", "0")
    assert server.stdout.readline().startswith("http://127.0.0.1:")
    server.send_signal(number)
    out, err = server.communicate(timeout=30)
    assert (server.returncode, out) == (code, "")
    assert "Traceback" not in err


def test_seed_alone(tmp_path: Path) -> None:
    """A SEED is served without any configuration, as YAML and as JSON, and nothing is kept."""
    project = Project(tmp_path)
    project.seed([{"id": SCHOOL, "qualifications": ["StateOwnedEntity"]}])
    (tmp_path / "live.yaml").rename(tmp_path / "live.json")
    with project.served("live.json") as address:
        assert state_of(address)["customers"] == {SCHOOL: [{"qualification": SOE}]}
    assert [path.name for path in tmp_path.iterdir()] == ["live.json"]


def test_port_taken(tmp_path: Path) -> None:
    """A port that is taken is exit code 1, and named."""
    shop = open_shop(tmp_path)
    with shop.project.served() as address:
        port = address.rpartition(":")[2]
        ended = shop.run("emulator", "serve", "--port", port)
    assert (ended.code, ended.out) == (1, "")
    assert f"port {port}" in ended.err


def test_log(tmp_path: Path) -> None:
    """With --log, each request is a line of JSON, without the token; a folder is refused."""
    shop = open_shop(tmp_path)
    with shop.project.served("--log", "requests.jsonl") as address:
        sign_in = {"Authorization": "Bearer planted-access-token"}
        httpx.get(f"{address}/v1/customers/{SCHOOL}", headers=sign_in, trust_env=False)
    text = (tmp_path / "requests.jsonl").read_text()
    assert json.loads(text)["path"] == f"/v1/customers/{SCHOOL}"
    assert "planted-access-token" not in text
    ended = shop.run("emulator", "serve", "--port", "0", "--log", str(tmp_path))
    assert (ended.code, ended.out) == (1, "")
    assert "request log" in ended.err


@pytest.mark.parametrize("served", [False, True], ids=["embedded", "served"])
def test_vetting(tmp_path: Path, served: bool) -> None:
    """A decision is what the next plan sees, and what was denied can be resubmitted."""
    if not served:
        check_vetting(open_shop(tmp_path))
        return
    with served_shop(tmp_path) as shop:
        check_vetting(shop)


def check_vetting(shop: Shop) -> None:
    assert shop.apply().code == 3
    assert vettings(shop.plan(), SCHOOL) == ["vetting-in-review"]
    ended = shop.run("emulator", "vet", "school", "Education", "deny", "--reason", "Too young")
    assert (ended.code, ended.out) == (0, "")
    plan = shop.plan()
    assert vettings(plan, SCHOOL) == ["vetting-denied"]
    (denied,) = [each for each in plan["findings"] if each["customerId"] == SCHOOL]
    assert denied["live"]["vettingReason"] == "Too young"
    approved = EDUCATION | {"resubmitDenialOf": denied["live"]["vettingCreatedDate"]}
    shop.declare(SCHOOL, approved, SOE)
    assert [step["qualification"] for step in shop.plan()["steps"]] == ["Education"]
    assert shop.apply().document["summary"]["created"] == 1
    for decision, rules in (("review", ["vetting-in-review"]), ("approve", [])):
        assert shop.run("emulator", "vet", SCHOOL.upper(), "education", decision).code == 0
        assert vettings(shop.plan(), SCHOOL) == rules


@pytest.mark.parametrize("served", [False, True], ids=["embedded", "served"])
def test_reset(tmp_path: Path, served: bool) -> None:
    """Back at the seed, everything is to be created again, GCC too, and at once."""
    if not served:
        check_reset(open_shop(tmp_path))
        return
    with served_shop(tmp_path) as shop:
        check_reset(shop)


def check_reset(shop: Shop) -> None:
    first = shop.plan()
    assert shop.apply().document["summary"]["created"] == 5
    ended = shop.run("emulator", "reset")
    assert (ended.code, ended.out) == (0, "")
    assert shop.plan()["digest"] == first["digest"]
    again = shop.apply()
    assert again.document["summary"]["created"] == 5
    assert [each["message"] for each in again.document["results"]] == [None] * 5


def test_seed_stays_as_it_is(tmp_path: Path) -> None:
    """What a run changes is kept in stateDir, over restarts; the seed is never written."""
    shop = open_shop(tmp_path)
    before = (tmp_path / "live.yaml").read_bytes()
    assert shop.apply().document["summary"]["created"] == 5
    assert shop.plan()["steps"] == []
    assert (tmp_path / "live.yaml").read_bytes() == before
    with shop.project.served() as address:
        assert len(state_of(address)["customers"][SCHOOL]) == 2


def test_state_is_private(tmp_path: Path) -> None:
    """The working folder is its owner's alone."""
    shop = open_shop(tmp_path)
    shop.apply()
    assert (tmp_path / ".reconciler").stat().st_mode & 0o077 == 0


SEEDS = {
    "yaml": "customers: [",
    "key": "customres: []\n",
    "id": "customers: [{id: 12}]\n",
    "twice": f"customers: [{{id: {SCHOOL}}}, {{id: {SCHOOL.upper()}}}]\n",
    "codes": "validationCodes: {planted-code: many}\n",
}


@pytest.mark.parametrize("case", SEEDS)
def test_broken_seed(tmp_path: Path, case: str) -> None:
    """A seed that can't be read is exit code 1; its codes are never told."""
    project = Project(tmp_path)
    project.write("reconciler.yaml", settings())
    project.write("live.yaml", SEEDS[case])
    project.write("customers/a.yaml", "")
    ended = project.run("emulator", "serve", "--port", "0")
    assert (ended.code, ended.out) == (1, "")
    assert "live.yaml" in ended.err
    assert "planted-code" not in ended.err


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "https://partner.example"])
@pytest.mark.parametrize("words", [("reset",), ("vet", "school", "Education", "deny")], ids=str)
def test_no_emulator_there(tmp_path: Path, address: str, words: tuple[str, ...]) -> None:
    """Only an emulator on this machine is controlled: nothing is asked of any other address."""
    shop = open_shop(tmp_path)
    shop.project.environ["PARTNER_CENTER_ENDPOINT"] = address
    ended = shop.run("emulator", *words)
    assert (ended.code, ended.out) == (1, "")
    assert address in ended.err


def test_controls_take_what_they_document(tmp_path: Path) -> None:
    """The controls take what they document, and nothing else."""
    with open_shop(tmp_path).project.served() as address:
        answers = [
            httpx.post(f"{address}/emulator/{path}", content=b"{", trust_env=False).status_code
            for path in ("vet", "bogus", "state")
        ]
    assert answers == [400, 404, 405]


def test_endpoint_with_a_slash(tmp_path: Path) -> None:
    """An address is taken with a slash at its end, too."""
    with served_shop(tmp_path) as shop:
        shop.project.environ["PARTNER_CENTER_ENDPOINT"] = f"{shop.address}/"
        assert shop.run("emulator", "reset").code == 0
        assert shop.plan()["target"]["address"] == shop.address


def test_served_to_several(tmp_path: Path) -> None:
    """Several programs may talk to one served emulator at once."""
    with served_shop(tmp_path) as shop:
        running = [shop.project.start("plan", "--format", "json") for _ in range(3)]
        plans = [ended_document(process) for process in running]
    assert len({plan["digest"] for plan in plans}) == 1


def ended_document(process: PipedFork) -> dict[str, Any]:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3, err
    document = json.loads(out)
    assert isinstance(document, dict)
    return document
