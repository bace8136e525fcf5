"""A team at work: a person's clone, and the repository at GitHub."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from tests.cli.project import Project
from tests.repositories import GitFolder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pipelines.github import GitHub, Job


@dataclass(frozen=True)
class Team:
    """A person's clone, and the repository at GitHub."""

    clone: GitFolder
    github: GitHub

    def pull_request(self) -> dict[str, Any]:
        """Push the branch, and merge it as GitHub does for a look."""
        self.clone.git("push", "--quiet", "--force", "origin", "HEAD:refs/heads/change")
        self.clone.git("switch", "--quiet", "--detach", "main")
        self.clone.git("merge", "--quiet", "--no-ff", "--no-edit", "change")
        self.clone.git("push", "--quiet", "--force", "origin", "HEAD:refs/pull/7/merge")
        self.clone.git("switch", "--quiet", "change")
        head = {"repo": {"full_name": "me/customers"}}
        return {
            "event_name": "pull_request",
            "ref": "refs/pull/7/merge",
            "base_ref": "main",
            "event": {"pull_request": {"number": 7, "head": head}},
        }

    def merge(self) -> None:
        self.clone.git("switch", "--quiet", "main")
        self.clone.git("merge", "--quiet", "--no-ff", "--no-edit", "change")
        self.clone.git("push", "--quiet", "origin", "main")

    def plan(self, workflow: str, event: dict[str, Any]) -> Job:
        return self.github.run_job(workflow, "plan", event)

    def document(self, artifact: str = "reconciler-plan", name: str = "plan.json") -> Any:
        return json.loads((self.github.artifacts / artifact / name).read_text())

    def as_user(self) -> GitHub:
        """Give the machine that the environment lets sign in as an admin."""
        user = {"PARTNER_CENTER_ACCESS_TOKEN": "admin"}
        return replace(self.github, environ=self.github.environ | user)

    def stood_in(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.github.folder / "github.json").read_text())
        return state


def make_project(folder: Path, platform: str) -> tuple[GitFolder, Path]:
    """Make a repository by `init`, on the embedded Partner Center: a clone, and its remote."""
    place = folder / "clone"
    assert Project(folder).run("init", str(place), "--ci", platform).code == 0
    clone = GitFolder(place, place)
    clone.git("init", "--quiet", "--initial-branch=main")
    clone.commit("Begin")
    remote = folder / "remote.git"
    clone.git("clone", "--quiet", "--bare", str(place), str(remote))
    clone.git("remote", "add", "origin", str(remote))
    (folder / platform).mkdir()
    return clone, remote


def change(team: Team) -> None:
    add_an_entity(team.clone)


def add_an_entity(clone: GitFolder) -> None:
    """Let Contoso be a state-owned entity too, on a branch."""
    clone.branch("change")
    manifest = clone.folder / "customers/contoso-unified-school-district.yaml"
    manifest.write_text(manifest.read_text() + "    - StateOwnedEntity\n")
    clone.commit("Contoso is state-owned")


OUTSIDE: Final = """
auditRecords:
  - customerId: 14876998-c0dc-46e6-9d0c-65a57a6c32ec
    qualification: StateOwnedEntity
    operationDate: "{day}T03:04:05Z"
    userPrincipalName: ada@partner.example
"""


def created_outside(clone: GitFolder) -> None:
    """Let somebody else have made Contoso a state-owned entity, in Partner Center."""
    seed = clone.folder / "live.yaml"
    held = seed.read_text().replace("qualifications: []", "qualifications: [StateOwnedEntity]", 1)
    seed.write_text(held + OUTSIDE.format(day=datetime.now(UTC).date() - timedelta(days=1)))
    clone.commit("Somebody was at Partner Center")
    clone.git("push", "--quiet", "origin", "main")


def adopt_proposed(clone: GitFolder) -> str:
    """Merge what is proposed, and tell what it changes."""
    clone.git("fetch", "--quiet", "origin")
    changed = clone.git("diff", "--stat", "origin/main", "origin/reconciler-adopt")
    clone.git("merge", "--quiet", "--ff-only", "origin/reconciler-adopt")
    clone.git("push", "--quiet", "origin", "main")
    return changed
