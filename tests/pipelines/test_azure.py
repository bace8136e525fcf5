"""The pipelines for Azure, run: from the pull request to the merge, and every night."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest

from tests.cli.project import Project
from tests.partner_center.sign_in.fake_authority import unsigned_jwt
from tests.pipelines.azure import Azure, Ended
from tests.pipelines.rest import serving
from tests.pipelines.team import add_an_entity, adopt_proposed, make_project
from tests.worlds import CONTOSO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repositories import GitFolder

PULL_REQUEST: Final = "reconciler-pull-request.yml"
APPLY: Final = "reconciler-apply.yml"
DRIFT: Final = "reconciler-drift.yml"
MERGE: Final = "refs/pull/7/merge"
THREADS: Final = "/org/project/_apis/git/repositories/customers/pullRequests/7/threads"


@pytest.fixture
def project(tmp_path: Path) -> tuple[GitFolder, Azure]:
    """Make a project by `init`, on the embedded Partner Center."""
    clone, remote = make_project(tmp_path, "azure")
    return clone, Azure(tmp_path / "azure", remote)


def job(azure: Azure, file: str, number: int, environ: dict[str, str] | None = None) -> Ended:
    """Run a job of a pull request's or the night's pipeline; a plan begins a run."""
    if (file, number) in {(PULL_REQUEST, 1), (DRIFT, 0)}:
        azure.begin_run()
    ref = MERGE if file == PULL_REQUEST else "main"
    return azure.run_job(file, ["jobs", number, "steps"], ref, environ or {})


def plan_merged(azure: Azure) -> Ended:
    azure.begin_run()
    return azure.run_job(APPLY, ["stages", 0, "jobs", 0, "steps"], "main", {})


def apply(azure: Azure, digest: str, environ: dict[str, str] | None = None) -> Ended:
    steps: list[str | int] = ["stages", 1, "jobs", 0, "strategy", "runOnce", "deploy", "steps"]
    return azure.run_job(APPLY, steps, "main", {"digest": digest, **(environ or {})})


@contextmanager
def api(  # noqa: C901 - one table of calls
    threads: list[dict[str, Any]], items: list[dict[str, Any]], requests: list[dict[str, Any]]
) -> Iterator[dict[str, str]]:
    """Serve the threads of one pull request, and work items and pull requests of its project."""

    def answer(method: str, address: str, body: Any) -> Any:
        path, _, query = address.partition("?")
        assert query.endswith("api-version=7.1")
        match method, path.removeprefix(THREADS).split("/"):
            case "GET", [""]:
                return {"value": [{"id": n, **each} for n, each in enumerate(threads)]}
            case "POST", [""]:
                threads.append({**body, "comments": [{"id": 1, **body["comments"][0]}]})
            case "PATCH", ["", thread, "comments", "1"]:
                threads[int(thread)]["comments"][0] |= body
            case "GET", [*_, "pullrequests"]:
                assert "searchCriteria.sourceRefName=refs%2Fheads%2Freconciler-adopt" in query
                opened = enumerate(requests)
                return {"value": [{"pullRequestId": n} for n, r in opened if "status" not in r]}
            case "POST", [*_, "pullrequests"]:
                requests.append(body)
            case "PATCH", [*_, "pullrequests", request]:
                requests[int(request)] |= body
            case "POST", [*_, "wit", "wiql"]:
                assert "'reconciler-drift'" in body["query"]
                return {"workItems": [{"id": n} for n, _ in enumerate(items)]}
            case "POST", [*_, "workitems", "%24Task"]:
                items.append({each["path"]: each["value"] for each in body})
            case "PATCH", [*_, "workitems", item]:
                items[int(item)] |= {each["path"]: each["value"] for each in body}
            case _:
                pytest.fail(f"not expected: {method} {address}")
        return {}

    with serving(answer) as address:
        yield {
            "SYSTEM_COLLECTIONURI": f"{address}/org/",
            "SYSTEM_TEAMPROJECTID": "project",
            "BUILD_REPOSITORY_ID": "customers",
            "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
            "System.AccessToken": "a token",
        }


def test_from_the_pull_request_to_the_merge(project: tuple[GitFolder, Azure]) -> None:
    """Check, plan, comment, merge, apply exactly that; a rerun and the next merge add nothing."""
    clone, azure = project
    add_an_entity(clone)
    clone.git("switch", "--quiet", "main")
    clone.git("merge", "--quiet", "--no-ff", "--no-edit", "change")
    clone.git("push", "--quiet", "origin", f"HEAD:{MERGE}")
    validate = job(azure, PULL_REQUEST, 0)
    assert validate.ok, validate.log
    plan = job(azure, PULL_REQUEST, 1)
    assert plan.ok, plan.log
    artifact = azure.artifacts / "reconciler-plan-1"
    assert json.loads((artifact / "plan.json").read_text())["summary"]["customers"] == 1
    threads: list[dict[str, Any]] = [{"comments": [{"id": 1, "content": "somebody's"}]}]
    with api(threads, [], []) as environ:
        for _ in range(2):
            report = job(azure, PULL_REQUEST, 2, environ)
            assert report.ok, report.log
    said = [thread["comments"][0]["content"] for thread in threads]
    assert said == ["somebody's", (artifact / "plan.md").read_text()]

    clone.git("push", "--quiet", "origin", "main")
    plan = plan_merged(azure)
    assert plan.ok, plan.log
    assert plan.variables["reconciler.steps"] == "3"
    applied = apply(azure, plan.variables["reconciler.digest"])
    assert applied.ok, applied.log
    report_file = azure.artifacts / "reconciler-report-1/report.json"
    assert json.loads(report_file.read_text())["summary"]["created"] == 3
    assert "##vso[build.addbuildtag]reconciler-state" in applied.log
    rerun = apply(azure, plan.variables["reconciler.digest"], {"System.JobAttempt": "2"})
    assert rerun.ok, rerun.log
    report_file = azure.artifacts / "reconciler-report-2/report.json"
    assert json.loads(report_file.read_text())["summary"]["alreadyPresent"] == 3
    again = plan_merged(azure)
    assert again.ok, again.log
    assert again.variables["reconciler.steps"] == "0"
    assert "0 of 2 customers changed" in again.log


def test_apply_wants_the_digest_of_the_plan(project: tuple[GitFolder, Azure]) -> None:
    """Another plan than the one that was approved is refused, and the state is kept."""
    _, azure = project
    assert plan_merged(azure).ok
    assert not apply(azure, "sha256:" + "0" * 64).ok
    assert (azure.artifacts / "reconciler-state-1").is_dir()
    assert not (azure.artifacts / "reconciler-report-1").exists()


def test_what_can_never_be_fails_the_pull_request(project: tuple[GitFolder, Azure]) -> None:
    """The check is red, and the plan is published all the same."""
    clone, azure = project
    manifest = clone.folder / "customers/fabrikam-water-authority.yaml"
    manifest.write_text(manifest.read_text().replace("- StateOwnedEntity", "- Nonprofit"))
    clone.branch("change")
    clone.commit("Impossible")
    clone.git("push", "--quiet", "origin", f"HEAD:{MERGE}")
    plan = job(azure, PULL_REQUEST, 1)
    assert not plan.ok
    assert "##vso[task.logissue type=error" in plan.log
    assert (azure.artifacts / "reconciler-plan-1/plan.sarif").exists()


def test_drift_keeps_one_task_and_is_adopted(project: tuple[GitFolder, Azure]) -> None:
    """Both are opened and brought up to date, and told when nothing differs; so is who did it."""
    clone, azure = project
    items: list[dict[str, Any]] = []
    requests: list[dict[str, Any]] = []
    machine: dict[str, str] = {}

    def night(*jobs: int) -> Ended:
        plan = job(azure, DRIFT, 0, machine)
        assert plan.ok, plan.log
        with api([], items, requests) as environ:
            told = environ | {"exitCode": plan.variables["reconciler.exitCode"]}
            told["BUILD_REPOSITORY_URI"] = str(azure.remote)
            for number in jobs:
                ended = job(azure, DRIFT, number, told)
                assert ended.ok, ended.log
        return plan

    with Project(clone.folder).served("live.yaml") as address:
        machine |= {
            "PARTNER_CENTER_ENDPOINT": address,
            "PARTNER_CENTER_ACCESS_TOKEN": "admin",
        }
        create_as_ada(address)
        plan = night(1, 1, 2, 2)
        [item], [request] = items, requests
        assert "StateOwnedEntity is held but not declared" in item["/fields/System.Description"]
        assert "StateOwnedEntity was set by ada@partner.example" in request["description"]
        assert "1 file changed" in adopt_proposed(clone)
        assert apply(azure, plan.variables["reconciler.digest"], machine).ok
        night(1, 2)
    assert item["/fields/System.History"] == "Nothing differs any more."
    assert request["status"] == "abandoned"


def create_as_ada(address: str) -> None:
    """Make Contoso a state-owned entity, as somebody at Partner Center does."""
    token = unsigned_jwt({"scp": "user_impersonation", "upn": "ada@partner.example"})
    answer = httpx.post(
        f"{address}/v1/customers/{CONTOSO}/qualifications",
        json={"qualification": "StateOwnedEntity"},
        headers={"Authorization": f"Bearer {token}", "MS-RequestId": "0"},
        trust_env=False,
    )
    assert answer.is_success, answer.text
