"""Every row of the contract's table from the command line, embedded and served alike."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.cli.project import Project, settings, state_of
from tests.cli.table_rows import BLOCKING, DENIED, EDUCATION, GCC, NARROW, ROWS, SKIPPING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.cli.project import Ended
    from tests.cli.table_rows import Row

SEVERITIES: Final = {
    "impossible": "error",
    "blocked": "error",
    "denied": "error",
    "unreadable": "error",
    "pending": "note",
    "advisory": "warning",
}

TOLD: Final = ("rule", "category", "severity", "qualification", "name", "source")
"""What the table says of a finding; its words are told elsewhere."""


@dataclass(frozen=True)
class World:
    """A project of rows under one policy, and its plans."""

    project: Project
    rows: tuple[Row, ...]
    ids: Mapping[str, str]
    embedded: Ended
    served: Ended
    state: Mapping[str, Any]

    @cached_property
    def plan(self) -> dict[str, Any]:
        return self.embedded.document

    def of(self, row: Row, what: str) -> list[dict[str, Any]]:
        return [each for each in self.plan[what] if each["customerId"] == self.ids[row.name]]

    def place(self, row: Row, text: str) -> dict[str, object]:
        """Find where `text` begins in the row's manifest; lines and columns count from 1."""
        lines = row.manifest(self.ids[row.name]).splitlines()
        number, line = next((n, line) for n, line in enumerate(lines, 1) if text in line)
        file = f"customers/{row.name}.yaml"
        return {"file": file, "line": number, "column": line.index(text) + 1}


def make_world(folder: Path, rows: tuple[Row, ...], policy: str, **environ: str) -> World:
    project = Project(folder)
    project.write("reconciler.yaml", settings(policy=policy))
    ids = {row.name: f"{n:08x}-0000-4000-8000-0000000000aa" for n, row in enumerate(rows, 1)}
    for row in rows:
        project.write(f"customers/{row.name}.yaml", row.manifest(ids[row.name]))
    project.write("customers/codes/empty", " \n")
    project.write("customers/codes/full", " 123456\n")
    project.seed([row.seeded(ids[row.name]) for row in rows if row.live is not None])
    project.environ |= {"A_CODE": "123456", **environ}
    embedded = project.run("plan", "--format", "json")
    with project.served() as address:
        project.environ["PARTNER_CENTER_ENDPOINT"] = address
        project.environ.setdefault("PARTNER_CENTER_ACCESS_TOKEN", "user-token")
        served = project.run("plan", "--format", "json")
        state = state_of(address)
    return World(project, rows, ids, embedded, served, state)


POLICIES: Final = {
    "usual": ("{}", ROWS),
    "block": ("{accountStatus: block, customerAgreement: block}", BLOCKING),
    "skip": ("{accountStatus: skip, customerAgreement: skip}", SKIPPING),
    "narrow": ("{permit: [Education], undeclared: ignore}", NARROW),
}
CASES: Final = [
    pytest.param(name, row, id=f"{name}-{row.name}")
    for name, (_, rows) in POLICIES.items()
    for row in rows
]


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, World]:
    return {
        name: make_world(tmp_path_factory.mktemp(name), rows, policy)
        for name, (policy, rows) in POLICIES.items()
    }


@pytest.mark.parametrize(("policy", "row"), CASES)
def test_steps(worlds: Mapping[str, World], policy: str, row: Row) -> None:
    """The row has the steps of the table, Education or GCC before SOE, each at its entry."""
    steps = worlds[policy].of(row, "steps")
    assert [step["qualification"] for step in steps] == list(row.steps)
    sources = [step["source"] for step in steps]
    assert sources == [worlds[policy].place(row, row.entry(name)) for name in row.steps]


@pytest.mark.parametrize(("policy", "row"), CASES)
def test_findings(worlds: Mapping[str, World], policy: str, row: Row) -> None:
    """The row has the findings of the table and no others, with their places."""
    world = worlds[policy]
    wanted = [
        {
            "rule": found.rule,
            "category": found.category,
            "severity": SEVERITIES[found.category],
            "qualification": found.qualification,
            "name": row.name,
            "source": world.place(row, found.at),
        }
        for found in row.found
    ]
    told = [{name: found[name] for name in TOLD} for found in world.of(row, "findings")]
    assert by_rule(told) == by_rule(wanted)


def by_rule(findings: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(findings, key=lambda each: (each["rule"], each["qualification"] or ""))


@pytest.mark.parametrize(("policy", "row"), CASES)
def test_basis(worlds: Mapping[str, World], policy: str, row: Row) -> None:
    """The basis holds what is live of a customer that has steps, and of no other."""
    basis = worlds[policy].plan["basis"].get(worlds[policy].ids[row.name])
    if not row.steps:
        assert basis is None
        return
    assert row.live is not None
    assert {entry["qualification"]: entry.get("vettingStatus") for entry in basis} == {
        name: status for name, status in map(spelled, row.live) if name != "None"
    }


def spelled(live: object) -> tuple[str, str | None]:
    if isinstance(live, dict):
        return str(live["qualification"]), live.get("vettingStatus")
    return str(live), None


@pytest.mark.parametrize("policy", POLICIES)
def test_summary(worlds: Mapping[str, World], policy: str) -> None:
    """The summary counts customers, steps, declared qualifications in sync, and findings."""
    rows = worlds[policy].rows
    categories = [found.category for row in rows for found in row.found]
    counted = {category: categories.count(category) for category in SEVERITIES}
    assert worlds[policy].plan["summary"] == counted | {
        "customers": len(rows),
        "steps": sum(len(row.steps) for row in rows),
        "inSync": sum(row.in_sync for row in rows),
    }


@pytest.mark.parametrize("policy", POLICIES)
def test_served_as_embedded(worlds: Mapping[str, World], policy: str) -> None:
    """A served emulator gives the same plan, its target aside, and whose seed a customer lacks."""
    embedded, served = worlds[policy].embedded.document, worlds[policy].served.document
    assert embedded["target"] == {"address": "emulator", "tenantId": None}
    assert served["target"]["address"].startswith("http://127.0.0.1:")
    for plan in (embedded, served):
        for varying in ("createdAt", "target", "digest"):
            del plan[varying]
        for finding in plan["findings"]:
            if finding["rule"] == "customer-not-found":
                del finding["remedy"]
    assert served == embedded


@pytest.mark.parametrize("policy", POLICIES)
def test_only_reads(worlds: Mapping[str, World], policy: str) -> None:
    """A plan reads each customer's qualifications once, and side checks where there are steps."""
    world = worlds[policy]
    calls = world.state["calls"]
    assert calls["readQualifications"] == len(world.rows)
    assert "createQualification" not in calls
    assert world.state["posts"] == {}


def test_side_checks_for_steps_only(worlds: Mapping[str, World]) -> None:
    """Only customers whose state gives steps are asked about; the domain only where declared."""
    calls = worlds["usual"].state["calls"]
    with_steps = sum(bool(row.steps) for row in ROWS)
    assert calls["customer"] == 2
    assert with_steps <= calls["accountStatus"] <= with_steps + 1
    assert with_steps <= calls["agreements"] <= with_steps + 1
    assert calls["directSigned"] == 2


def test_skipped_checks_are_not_made(worlds: Mapping[str, World]) -> None:
    """A check that policy skips is not asked for."""
    calls = worlds["skip"].state["calls"]
    assert {"accountStatus", "agreements", "directSigned"}.isdisjoint(calls)


def test_incomplete(worlds: Mapping[str, World]) -> None:
    """A customer that can't be read makes the plan incomplete, and the exit code 1."""
    assert worlds["usual"].plan["complete"] is False
    assert (worlds["usual"].embedded.code, worlds["usual"].served.code) == (1, 1)


@pytest.mark.parametrize("policy", ["block", "skip", "narrow"])
def test_findings_that_fail(worlds: Mapping[str, World], policy: str) -> None:
    """Findings of a failing category make the exit code of a complete plan 3."""
    assert worlds[policy].plan["complete"] is True
    assert worlds[policy].embedded.code == 3


def test_live_is_told(worlds: Mapping[str, World]) -> None:
    """A finding tells the live vetting that it is about, in the wire's words."""
    row = next(row for row in ROWS if row.name == "denied")
    finding = worlds["usual"].of(row, "findings")[0]
    assert finding["live"] == {name: text for name, text in DENIED.items() if name[:3] == "vet"}
    assert "Not an Education Customer" in finding["message"]


def test_steps_carry_what_is_sent(worlds: Mapping[str, World]) -> None:
    """A step has what its create needs; a GCC step says where its code is, never the code."""
    usual = worlds["usual"]
    steps = {(step["name"], step["qualification"]): step for step in usual.plan["steps"]}
    school = steps["absent", EDUCATION]
    assert (school["educationSegment"], school["website"]) == ("K12", "contoso.edu")
    assert school["customerId"] == usual.ids["absent"]
    assert steps["absent-gcc", GCC]["validationCodeFrom"] == {"env": "A_CODE"}
    assert steps["resubmitted", EDUCATION]["resubmitDenialOf"] == "2020-12-03T10:37:38.885Z"
    assert "123456" not in json.dumps(usual.plan)
