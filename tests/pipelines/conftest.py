"""Repositories as `init` makes them, with their pipelines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.cli.project import Project
from tests.pipelines.github import GitHub
from tests.pipelines.team import Team, make_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def embedded(tmp_path: Path) -> Team:
    """Make a repository by `init`, on the embedded Partner Center."""
    clone, remote = make_project(tmp_path, "github")
    github = GitHub(tmp_path / "github", remote)
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
