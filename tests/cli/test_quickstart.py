"""The quickstart: a small estate that a newcomer plans, applies and plans again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from tests.cli.project import Project

QUICKSTART: Final = Path(__file__).parents[2] / "examples" / "quickstart"


def test_plan_apply_plan(tmp_path: Path) -> None:
    """It ends in 0 each time, shows what is impossible, and leaves nothing to create."""
    folder = tmp_path / "quickstart"
    shutil.copytree(QUICKSTART, folder, ignore=shutil.ignore_patterns(".reconciler"))
    project = Project(folder)
    first = project.run("plan", "--format", "json")
    applied = project.run("apply", "--auto-approve", "--format", "json")
    again = project.run("plan", "--format", "json")
    assert (first.code, applied.code, again.code) == (0, 0, 0)
    assert first.document["summary"]["impossible"] == 1
    assert applied.document["summary"]["created"] == first.document["summary"]["steps"] == 4
    assert again.document["summary"]["steps"] == 0
