"""The quickstart: a small estate that a newcomer plans, applies and plans again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import pytest

from reconciler.cli.schema import schema_of
from reconciler.documents.shape import to_json
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


SCHEMAS: Final = {"schemas/manifest.json": "manifest", "schemas/reconciler.json": "config"}


@pytest.mark.parametrize(("place", "kind"), SCHEMAS.items())
def test_the_schemas_are_of_this_version(
    place: str, kind: str, request: pytest.FixtureRequest
) -> None:
    """What an editor checks by is what the program says."""
    text = to_json(schema_of(kind))
    if request.config.getoption("--refresh-golden"):
        (QUICKSTART / place).write_text(text, encoding="utf-8")
    assert (QUICKSTART / place).read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    "path", [QUICKSTART / "reconciler.yaml", *(QUICKSTART / "customers").iterdir()], ids=str
)
def test_the_modeline_leads_to_its_schema(path: Path) -> None:
    """Each file names, in its first line, the schema of its own kind."""
    first, *rest = path.read_text(encoding="utf-8").splitlines()
    schema = first.removeprefix("# yaml-language-server: $schema=")
    place = (path.parent / schema).resolve().relative_to(QUICKSTART.resolve()).as_posix()
    is_configuration = "kind: ReconcilerConfig" in rest
    assert SCHEMAS[place] == ("config" if is_configuration else "manifest")
