"""The files that `plan` reads and writes besides manifests: none of ours is overwritten by them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final

import pytest

from tests.cli.project import Project, manifest, settings

if TYPE_CHECKING:
    from pathlib import Path

SCHOOL: Final = "11111111-0000-4000-8000-0000000000aa"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("reconciler.yaml", settings(auditLog="audit.log"))
    made.write("customers/school.yaml", manifest("school", SCHOOL, ["StateOwnedEntity"]))
    made.seed([{"id": SCHOOL, "qualifications": [], "customerAgreement": True}])
    return made


@pytest.mark.parametrize("file", [".reconciler/journal.jsonl", ".reconciler/new.json", "audit.log"])
def test_a_snapshot_replaces_no_file_of_a_run(project: Project, file: str) -> None:
    """Nor makes a new one among them: the next apply would refuse its journal."""
    ended = project.run("plan", "--incremental", file)
    assert (ended.code, ended.out) == (1, "")
    assert not (project.folder / file).exists()


def test_one_file_can_not_be_plan_and_snapshot(project: Project) -> None:
    """The later of the two would replace the other, however the names are spelt."""
    assert project.run("plan", "--incremental", "a.json", "--out", "./a.json").code == 64


@pytest.mark.parametrize(
    "command",
    [["show"], ["apply"], ["plan", "--against"], ["plan", "--incremental"]],
    ids=" ".join,
)
def test_a_pipe_that_nobody_writes_into_holds_nobody_up(
    project: Project, command: list[str]
) -> None:
    """It is empty, so it is no document: told, and the end."""
    os.mkfifo(project.folder / "pipe")
    ended = project.run(*command, "pipe", timeout=20)
    assert ended.code == 1
    assert "is refused: it is not JSON" in ended.err


def test_another_digest_is_the_reason(project: Project) -> None:
    """The last line on stderr says why it ends in 1, and that the plan was saved."""
    ended = project.run("plan", "--expect-digest", "sha256:0", "--out", "plan.json")
    last = ended.err.splitlines()[-1]
    assert ended.code == 1
    assert "the plan is another than --expect-digest says" in last
    assert "could not be saved" not in ended.err
    assert json.loads((project.folder / "plan.json").read_text())["kind"] == "Plan"
