"""Faults of the service under status, export and incremental plans: nothing is taken for empty."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.cli.faulty import READ, Fault, declare, id_of, served
from tests.cli.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.faulty import Service

KINDS: Final[dict[str, Fault]] = {
    "truncate": {"kind": "truncate"},
    "garbage": {"kind": "garbage"},
    "empty": {"kind": "empty"},
    "html": {"kind": "wrong-content-type"},
    "500": {"kind": "status", "status": 500},
    "404": {"kind": "status", "status": 404},
    "drop": {"kind": "drop-before"},
}
HASTY: Final = 100.0


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """One customer for each kind of fault, one that is fine, and a second that is fine."""
    made = Project(tmp_path)
    declare(made, {key: [] for key in [*KINDS, "fine", "fine-too"]})
    return made


@pytest.fixture
def service(project: Project) -> Iterator[Service]:
    faults: list[Fault] = [
        {**fault, "call": READ, "customer": id_of(number)}
        for number, fault in enumerate(KINDS.values(), start=1)
    ]
    with served(project, faults) as running:
        yield running


def run(project: Project, *arguments: str) -> dict[str, Any]:
    ended = project.run(*arguments, "--format", "json", speed=HASTY)
    assert ended.out, ended.err
    return ended.document


@pytest.mark.usefixtures("service")
def test_status_tells_who_could_not_be_read(project: Project) -> None:
    """Null and the reason, never an empty list; those that are fine are told."""
    told = {each["name"]: each for each in run(project, "status")["customers"]}
    assert [told[name]["qualifications"] for name in KINDS] == [None] * len(KINDS)
    assert all(told[name]["unreadable"] and told[name]["mayPurchase"] is None for name in KINDS)
    assert told["fine"]["qualifications"] == told["fine-too"]["qualifications"] == []


@pytest.mark.usefixtures("service")
def test_an_incremental_plan_keeps_no_entry_of_them(project: Project) -> None:
    """The plan is incomplete, and the next night reads them again."""
    document = run(project, "plan", "--incremental", "snapshot.json")
    assert document["complete"] is False
    assert document["summary"]["unreadable"] == len(KINDS)
    snapshot = json.loads((project.folder / "snapshot.json").read_text())
    fine = {id_of(len(KINDS) + 1), id_of(len(KINDS) + 2)}
    assert set(snapshot["customers"]) == fine
    assert run(project, "plan", "--incremental", "snapshot.json")["selection"]["incremental"][
        "read"
    ] >= len(KINDS)


@pytest.mark.usefixtures("service")
def test_an_export_writes_nothing_of_them(project: Project) -> None:
    """Elsewhere, so that each would be written afresh: only those that could be read are."""
    ended = project.run("export", "--out", "copy", speed=HASTY)
    assert ended.code == 1
    assert {path.stem for path in (project.folder / "copy").iterdir()} == {"fine", "fine-too"}


@pytest.mark.parametrize("kind", ["truncate", "500"])
def test_an_audit_log_that_fails_makes_a_full_run(project: Project, kind: str) -> None:
    """Said aloud; and who changed what stays open, with the reason."""
    with served(project, [{**KINDS[kind], "call": "auditRecords"}]):
        run(project, "plan", "--incremental", "snapshot.json")
        ended = project.run(
            "plan", "--incremental", "snapshot.json", "--format", "json", speed=HASTY
        )
    assert "this is a full run: the audit records can't be had" in ended.err
    assert ended.document["selection"]["incremental"]["kept"] == 0
