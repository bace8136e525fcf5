"""The pipeline for GitLab, run: from the merge request to the merge, and every night."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.pipelines.gitlab import GitLab, resolve
from tests.pipelines.rest import serving
from tests.pipelines.runner import machine_environment, read_yaml
from tests.pipelines.team import add_an_entity, adopt_proposed, created_outside, make_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repositories import GitFolder

ADOPTING: Final = "state=opened&source_branch=reconciler-adopt&target_branch=main"


@pytest.fixture
def project(tmp_path: Path) -> tuple[GitFolder, GitLab]:
    """Make a project by `init`, on the embedded Partner Center."""
    clone, remote = make_project(tmp_path, "gitlab")
    return clone, GitLab(tmp_path / "gitlab", remote)


@contextmanager
def api(  # noqa: C901 - one table of calls
    notes: list[str], issues: list[dict[str, str]], requests: list[dict[str, str]]
) -> Iterator[dict[str, str]]:
    """Serve the notes of one merge request, and the issues and merge requests of its project."""

    def answer(method: str, address: str, body: Any) -> Any:
        path = urlsplit(address).path.removeprefix("/projects/1/")
        match method, path.split("/"):
            case "GET", ["merge_requests", "7", "notes"]:
                return [{"id": index, "body": note} for index, note in enumerate(notes)]
            case "POST", ["merge_requests", "7", "notes"]:
                notes.append(body["body"])
            case "PUT", ["merge_requests", "7", "notes", index]:
                notes[int(index)] = body["body"]
            case "GET", ["issues"]:
                assert urlsplit(address).query.startswith("state=opened&labels=reconciler-drift")
                opened = enumerate(issues)
                return [{"iid": n} for n, each in opened if "state_event" not in each]
            case "POST", ["issues"]:
                issues.append(body)
            case "PUT", ["issues", index]:
                issues[int(index)] |= body
            case "GET", ["merge_requests"]:
                assert urlsplit(address).query == ADOPTING
                opened = enumerate(requests)
                return [{"iid": n} for n, each in opened if "state_event" not in each]
            case "POST", ["merge_requests"]:
                requests.append(body)
            case "PUT", ["merge_requests", index]:
                requests[int(index)] |= body
            case _:
                pytest.fail(f"not expected: {method} {address}")
        return {}

    with serving(answer) as address:
        yield {
            "CI_API_V4_URL": address,
            "CI_PROJECT_ID": "1",
            "CI_MERGE_REQUEST_IID": "7",
            "CI_DEFAULT_BRANCH": "main",
            "RECONCILER_API_TOKEN": "a token",
            "RECONCILER_ADOPT_TOKEN": "another token",
        }


def merged_variables(gitlab: GitLab) -> dict[str, str]:
    """Find what the rule for a merge sets."""
    document = read_yaml(gitlab.folder / "builds/project/.gitlab/reconciler.yml")
    variables: dict[str, str] = resolve(document, "reconciler-plan-merged")["rules"][0]["variables"]
    return variables


def test_from_the_merge_request_to_the_merge(project: tuple[GitFolder, GitLab]) -> None:
    """Check, plan, one note, merge, apply exactly that; the next merge finds nothing to do."""
    clone, gitlab = project
    base = clone.git("rev-parse", "HEAD")
    add_an_entity(clone)
    clone.git("push", "--quiet", "origin", "change")
    request = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": base}
    validate = gitlab.run_job("reconciler-validate", "change", request)
    assert validate.code == 0, validate.log
    plan = gitlab.run_job("reconciler-plan", "change", request)
    assert plan.code == 0, plan.log
    assert json.loads((gitlab.artifacts / "plan.json").read_text())["summary"]["customers"] == 1
    notes = ["somebody's"]
    with api(notes, [], []) as environ:
        for _ in range(2):
            note = gitlab.run_job("reconciler-note", "change", environ)
            assert note.code == 0, note.log
    assert notes == ["somebody's", (gitlab.artifacts / "plan.md").read_text()]

    clone.git("switch", "--quiet", "main")
    clone.git("merge", "--quiet", "--no-ff", "--no-edit", "change")
    clone.git("push", "--quiet", "origin", "main")
    merged = merged_variables(gitlab)
    plan = gitlab.run_job("reconciler-plan-merged", "main", merged)
    assert plan.code == 0, plan.log
    applied = gitlab.run_job("reconciler-apply", "main", {})
    assert applied.code == 0, applied.log
    report = json.loads((gitlab.artifacts / "report.json").read_text())
    assert report["summary"]["created"] == 3
    again = gitlab.run_job("reconciler-plan-merged", "main", merged)
    assert again.code == 0, again.log
    assert "0 of 2 customers changed" in again.log


def test_apply_wants_the_digest_of_the_plan(project: tuple[GitFolder, GitLab]) -> None:
    """Another plan than the one that was looked at is refused."""
    _, gitlab = project
    assert gitlab.run_job("reconciler-plan-merged", "main", {"CHANGED_FROM": ""}).code == 0
    told = gitlab.artifacts / "plan.env"
    told.write_text("DIGEST=sha256:" + "0" * 64)
    assert gitlab.run_job("reconciler-apply", "main", {}).code == 1
    assert not (gitlab.artifacts / "report.json").exists()


@contextmanager
def vault(tokens: list[str]) -> Iterator[dict[str, str]]:
    """Serve the authority, and the vault whose secret has had these values."""

    def answer(method: str, address: str, body: Any) -> Any:
        match method, address:
            case "POST", "/contoso/oauth2/v2.0/token":
                proof = {key: value for key, [value] in parse_qs(body).items()}
                assert proof["client_assertion"] == "an id token"
                assert proof["scope"] == "https://0.0.1/.default"
                return {"access_token": "for the vault"}
            case "GET", "/secrets/partner-center-refresh-token?api-version=7.4":
                return {"value": tokens[-1]}
            case "PUT", "/secrets/partner-center-refresh-token?api-version=7.4":
                tokens.append(body["value"])
            case _:
                pytest.fail(f"not expected: {method} {address}")
        return {}

    with serving(answer) as address:
        yield {
            "KEY_VAULT": address,
            "AZURE_AUTHORITY_HOST": address,
            "AZURE_TENANT_ID": "contoso",
            "RECONCILER_APPLY_CLIENT_ID": "applies",
            "AZURE_ID_TOKEN": "an id token",
        }


@pytest.mark.parametrize(
    ("what", "kept"),
    [
        ('test "$(cat "$FILE")" = original && printf rotated > "$FILE"', ["original", "rotated"]),
        (': > "$FILE"', ["original"]),
        ("true", ["original"]),
    ],
)
def test_the_refresh_token_goes_back_into_the_vault(
    project: tuple[GitFolder, GitLab], what: str, kept: list[str]
) -> None:
    """A rotated token is kept, also when apply fails; a good one is never replaced by nothing."""
    _, gitlab = project
    failing = gitlab.folder / "programs/reconciler"
    failing.parent.mkdir()
    failing.write_text(f"#!/bin/sh\nFILE=$PARTNER_CENTER_REFRESH_TOKEN_FILE\n{what}\nexit 1\n")
    failing.chmod(0o755)
    path = machine_environment(gitlab.folder, failing.parent)["PATH"]
    tokens = ["original"]
    with vault(tokens) as environ:
        told = environ | {"PATH": path, "DIGEST": "sha256:0"}
        applied = gitlab.run_job("reconciler-apply", "main", told)
    assert applied.code == 1
    assert tokens == kept
    assert "original" not in applied.log
    assert not list(gitlab.folder.rglob("refresh-token*"))


def test_broken_manifests_fail_the_check(project: tuple[GitFolder, GitLab]) -> None:
    """The job fails, and the merge request shows the JUnit report."""
    clone, gitlab = project
    clone.branch("change")
    clone.write("customers/broken.yaml", "kind: [\n")
    clone.commit("Broken")
    clone.git("push", "--quiet", "origin", "change")
    assert gitlab.run_job("reconciler-validate", "change", {}).code == 1
    assert "broken.yaml" in (gitlab.artifacts / "validation.junit.xml").read_text()


def test_drift_keeps_one_issue_and_is_adopted(project: tuple[GitFolder, GitLab]) -> None:
    """Both are opened, brought up to date, and closed when nothing differs; who did it is told."""
    clone, gitlab = project
    issues: list[dict[str, str]] = []
    requests: list[dict[str, str]] = []
    issue_job, adopt_job = "reconciler-drift-issue", "reconciler-adopt"

    def night(*jobs: str) -> None:
        gitlab.run_job("reconciler-plan-drift", "main", {})
        with api([], issues, requests) as environ:
            environ["CI_PROJECT_URL"] = str(gitlab.remote.with_suffix(""))
            for job in jobs:
                ended = gitlab.run_job(job, "main", environ)
                assert ended.code == 0, ended.log

    created_outside(clone)
    night(issue_job, issue_job, adopt_job, adopt_job)
    [issue] = issues
    assert "StateOwnedEntity is held but not declared" in issue["description"]
    [request] = requests
    assert "StateOwnedEntity was set by ada@partner.example" in request["description"]
    assert "1 file changed" in adopt_proposed(clone)
    assert gitlab.run_job("reconciler-apply", "main", {}).code == 0
    night(issue_job, adopt_job)
    assert (issue["state_event"], request["state_event"]) == ("close", "close")
