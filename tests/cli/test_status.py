"""`status`: the documents, and waiting for a decision that somebody puts meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import pytest

from tests.cli.project import Project, manifest, settings

if TYPE_CHECKING:
    from pathlib import Path

STATUSES: Final = ["Allowed", "UnderReview", "NotAllowed", "Unknown", "Not Ready", None]
MAY_BUY: Final = [True, False, False, False, None, True]
SCHOOL: Final = "11111111-0000-4000-8000-0000000000aa"
MINUTES: Final = 600.0
"""How much faster the program's clock goes: a minute takes a tenth of a second."""


def customer_id(number: int) -> str:
    return f"11111111-0000-4000-8000-{number:012}"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A school whose Education is in review."""
    made = Project(tmp_path)
    made.write("reconciler.yaml", settings())
    education = {"qualification": "Education", "educationSegment": "K12"}
    made.write("customers/school.yaml", manifest("school", SCHOOL, [education]))
    held = {"qualification": "Education", "vettingStatus": "InReview"}
    made.seed([{"id": SCHOOL, "qualifications": [held], "customerAgreement": True}])
    return made


@pytest.mark.parametrize("served", [False, True])
def test_the_account_decides_who_may_buy(tmp_path: Path, *, served: bool) -> None:
    """The five statuses and none; an agreement by confirmation, by direct signature, by neither."""
    project = Project(tmp_path)
    project.write("reconciler.yaml", settings())
    customers = []
    for number, status in enumerate(STATUSES):
        project.write(f"customers/{number}.yaml", manifest(f"c{number}", customer_id(number), []))
        agreement = {"customerAgreement": number == 0, "directSigned": number == 1}
        account = {} if status is None else {"accountStatus": status}
        customers.append({"id": customer_id(number), "qualifications": [], **agreement, **account})
    project.seed(customers)
    if served:
        with project.served("live.yaml") as address:
            project.environ |= {
                "PARTNER_CENTER_ENDPOINT": address,
                "PARTNER_CENTER_ACCESS_TOKEN": "user-token",
            }
            ended = project.run("status", "--format", "json")
    else:
        ended = project.run("status", "--format", "json")
    told = ended.document["customers"]
    assert ended.code == 0
    assert [each["accountStatus"] for each in told] == STATUSES
    assert [each["mayPurchase"] for each in told] == MAY_BUY
    assert [each["customerAgreement"] for each in told] == [True, True, *[False] * 4]


def test_an_app_only_sign_in_tells_what_it_may(project: Project) -> None:
    """Qualifications are read; what takes a user is null, not guessed."""
    project.environ["PARTNER_CENTER_ACCESS_TOKEN"] = "app-only"
    [school] = project.run("status", "--format", "json").document["customers"]
    assert school["qualifications"][0]["vettingStatus"] == "InReview"
    assert (school["mayPurchase"], school["customerAgreement"]) == (None, None)


@pytest.mark.parametrize(("decision", "code"), [("approve", 0), ("deny", 3)])
def test_it_waits_for_a_decision(project: Project, decision: str, code: int) -> None:
    """While it waits somebody puts the decision; it tells the change once and ends."""
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(project.run, "status", "--wait", "--timeout", "7d", speed=MINUTES)
        assert project.run("emulator", "vet", "school", "Education", decision).code == 0
        ended = waiting.result(timeout=60)
    assert ended.code == code, ended.err
    assert ended.err.count("school Education: InReview ->") <= 1


def test_the_time_runs_out(project: Project) -> None:
    """Nothing is decided in time: exit 1, and the status as it is."""
    ended = project.run("status", "--wait", "--timeout", "5m", speed=MINUTES)
    assert ended.code == 1
    assert "the time is over" in ended.err
    assert "Education InReview" in ended.out


@pytest.mark.parametrize("arguments", [["--timeout", "5m"], ["--wait", "--timeout", "soon"]])
def test_usage(project: Project, arguments: list[str]) -> None:
    """A time-out without waiting, and one that is no duration."""
    assert project.run("status", *arguments).code == 64


def test_a_table_for_people(project: Project) -> None:
    """One line a customer, and a line that sums up."""
    lines = project.run("status").out.splitlines()
    assert lines[0].split() == ["customer", "qualifications", "may", "buy", "agreement"]
    assert lines[1].split() == ["school", "Education", "InReview", "yes", "yes"]
    assert lines[-1] == "Status: 1 customer; 1 in review, 1 may buy"


def test_a_denial_can_be_pasted(project: Project) -> None:
    """What approves one resubmission is told to the letter."""
    denied = {
        "qualification": "Education",
        "vettingStatus": "Denied",
        "vettingCreatedDate": "2020-12-03T10:37:38.885Z",
    }
    project.seed([{"id": SCHOOL, "qualifications": [denied]}])
    assert "resubmitDenialOf: 2020-12-03T10:37:38.885Z" in project.run("status").out


def test_markdown_takes_no_text_for_markup(project: Project) -> None:
    """A reason of the service stays in its cell and in its code span."""
    hostile = {
        "qualification": "Education",
        "vettingStatus": "Denied",
        "vettingReason": "a | b @everybody <b>",
    }
    project.seed([{"id": SCHOOL, "qualifications": [hostile]}])
    out = project.run("status", "--format", "markdown").out
    [row] = [line for line in out.splitlines() if line.startswith("| `school`")]
    assert row.replace("\\|", "").count("|") == 5
    assert '`Education Denied: "a \\| b @everybody <b>"`' in row
