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


COMMANDS: Final = {
    "plan --out customers/school.yaml": "among the manifests",
    "plan --out link.json": "among the manifests",
    "plan elsewhere --out elsewhere/new.yml": "among the manifests",
    "plan --out school.code": "a validation code",
    "plan --against snapshot.json --out snapshot.json": "the snapshot",
    "plan --incremental reconciler.yaml": "the configuration",
    "plan --incremental .reconciler/new.json": "in stateDir",
    "plan --incremental audit.log": "the audit log",
    "plan --refresh-token-out live.yaml": "the emulator's seed",
    "apply --report live.yaml": "the emulator's seed",
    "apply plan.json --report ./plan.json": "the plan",
    "apply --report token": "the file that AZURE_FEDERATED_TOKEN_FILE names",
    "merge plan.json --out plan.json": "a plan to merge",
    "merge plan.json --out customers/school.yaml": "among the manifests",
    "export --out .reconciler/new": "in stateDir",
    "emulator serve live.yaml --log reconciler.yaml": "the configuration",
    "doctor --refresh-token-out customers/school.yaml": "among the manifests",
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project of which no command may write over a file; each says so and changes nothing."""
    made = Project(tmp_path_factory.mktemp("kept"))
    made.environ["AZURE_FEDERATED_TOKEN_FILE"] = "token"
    made.write("reconciler.yaml", settings(auditLog="audit.log", secretsFolder="."))
    code = {
        "qualification": "GovernmentCommunityCloud",
        "validationCodeFrom": {"file": "school.code"},
    }
    for folder in ("customers", "elsewhere"):
        made.write(f"{folder}/school.yaml", manifest("school", SCHOOL, [code]))
    made.seed([{"id": SCHOOL, "qualifications": [], "customerAgreement": True}])
    (made.folder / "link.json").symlink_to("customers/school.yaml")
    for name in ("audit.log", "plan.json", "snapshot.json", "token", "school.code"):
        made.write(name, "123456")
    return made


@pytest.mark.parametrize(("line", "what"), COMMANDS.items())
def test_no_document_replaces_what_is_kept(kept: Project, line: str, what: str) -> None:
    """What a run needs or leaves is refused by name, before anything is read of the service."""
    before = {path: path.read_bytes() for path in kept.folder.rglob("*") if path.is_file()}
    ended = kept.run(*line.split())
    assert (ended.code, f"can't be written: it is {what}" in ended.err + ended.out) == (1, True)
    after = {path: path.read_bytes() for path in kept.folder.rglob("*") if path.is_file()}
    assert after == before


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
