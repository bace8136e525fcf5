"""`init`: a repository that works at once, and that nothing of anybody's was overwritten for."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.cli.project import Ended, Project

if TYPE_CHECKING:
    from pathlib import Path

STARTED = {
    "reconciler.yaml",
    "live.yaml",
    "customers/contoso-unified-school-district.yaml",
    "customers/fabrikam-water-authority.yaml",
    ".gitignore",
    "schemas/manifest.json",
    "schemas/reconciler.json",
}
PIPELINES = {
    None: {"CODEOWNERS"},
    "github": {
        ".github/CODEOWNERS",
        ".github/actions/reconciler/action.yml",
        ".github/actions/reconciler/package.txt",
        ".github/actions/reconciler/requirements.txt",
        ".github/actions/reconciler-state/action.yml",
        ".github/workflows/reconciler-pull-request.yml",
        ".github/workflows/reconciler-apply.yml",
        ".github/workflows/reconciler-drift.yml",
    },
    "azure": {
        "CODEOWNERS",
        ".azure-pipelines/reconciler-steps.yml",
        ".azure-pipelines/reconciler-state.yml",
        ".azure-pipelines/reconciler-requirements.txt",
        ".azure-pipelines/reconciler-pull-request.yml",
        ".azure-pipelines/reconciler-apply.yml",
        ".azure-pipelines/reconciler-drift.yml",
    },
    "gitlab": {
        ".gitlab-ci.yml",
        ".gitlab/reconciler.yml",
        ".gitlab/reconciler-requirements.txt",
        ".gitlab/CODEOWNERS",
    },
}


def init(folder: Path, *arguments: str) -> Ended:
    folder.mkdir(exist_ok=True)
    return Project(folder).run("init", *arguments)


def files_of(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() or path.is_symlink()
    }


@pytest.mark.parametrize("platform", PIPELINES)
def test_what_it_writes_works_at_once(tmp_path: Path, platform: str | None) -> None:
    """In an empty folder: init, validate, plan and apply all end in 0, for each platform."""
    project = Project(tmp_path)
    ci = () if platform is None else ("--ci", platform)
    begun = project.run("init", *ci)
    assert (begun.code, begun.out) == (0, "")
    assert files_of(tmp_path) == STARTED | PIPELINES[platform]
    validated = project.run("validate", "--format", "json")
    assert validated.code == 0
    assert validated.document["summary"] == {"documents": 2, "errors": 0, "warnings": 0}
    planned = project.run("plan", "--format", "json")
    assert planned.code == 0
    assert planned.document["summary"]["steps"] == 2
    assert planned.document["target"]["address"] == "emulator"
    applied = project.run("apply", "--auto-approve", "--format", "json")
    assert applied.code == 0
    assert applied.document["summary"]["created"] == 2
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_it_writes_into_the_folder_asked_for(tmp_path: Path) -> None:
    """DIR is made where it is not there, and every file is named with it."""
    ended = init(tmp_path, "a/new/place")
    assert ended.code == 0
    assert files_of(tmp_path / "a/new/place") == STARTED | PIPELINES[None]
    assert set(re.findall(r"wrote a/new/place/(\S+)", ended.err)) == STARTED | PIPELINES[None]
    assert "next: cd a/new/place, reconciler validate" in ended.err


@pytest.mark.parametrize("place", sorted(STARTED | PIPELINES["github"]))
def test_it_overwrites_nothing(tmp_path: Path, place: str) -> None:
    """Whatever is there already stays byte for byte, and is told."""
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")
    ended = init(tmp_path, "--ci", "github")
    assert ended.code == 0
    assert path.read_text() == "mine"
    assert f"left {place} as it is" in ended.err
    assert f"wrote {place}" not in ended.err


def test_it_writes_through_no_link(tmp_path: Path) -> None:
    """A link that leads nowhere yet is a file that is there: nothing is made at its end."""
    (tmp_path / "live.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    assert init(tmp_path).code == 0
    assert not (tmp_path / "elsewhere.yaml").exists()


def test_a_second_run_writes_nothing_and_says_so(tmp_path: Path) -> None:
    """All of it is there: that is told plainly, and no failure."""
    init(tmp_path, "--ci", "gitlab")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    ended = init(tmp_path, "--ci", "gitlab")
    assert ended.code == 0
    assert ended.err.endswith("nothing to write: all of it is there already\n")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_examples_are_never_put_beside_a_configuration_that_is_there(tmp_path: Path) -> None:
    """Made-up customers would be planned against the real Partner Center otherwise."""
    (tmp_path / "reconciler.yaml").write_text("mine")
    init(tmp_path, "--ci", "azure")
    written = STARTED - {name for name in STARTED if name.startswith(("customers", "live"))}
    assert files_of(tmp_path) == written | PIPELINES["azure"]


@pytest.mark.parametrize("place", ["there", "there/below"])
def test_a_file_in_the_way_is_told(tmp_path: Path, place: str) -> None:
    """Where no folder can be made, nothing is half done in silence."""
    (tmp_path / "there").write_text("mine")
    ended = init(tmp_path, place)
    assert ended.code == 1
    assert "can't be written" in ended.err
    assert files_of(tmp_path) == {"there"}


def test_another_platform_is_a_usage_error(tmp_path: Path) -> None:
    """The three that there are get named."""
    ended = init(tmp_path, "--ci", "jenkins")
    assert ended.code == 64
    assert "'github', 'azure', 'gitlab'" in ended.err
    assert files_of(tmp_path) == set()


def test_editors_find_the_schemas(tmp_path: Path) -> None:
    """The first line of each YAML document leads to a schema that is there."""
    init(tmp_path)
    for name in STARTED:
        if name.startswith("customers/") or name == "reconciler.yaml":
            path = tmp_path / name
            first, _, _ = path.read_text().partition("\n")
            schema = first.removeprefix("# yaml-language-server: $schema=")
            assert (path.parent / schema).resolve().is_file()
    wanted = Project(tmp_path).run("schema", "manifest").out
    assert (tmp_path / "schemas/manifest.json").read_text() == wanted
    wanted = Project(tmp_path).run("schema", "config").out
    assert (tmp_path / "schemas/reconciler.json").read_text() == wanted


@pytest.mark.parametrize("platform", ["github", "gitlab", "azure"])
def test_code_owners_are_asked_for_whatever_decides_on_creates(
    tmp_path: Path, platform: str
) -> None:
    """Configuration, manifests, each pipeline and the file itself have an owner in force."""
    init(tmp_path, "--ci", platform)
    [owners] = tmp_path.rglob("CODEOWNERS")
    lines = [line for line in owners.read_text().splitlines() if not line.startswith("#")]
    patterns = [line.partition(" ")[0].removeprefix("/") for line in lines]
    assert all(line.endswith(" @your-organisation/licensing") for line in lines)
    guarded = {"reconciler.yaml", "customers/new.yaml", *PIPELINES[platform]}
    assert {each for each in guarded if not each.startswith(tuple(patterns))} == set()


@pytest.mark.parametrize("place", ["CODEOWNERS", "docs/CODEOWNERS", ".github/CODEOWNERS"])
@pytest.mark.parametrize("platform", ["github", "gitlab"])
def test_code_owners_that_are_named_stay_in_force(
    tmp_path: Path, place: str, platform: str
) -> None:
    """A platform reads the first file it finds: one put before it would undo it."""
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("* @everybody")
    ended = init(tmp_path, "--ci", platform)
    assert [*tmp_path.rglob("CODEOWNERS")] == [tmp_path / place]
    assert f"left {place} as it is" in ended.err


@pytest.mark.parametrize(
    ("place", "kind"),
    [("schemas/manifest.json", "manifest"), ("schemas/reconciler.json", "config")],
)
def test_an_old_copy_of_a_schema_is_told(tmp_path: Path, place: str, kind: str) -> None:
    """`validate` says that editors check by another version, and a way out that works."""
    init(tmp_path)
    project, copy = Project(tmp_path), tmp_path / place
    copy.write_text(copy.read_text().replace('"description": "', '"description": "Once, '))
    told = project.run("validate")
    assert (told.code, f"{place} is not the schema of this version" in told.err) == (0, True)
    copy.write_text(project.run("schema", kind).out)
    assert project.run("validate").err == ""


@pytest.mark.parametrize("text", ["[]", "{}", "no JSON", '{"title": "Somebody\'s"}', "[" * 100_000])
def test_another_schema_in_its_place_is_nobodys_business(tmp_path: Path, text: str) -> None:
    """What was never written by `init`, or only laid out anew, is not called old."""
    init(tmp_path)
    (tmp_path / "schemas/manifest.json").write_text(text)
    copy = tmp_path / "schemas/reconciler.json"
    copy.write_text(json.dumps(json.loads(copy.read_text())))
    assert Project(tmp_path).run("validate").err == ""
