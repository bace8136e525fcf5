"""`apply`: what is sent, what is left out and why, and the report of it all."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest

from tests.cli.project import Project
from tests.cli.shop import (
    AGENCY,
    AS_DECLARED,
    CODE,
    DENIAL,
    DENIED,
    EDUCATION,
    GCC,
    SCHOOL,
    SOE,
    UTILITY,
    open_shop,
    seeded,
    served_shop,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.project import Ended
    from tests.cli.shop import Shop

SUMMARY: Final = {
    "created": 0,
    "alreadyPresent": 0,
    "rejected": 0,
    "unknown": 0,
    "notAttempted": 0,
}
GCC_NAME: Final = "GovernmentCommunityCloud"


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with served_shop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture
def shop(serving: Shop) -> Shop:
    """The served shop as if no test had been here before."""
    serving.start_anew()
    return serving


def results(ended: Ended) -> dict[tuple[str, str], dict[str, Any]]:
    return {(each["customerId"], each["qualification"]): each for each in ended.document["results"]}


def outcomes(ended: Ended) -> dict[tuple[str, str], str]:
    return {key: result["outcome"] for key, result in results(ended).items()}


@pytest.mark.parametrize("saved", [True, False], ids=["with-file", "without"])
def test_sends_the_steps(shop: Shop, saved: bool) -> None:
    """Every step is sent, once; the report is on stdout, the plan on stderr."""
    plan = shop.plan()
    ended = shop.apply(*(["plan.json"] if saved else []))
    assert ended.code == 3
    report = ended.document
    assert (report["formatVersion"], report["kind"]) == ("1.0", "ApplyReport")
    assert report["planDigest"] == plan["digest"]
    assert report["summary"] == SUMMARY | {"created": 5}
    assert [(r["customerId"], r["qualification"]) for r in report["results"]] == [
        (step["customerId"], step["qualification"]) for step in plan["steps"]
    ]
    assert shop.sent == AS_DECLARED
    assert shop.state["calls"]["createQualification"] == 5
    assert plan["digest"] in ended.err


def test_each_step_is_told_on_stderr(shop: Shop) -> None:
    """What is read, and each create when it is sent and when it ends; a plan says nothing of it."""
    told = shop.apply().err.splitlines()
    assert "reading customers: 4" in told
    assert "creates, each after a read of its customer: 5" in told
    sent = [line for line in told if line.endswith(" sent")]
    done = [line for line in told if re.search(r": [A-Z]\w+ created", line)]
    assert (len(sent), len(done)) == (5, 5)
    for line in sent:
        created = line.removesuffix(" sent") + " created"
        assert told.index(line) < next(at for at, each in enumerate(told) if created in each)


def test_results_tell_the_ids(shop: Shop) -> None:
    """A result tells the vetting, and the ids that support asks for."""
    created = results(shop.apply())[SCHOOL, "Education"]
    assert created["vettingStatus"] == "InReview"
    posts = shop.state["posts"][SCHOOL]["Education"]
    assert posts == {created["requestId"]: 1}
    assert created["correlationId"]
    assert created["message"] is None


def test_converges(shop: Shop) -> None:
    """Planned again, nothing is left to create; applied again, nothing is sent."""
    shop.apply()
    assert shop.plan()["steps"] == []
    again = shop.apply()
    assert (again.code, again.document["results"]) == (3, [])
    assert shop.state["calls"]["createQualification"] == 5


def test_sends_what_is_documented(shop: Shop) -> None:
    """The creates take effect as declared, GCC and Education before SOE, with the code."""
    shop.apply()
    held = {
        customer_id: [entry["qualification"] for entry in entries]
        for customer_id, entries in shop.state["customers"].items()
    }
    assert held == {
        SCHOOL: ["Education", SOE],
        AGENCY: [GCC_NAME, SOE],
        UTILITY: [SOE],
        DENIED: ["Education"],
    }


@pytest.mark.parametrize("saved", [True, False], ids=["with-file", "without"])
def test_no_terminal_to_ask_on(shop: Shop, saved: bool) -> None:
    """Without a terminal and without --auto-approve: exit code 1, nothing sent, all reported."""
    plan = shop.plan()
    ended = shop.run("apply", "--format", "json", *(["plan.json"] if saved else []))
    assert ended.code == 1
    assert ended.document["summary"] == SUMMARY | {"notAttempted": 5}
    assert plan["digest"] in ended.err
    assert "--auto-approve" in ended.err
    assert shop.sent == set()


def test_expected_digest(shop: Shop) -> None:
    """--expect-digest lets the reviewed plan through, with FILE and without."""
    digest = shop.plan()["digest"]
    assert shop.apply("plan.json", "--expect-digest", digest).code == 3
    assert shop.state["calls"]["createQualification"] == 5


@pytest.mark.parametrize("saved", [True, False], ids=["with-file", "without"])
def test_unexpected_digest(shop: Shop, saved: bool) -> None:
    """Any other plan is refused: nothing is sent, and both digests are named."""
    digest = shop.plan()["digest"]
    other = "sha256:" + "0" * 64
    ended = shop.apply("--expect-digest", other, *(["plan.json"] if saved else []))
    assert (ended.code, shop.sent) == (1, set())
    assert digest in ended.err
    assert other in ended.err


def test_digest_follows_live_state(shop: Shop) -> None:
    """Planned anew on another live state, the digest is another: the review is void."""
    digest = shop.plan()["digest"]
    shop.declare(UTILITY)
    assert shop.apply("--expect-digest", digest).code == 1
    assert shop.sent == set()


def test_other_target(shop: Shop) -> None:
    """A plan made for another target is refused before any call."""
    shop.plan()
    ended = Project(shop.project.folder).run("apply", "plan.json", "--auto-approve")
    assert (ended.code, ended.out) == (1, "")
    assert "this configuration is for emulator" in ended.err
    assert str(shop.address) in ended.err


def test_other_tenant(shop: Shop) -> None:
    """A plan made for another tenant is refused before any call."""
    shop.plan()
    text = (shop.project.folder / "reconciler.yaml").read_text(encoding="utf-8")
    tenanted = text.replace("live.yaml", f"live.yaml, tenantId: {SCHOOL}")
    shop.project.write("reconciler.yaml", tenanted)
    ended = shop.apply("plan.json")
    assert (ended.code, ended.out, shop.sent) == (1, "", set())
    assert SCHOOL in ended.err


def test_no_longer_declared(shop: Shop) -> None:
    """Steps that the manifests no longer declare are left out, with the reason; others are sent."""
    shop.plan()
    shop.declare(SCHOOL, EDUCATION | {"website": "other.example"}, SOE)
    shop.declare(AGENCY, GCC)
    (shop.project.folder / "customers/utility.yaml").unlink()
    ended = shop.apply("plan.json")
    assert ended.code == 1
    assert outcomes(ended) == {
        (AGENCY, GCC_NAME): "created",
        (AGENCY, SOE): "not-attempted",
        (SCHOOL, "Education"): "not-attempted",
        (SCHOOL, SOE): "not-attempted",
        (UTILITY, SOE): "not-attempted",
    }
    assert "no longer declare" in results(ended)[AGENCY, SOE]["message"]
    assert "no longer declare this customer" in results(ended)[UTILITY, SOE]["message"]
    assert shop.sent == {(AGENCY, GCC_NAME)}


def test_manifests_invalid(shop: Shop) -> None:
    """With manifests that are invalid, nothing is sent."""
    shop.plan()
    shop.project.write("customers/broken.yaml", "kind: [")
    ended = shop.apply("plan.json")
    assert (ended.code, shop.sent) == (1, set())
    assert "customers/broken.yaml:1:" in ended.err


def test_policy_narrowed(shop: Shop) -> None:
    """What policy no longer permits is not sent, whatever the plan says."""
    shop.plan()
    shop.policy("{permit: [Education, StateOwnedEntity]}")
    ended = shop.apply("plan.json")
    assert ended.code == 1
    assert "policy.permit" in results(ended)[AGENCY, GCC_NAME]["message"]
    assert shop.sent == AS_DECLARED - {(AGENCY, GCC_NAME), (AGENCY, SOE)}


@pytest.mark.parametrize("check", ["accountStatus", "customerAgreement"])
def test_policy_blocks_since(tmp_path: Path, check: str) -> None:
    """Side checks that policy blocks on are made before the first write, whatever the plan knew."""
    shop = open_shop(tmp_path)
    barred = {"accountStatus": "NotAllowed", "customerAgreement": False}
    customers = [seeded(each) | barred for each in (SCHOOL, UTILITY)]
    shop.project.seed([*customers, seeded(AGENCY), seeded(DENIED)], codes={CODE: 1})
    shop.policy("{accountStatus: skip, customerAgreement: skip}")
    shop.plan()
    other = {"accountStatus": "customerAgreement"}.get(check, "accountStatus")
    shop.policy(f"{{{check}: block, {other}: skip}}")
    ended = shop.apply("plan.json")
    stopped = {key for key, outcome in outcomes(ended).items() if outcome == "not-attempted"}
    assert stopped == {(SCHOOL, "Education"), (SCHOOL, SOE), (UTILITY, SOE)}


def test_someone_else_was_faster(shop: Shop) -> None:
    """What is held by now is not posted: already-present, and the customer's rest goes on."""
    shop.plan()
    held = somebody_creates(shop, AGENCY, {"qualification": GCC_NAME, "validationCode": CODE})
    assert held == 201
    before = shop.state["calls"]["createQualification"]
    ended = shop.apply("plan.json")
    assert ended.code == 3
    assert outcomes(ended)[AGENCY, GCC_NAME] == "already-present"
    assert results(ended)[AGENCY, GCC_NAME]["vettingStatus"] == "Approved"
    assert outcomes(ended)[AGENCY, SOE] == "created"
    assert shop.state["calls"]["createQualification"] == before + 4


def somebody_creates(shop: Shop, customer_id: str, body: dict[str, str]) -> int:
    answer = httpx.post(
        f"{shop.address}/v1/customers/{customer_id}/qualifications",
        json=body,
        headers={"Authorization": "Bearer somebody-else"},
        trust_env=False,
    )
    return answer.status_code


def test_moved(shop: Shop) -> None:
    """A customer that moved is skipped, what moved is named, and the others go on."""
    shop.plan()
    assert somebody_creates(
        shop, UTILITY, {"qualification": "Education", "educationSegment": "K12"}
    )
    ended = shop.apply("plan.json")
    moved = results(ended)[UTILITY, SOE]
    assert (ended.code, moved["outcome"]) == (1, "not-attempted")
    assert "Education has appeared" in moved["message"]
    assert outcomes(ended)[SCHOOL, SOE] == "created"


def test_moved_field_by_field(shop: Shop) -> None:
    """Where a vetting moved, both sides of it are told."""
    shop.declare(DENIED, EDUCATION, SOE)
    shop.plan()
    decided = shop.run("emulator", "vet", "denied", "Education", "approve")
    assert decided.code == 0, decided.err
    ended = shop.apply("plan.json")
    message = results(ended)[DENIED, SOE]["message"]
    assert "Education: vettingStatus was Denied, is Approved" in message


def test_resubmission(shop: Shop) -> None:
    """An approved resubmission is sent; a denial that is newer by then is not the one approved."""
    shop.declare(DENIED, EDUCATION | {"resubmitDenialOf": DENIAL})
    shop.plan()
    assert outcomes(shop.apply("plan.json"))[DENIED, "Education"] == "created"
    shop.run("emulator", "vet", "denied", "Education", "deny", "--reason", "Still not")
    again = shop.plan()
    assert [step for step in again["steps"] if step["customerId"] == DENIED] == []
    assert "Still not" in json.dumps(again["findings"])


CODES: Final = {
    "env": ({"env": "AGENCY_CODE"}, CODE, "created"),
    "white-space": ({"env": "AGENCY_CODE"}, f" \t{CODE}\n", "created"),
    "empty": ({"env": "AGENCY_CODE"}, " \n", "not-attempted"),
    "wrong": ({"env": "AGENCY_CODE"}, "planted-wrong-code", "rejected"),
    "unset": ({"env": "NOT_SET"}, "", "not-attempted"),
    "file": ({"file": "codes/agency"}, "", "created"),
    "missing-file": ({"file": "codes/none"}, "", "not-attempted"),
}


@pytest.mark.parametrize("case", CODES)
def test_codes(tmp_path: Path, case: str) -> None:
    """A code is read where the manifest says; without one, the customer's rest waits, too."""
    where, code, outcome = CODES[case]
    shop = open_shop(tmp_path)
    shop.project.write("customers/codes/agency", f"\n{CODE} \n")
    shop.project.environ["AGENCY_CODE"] = code
    shop.declare(AGENCY, GCC | {"validationCodeFrom": where}, SOE)
    ended = shop.apply()
    told = outcomes(ended)
    assert told[AGENCY, GCC_NAME] == outcome
    assert told[AGENCY, SOE] == ("created" if outcome == "created" else "not-attempted")
    assert told[UTILITY, SOE] == "created"
    assert ended.code == (3 if outcome == "created" else 1)
    assert (code.strip() or CODE) not in ended.out + ended.err


def test_code_from_secrets_folder(tmp_path: Path) -> None:
    """A file may be in the configuration's secretsFolder; the plan names it, never the code."""
    shop = open_shop(tmp_path)
    settings = (tmp_path / "reconciler.yaml").read_text(encoding="utf-8")
    shop.project.write("reconciler.yaml", f"{settings}secretsFolder: secrets\n")
    shop.project.write("secrets/agency", CODE)
    reference = {"file": str(tmp_path / "secrets" / "agency")}
    shop.declare(AGENCY, GCC | {"validationCodeFrom": reference}, SOE)
    assert CODE not in json.dumps(shop.plan())
    assert outcomes(shop.apply("plan.json"))[AGENCY, GCC_NAME] == "created"


def test_code_gone_at_apply(tmp_path: Path) -> None:
    """A code that could be read at plan and can't be at apply: nothing of it is sent."""
    shop = open_shop(tmp_path)
    shop.plan()
    del shop.project.environ["AGENCY_CODE"]
    ended = shop.apply("plan.json")
    assert outcomes(ended)[AGENCY, GCC_NAME] == "not-attempted"
    assert "AGENCY_CODE" in results(ended)[AGENCY, GCC_NAME]["message"]


@pytest.mark.parametrize(
    ("flags", "code"),
    [((), 1), (("--allow-creates", "4"), 1), (("--allow-creates", "5"), 3)],
    ids=["unnamed", "other-number", "exact-number"],
)
def test_too_many_creates(tmp_path: Path, flags: tuple[str, ...], code: int) -> None:
    """A plan with more steps than maxCreates takes --allow-creates with their exact number."""
    shop = open_shop(tmp_path)
    shop.policy("{maxCreates: 4}")
    shop.plan()
    ended = shop.apply("plan.json", *flags)
    assert ended.code == code
    if code == 1:
        assert "5 creates" in ended.err
        assert "--allow-creates 5" in ended.err
        assert len(shop.plan()["steps"]) == 5


def test_incomplete_plan(tmp_path: Path) -> None:
    """The steps of an incomplete plan are sent; the exit code stays 1, as not all could be done."""
    shop = open_shop(tmp_path)
    shop.project.seed([{"id": UTILITY}, {"id": AGENCY}], codes={CODE: 1})
    ended = shop.apply()
    assert ended.code == 1
    assert outcomes(ended) == {
        (AGENCY, GCC_NAME): "created",
        (AGENCY, SOE): "created",
        (UTILITY, SOE): "created",
    }


def test_report_file(tmp_path: Path) -> None:
    """--report writes the JSON report, whatever stdout is in; `show` reads it."""
    shop = open_shop(tmp_path)
    ended = shop.run("apply", "--auto-approve", "--report", "report.json", "--format", "markdown")
    assert ended.code == 3
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["summary"] == SUMMARY | {"created": 5}
    assert ended.out.startswith("<!--")
    shown = shop.run("show", "report.json", "--format", "json")
    assert (shown.code, shown.document) == (0, report)


def test_report_unwritable(tmp_path: Path) -> None:
    """That the report can't be written is found before anything is sent."""
    shop = open_shop(tmp_path)
    ended = shop.apply("--report", "no/such/folder/report.json")
    assert ended.code == 1
    assert "no/such/folder/report.json can't be written" in ended.err
    assert len(shop.run("plan", "--format", "json").document["steps"]) == 5


def test_one_apply_at_a_time(shop: Shop) -> None:
    """Nothing of an apply outlives it: the lock is free for the next one."""
    assert [shop.apply().code for _ in range(2)] == [3, 3]


def test_app_only(shop: Shop) -> None:
    """An app-only sign-in can't apply: nothing is created, and the exit code is 1."""
    app_only = {"PARTNER_CENTER_ACCESS_TOKEN": "app-only-token"}
    project = Project(shop.project.folder, shop.project.environ | app_only)
    ended = project.run("apply", "--auto-approve")
    assert ended.code == 1
    assert len(shop.run("plan", "--format", "json").document["steps"]) == 5
    assert "app-only" in ended.err


@pytest.mark.parametrize("name", ["n" * 256, "fifo", "customers"])
def test_a_report_that_can_not_be_replaced(tmp_path: Path, name: str) -> None:
    """A name too long, a pipe, a folder: found before anything is sent, and nobody waits."""
    shop = open_shop(tmp_path)
    os.mkfifo(tmp_path / "fifo")
    refused = shop.apply("--report", name)
    assert (refused.code, f"{name} can't be written" in refused.err) == (1, True)
    assert len(shop.run("plan", "--format", "json").document["steps"]) == 5
