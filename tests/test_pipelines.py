"""The pipelines that people copy: what they may do, and that their steps do what they say."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from ruamel.yaml import YAML

from reconciler.scaffold import PIPELINES, Platform, read_texts
from tests.cli.project import clean_environment
from tests.pipelines.runner import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[1]
WORKFLOWS: Final = ROOT / "examples/pipelines/github/.github/workflows"
ACTION: Final = ROOT / ".github/actions/reconciler/action.yml"
STATE: Final = ROOT / "examples/pipelines/github/.github/actions/reconciler-state/action.yml"
PULL_REQUEST: Final = "reconciler-pull-request.yml"
APPLY: Final = "reconciler-apply.yml"
DRIFT: Final = "reconciler-drift.yml"
COMMENT: Final = ROOT / "examples/comment-commands/.github/workflows/reconciler-comment.yml"
OWN: Final = sorted((ROOT / ".github/workflows").glob("*.yml"))
GITHUB_FILES: Final = [
    *(WORKFLOWS / name for name in (PULL_REQUEST, APPLY, DRIFT)),
    ACTION,
    STATE,
    COMMENT,
    *OWN,
]


def strings(node: Any) -> Iterator[str]:
    match node:
        case str():
            yield node
        case dict():
            for value in node.values():
                yield from strings(value)
        case list():
            for value in node:
                yield from strings(value)


def steps_of(document: Any) -> list[dict[str, Any]]:
    """Find the steps of a workflow or of a composite action."""
    if "runs" in document:
        return list(document["runs"]["steps"])
    return [step for job in document["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("platform", list(Platform))
def test_the_examples_are_what_init_writes(platform: Platform) -> None:
    """There is one source; whoever copies an example gets what `init` writes."""
    folder = ROOT / "examples/pipelines" / platform
    found = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert found == read_texts(PIPELINES[platform])


def test_the_action_is_the_one_that_init_writes() -> None:
    """The action of this repository and the copied one are the same."""
    [written] = read_texts({"action": "github/action.yml"}).values()
    assert ACTION.read_text(encoding="utf-8") == written


@pytest.mark.parametrize("path", GITHUB_FILES, ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_commit(path: Path) -> None:
    """A tag can be moved by whoever takes an account over; a commit can't."""
    uses = [line for line in path.read_text().splitlines() if re.search(r"\buses:", line)]
    assert uses
    for line in uses:
        assert re.search(r"uses: (\./\S+|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$", line), line


@pytest.mark.parametrize("path", GITHUB_FILES, ids=lambda path: path.name)
def test_no_text_of_others_is_part_of_a_script(path: Path) -> None:
    """A branch or a title could hold a command: scripts see such text as variables only."""
    for step in steps_of(read_yaml(path)):
        assert "${{" not in step.get("run", "")


WRITES: Final = {
    (PULL_REQUEST, "validate"): set(),
    (PULL_REQUEST, "plan"): {"id-token"},
    (PULL_REQUEST, "report"): {"pull-requests", "security-events"},
    (APPLY, "plan"): {"id-token"},
    (APPLY, "apply"): {"id-token"},
    (COMMENT.name, "gate"): set(),
    (COMMENT.name, "plan"): {"id-token"},
    (COMMENT.name, "apply"): {"id-token"},
    (COMMENT.name, "report"): {"pull-requests"},
    (DRIFT, "plan"): {"id-token"},
    (DRIFT, "report"): {"issues", "security-events"},
    (DRIFT, "adopt"): {"contents", "pull-requests"},
}


@pytest.mark.parametrize(
    "path", [*(WORKFLOWS / name for name in (PULL_REQUEST, APPLY, DRIFT)), COMMENT]
)
def test_permissions_are_minimal(path: Path) -> None:
    """Nothing by default; each job writes only what it is there for."""
    workflow = read_yaml(path)
    assert workflow["permissions"] == {}
    for job, body in workflow["jobs"].items():
        writes = {key for key, value in body["permissions"].items() if value != "read"}
        assert writes == WRITES[path.name, job], job


def test_whoever_may_write_runs_nothing_of_the_branch() -> None:
    """A job that runs what a branch holds can write nowhere, and the reverse."""
    for name in (PULL_REQUEST, DRIFT):
        for job in read_yaml(WORKFLOWS / name)["jobs"].values():
            writes = {key for key, value in job["permissions"].items() if value == "write"}
            if not writes - {"id-token"}:
                continue
            used = [step.get("uses", "") for step in job["steps"]]
            assert not any(each.startswith("./") for each in used)
            for step in job["steps"]:
                assert not re.search(r"(?m)^ *(reconciler|python3?|pip) ", step.get("run", ""))
                if "checkout" in step.get("uses", ""):
                    assert step["with"]["ref"] == "main", "what was reviewed, and nothing else"


@pytest.mark.parametrize("path", GITHUB_FILES, ids=lambda path: path.name)
def test_no_secret_is_asked_for(path: Path) -> None:
    """No pipeline needs one: identities are federated, the token is in a vault."""
    text = path.read_text()
    assert not re.search(r"\bsecrets\.[A-Z]", text)
    assert "pull_request_target" not in text
    assert not re.search(r"(?m)^ *workflow_run:", text)


def test_forks_are_checked_offline_only() -> None:
    """A fork's pull request gets no identity."""
    workflow = read_yaml(WORKFLOWS / PULL_REQUEST)
    assert set(workflow["on"]) == {"pull_request"}
    same = "github.event.pull_request.head.repo.full_name == github.repository"
    assert workflow["jobs"]["plan"]["if"] == same
    assert workflow["jobs"]["report"]["needs"] == "plan"
    assert "if" not in workflow["jobs"]["validate"]


def test_applies_run_one_at_a_time_in_a_protected_environment() -> None:
    """Nobody's apply is cut short by the next."""
    workflow = read_yaml(WORKFLOWS / APPLY)
    assert workflow["concurrency"] == {"group": "reconciler-apply", "cancel-in-progress": False}
    assert workflow["jobs"]["apply"]["environment"] == "partner-center"
    gitlab = read_yaml(ROOT / "examples/pipelines/gitlab/.gitlab/reconciler.yml")
    assert gitlab["reconciler-apply"]["resource_group"] == "partner-center"
    assert gitlab["reconciler-apply"]["environment"] == "partner-center"
    azure = read_yaml(ROOT / "examples/pipelines/azure/.azure-pipelines/reconciler-apply.yml")
    assert azure["lockBehavior"] == "sequential"
    [job] = azure["stages"][1]["jobs"]
    assert job["environment"] == "partner-center"


def test_every_token_at_gitlab_is_protected() -> None:
    """A branch writes its own jobs, so a variable that it sees is one that it can print."""
    text = (ROOT / "examples/pipelines/gitlab/.gitlab/reconciler.yml").read_text(encoding="utf-8")
    comments = re.findall(r"(?m)^#   (\w+_TOKEN) (.*(?:\n#    .*)*)", text)
    assert {name for name, _ in comments} == set(re.findall(r"RECONCILER_\w+_TOKEN", text))
    for _, told in comments:
        assert "masked and protected" in told


def scripts() -> Iterator[tuple[str, str]]:
    """Every script of every pipeline, with the file it is in."""
    folder = ROOT / "examples"
    for path in sorted(folder.rglob("*.yml")):
        for text in strings(read_yaml(path)):
            if "\n" in text and "description" not in text[:20]:
                yield path.name, text


@pytest.mark.parametrize(("file", "script"), list(scripts()))
def test_every_script_is_valid_bash(file: str, script: str) -> None:
    """What can't be run here is at least read by bash, and its Python by Python."""
    done = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    for program in re.findall(r"<<'PYTHON'\n(.*?)\n *PYTHON", script, re.DOTALL):
        compile(program, file, "exec")


@pytest.mark.parametrize("path", sorted((ROOT / "examples/pipelines").rglob("*.yml")))
def test_no_pipeline_installs_a_namesake(path: Path) -> None:
    """On the Python Package Index the bare name is another program's."""
    assert not re.search(r"pip install\b[^\n]*[ \"]reconciler\b", path.read_text())


@pytest.mark.parametrize(
    ("variable", "file"), [("", ""), ("a package", ""), ("a package", "another"), ("", "a package")]
)
def test_installing_needs_to_be_told_what(tmp_path: Path, variable: str, file: str) -> None:
    """By the variable, or by the file that a fork has too; by no name that is somebody else's."""
    package = variable or file
    (tmp_path / "a/b/c").mkdir(parents=True)
    [kept] = read_texts({"": "github/package.txt"}).values()
    (tmp_path / "a/b/c/package.txt").write_text(f"{kept}{file}\n" if file else kept)
    [step] = [s for s in steps_of(read_yaml(ACTION)) if s.get("name") == "Install reconciler"]
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$@"\n')
    python.chmod(0o755)
    path = {"PATH": f"{tmp_path}:{clean_environment()['PATH']}"}
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", step["run"]],
        env=path | {"PACKAGE": variable, "GITHUB_ACTION_PATH": str(tmp_path / "a/b/c")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == int(not package)
    assert done.stdout.startswith("-I -m pip" if package else "::error::set the variable")
    assert f"--no-build-isolation {package}\n" in done.stdout or not package


def test_the_action_installs_the_repository_it_comes_from() -> None:
    """Used as OWNER/REPOSITORY/.github/actions/reconciler@COMMIT it needs no package."""
    [step] = [s for s in steps_of(read_yaml(ACTION)) if s.get("name") == "Install reconciler"]
    script = step["run"].replace("python -I -m pip", "echo")
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        env=clean_environment() | {"PACKAGE": "", "GITHUB_ACTION_PATH": str(ACTION.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    [alone] = [line for line in done.stdout.splitlines() if "--no-deps" in line]
    assert Path(alone.split()[-1]).resolve() == ROOT


def test_the_pre_commit_hook_checks_all_manifests_at_once() -> None:
    """A duplicate is found only where all are seen, so no file names are passed."""
    [hook] = read_yaml(ROOT / ".pre-commit-hooks.yaml")
    assert hook["entry"] == "reconciler validate"
    assert hook["language"] == "python"
    assert hook["pass_filenames"] is False


@pytest.mark.parametrize("path", [ACTION, *sorted((ROOT / "examples").rglob("*.y*ml"))])
def test_no_file_of_a_branch_is_imported(path: Path) -> None:
    """Python puts the working folder first: a branch's own json.py would run with the identity."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if re.search(r"\bpython3? -(?!I\b)", line)] == []


def test_the_readme_shows_a_hook_that_is_there() -> None:
    """What people copy for pre-commit names the hook as it is called."""
    text = (ROOT / "examples/pipelines/README.md").read_text(encoding="utf-8")
    [sample] = [
        body for body in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "hooks:" in body
    ]
    [repository] = YAML(typ="safe", pure=True).load(sample)["repos"]
    [hook] = read_yaml(ROOT / ".pre-commit-hooks.yaml")
    assert [each["id"] for each in repository["hooks"]] == [hook["id"]]
