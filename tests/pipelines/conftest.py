"""Repositories as `init` makes them, with their pipelines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.cli.project import Project
from tests.pipelines.runner import GitHub
from tests.pipelines.team import Team
from tests.repositories import GitFolder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def embedded(tmp_path: Path) -> Team:
    """Make a repository by `init`, on the embedded Partner Center."""
    folder = tmp_path / "clone"
    assert Project(tmp_path).run("init", str(folder), "--ci", "github").code == 0
    clone = GitFolder(folder, folder)
    clone.git("init", "--quiet", "--initial-branch=main")
    clone.commit("Begin")
    remote = tmp_path / "remote.git"
    clone.git("clone", "--quiet", "--bare", str(folder), str(remote))
    clone.git("remote", "add", "origin", str(remote))
    github = GitHub(tmp_path / "github", remote)
    github.folder.mkdir()
    return Team(clone, github)


@pytest.fixture
def served(embedded: Team) -> Iterator[Team]:
    """Take the same, with a Partner Center of its own that pull requests may only read."""
    seed = embedded.clone.folder / "live.yaml"
    with Project(embedded.clone.folder).served(str(seed)) as address:
        environ = {
            "PARTNER_CENTER_ENDPOINT": address,
            "PARTNER_CENTER_ACCESS_TOKEN": "app-only",
        }
        yield replace(embedded, github=replace(embedded.github, environ=environ))
