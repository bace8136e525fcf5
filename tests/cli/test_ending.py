"""How a command ended is told in one line on stderr where no person reads its document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest

from tests.cli.project import Project
from tests.cli.shop import open_shop

if TYPE_CHECKING:
    from pathlib import Path


CUSTOMER: Final = "14876998-c0dc-46e6-9d0c-65a57a6c32ec"

CONFIGURATION: Final = """apiVersion: reconciler/v1
kind: ReconcilerConfig
manifests: [customers/]
partnerCenter: {emulator: live.yaml}
"""

MANIFEST: Final = """apiVersion: reconciler/v1
kind: CustomerQualifications
metadata: {name: contoso}
spec:
  customerId: 14876998-c0dc-46e6-9d0c-65a57a6c32ec
  qualifications: [StateOwnedEntity]
"""


def project_of(folder: Path, live: list[dict[str, object]]) -> Project:
    project = Project(folder)
    project.seed(live)
    project.write("reconciler.yaml", CONFIGURATION)
    project.write("customers/contoso.yaml", MANIFEST)
    return project


@pytest.mark.parametrize("arguments", [("--format", "json"), ("--out", "plan.json")], ids=str)
def test_plan(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """A plan's line tells what it came to, where it is, and which findings make the exit code."""
    ended = open_shop(tmp_path).run("plan", *arguments)
    assert ended.code == 3
    (line,) = ended.err.splitlines()
    assert line.startswith("Plan: 5 to create in ")
    assert line.endswith(". Exit code 3: findings stand that policy.failOn names: denied")
    assert ("; saved to plan.json." in line) is ("--out" in arguments)


def test_detailed_exit_code(tmp_path: Path) -> None:
    """2 says that steps wait."""
    project = project_of(tmp_path, [{"id": CUSTOMER, "name": "Contoso"}])
    ended = project.run("plan", "--format", "json", "--detailed-exitcode")
    assert ended.code == 2
    assert "Exit code 2: there are steps, and --detailed-exitcode was given\n" in ended.err


def test_unreadable_customer(tmp_path: Path) -> None:
    """A plan that is incomplete says so, also where its document is for programs."""
    project = project_of(tmp_path, [])
    ended = project.run("plan", "--format", "json")
    assert ended.code == 1
    assert json.loads(ended.out)["complete"] is False
    (line,) = ended.err.splitlines()
    assert line.endswith("Exit code 1: a customer could not be read, so the plan is incomplete")


@pytest.mark.parametrize(("text", "code"), [(MANIFEST, 0), (MANIFEST + "  x: 1\n", 1)])
def test_validate(text: str, code: int, tmp_path: Path) -> None:
    """A validation's line counts, and says why it ends in 1."""
    project = Project(tmp_path)
    project.write("contoso.yaml", text)
    ended = project.run("validate", "contoso.yaml", "--format", "sarif")
    assert ended.code == code
    (line,) = ended.err.splitlines()
    assert line.startswith("1 manifest read: ")
    assert line.endswith(". Exit code 1: a manifest is invalid") is (code == 1)


@pytest.mark.parametrize("arguments", [("--format", "json"), ("--report", "report.json")], ids=str)
def test_apply(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """An apply's last line tells how the steps ended, and why it doesn't end in 0."""
    ended = open_shop(tmp_path).run("apply", "--auto-approve", *arguments)
    assert ended.code == 3
    told = "Apply: 5 created. Exit code 3: the plan has findings that stand, see above"
    assert ended.err.splitlines()[-1] == told


def test_status(tmp_path: Path) -> None:
    """What was read is told where the document is for programs, and why waiting fails."""
    denied = {"qualification": "StateOwnedEntity", "vettingStatus": "Denied"}
    project = project_of(tmp_path, [{"id": CUSTOMER, "qualifications": [denied]}])
    assert project.run("status", "--format", "json").err == "Status: 1 customer\n"
    ended = project.run("status", "--format", "json", "--wait")
    told = "Status: 1 customer. Exit code 3: a qualification is denied\n"
    assert (ended.code, ended.err) == (3, told)


def test_export(tmp_path: Path) -> None:
    """An export that could not write all says its exit code in its last line."""
    ended = project_of(tmp_path, []).run("export", "--out", "exported")
    assert ended.code == 1
    assert "Exit code 1: 1 not exported, see above" in ended.err


def test_text_tells_only_failures(tmp_path: Path) -> None:
    """A text ends with its own summary, so nothing is said twice where all went well."""
    project = Project(tmp_path)
    project.write("contoso.yaml", MANIFEST)
    assert project.run("validate", "contoso.yaml").err == ""
    project.write("contoso.yaml", MANIFEST + "  x: 1\n")
    assert project.run("validate", "contoso.yaml").err == "Exit code 1: a manifest is invalid\n"
