"""Comments that plan and apply a pull request: who is obeyed, on which commit, and how far."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.pipelines.github import Job
from tests.pipelines.runner import read_yaml
from tests.pipelines.stand_ins import BOT
from tests.pipelines.team import Team, change

ROOT: Final = Path(__file__).parents[2]
EXAMPLE: Final = ROOT / "examples/comment-commands/.github"
WORKFLOW: Final = "reconciler-comment.yml"
SAID_AT: Final = "2026-11-21T10:00:00Z"
PEOPLE: Final = {"author": "write", "reviewer": "admin", "reader": "read"}


def said(body: str, login: str) -> dict[str, Any]:
    """GitHub's event of a comment."""
    return {
        "event_name": "issue_comment",
        "ref": "refs/heads/main",
        "event": {
            "issue": {"number": 7, "pull_request": {"url": "..."}},
            "comment": {"body": body, "user": {"login": login}, "created_at": SAID_AT},
            "repository": {"default_branch": "main"},
        },
    }


@dataclass(frozen=True)
class PullRequest:
    """A pull request that adds an entity, and what GitHub knows of it."""

    team: Team

    @property
    def head(self) -> str:
        return self.team.clone.git("rev-parse", "change")

    def push(self) -> None:
        self.team.clone.git("push", "--quiet", "--force", "origin", "change")

    def known(self, **other: Any) -> None:
        """Let GitHub know this pull request, approved by the reviewer and planned by nobody yet."""
        file = self.team.github.folder / "github.json"
        comments = json.loads(file.read_text())["comments"] if file.exists() else []
        review = {"user": {"login": "reviewer"}, "state": "APPROVED", "commit_id": self.head}
        pull = {
            "state": "open",
            "user": {"login": "author"},
            "head": {"sha": self.head, "repo": {"full_name": "me/customers"}},
            "base": {"ref": "main"},
        }
        state = {"pull": pull, "reviews": [review], "permissions": PEOPLE, "comments": comments}
        file.write_text(json.dumps(state | {"issues": []} | other))

    def shown(self, **other: Any) -> None:
        """Let GitHub know a plan's comment, as the pull request's own pipeline left it."""
        body = f"<!-- reconciler:plan -->\nDigest: `sha256:{'0' * 64}`\n"
        self.known(comments=[{"id": 1, "login": BOT, "body": body} | other])

    def gate(self, body: str, login: str = "author") -> Job:
        """Say it, and let only the job run that decides."""
        return self.team.github.run_job(WORKFLOW, "gate", said(body, login))

    def comment(self, body: str, login: str = "author") -> dict[str, Job]:
        """Say it, and let the jobs run that GitHub would run."""
        event = said(body, login)
        nothing = Job(ok=True, outputs={}, log="", summary="", ran=[])
        jobs = dict.fromkeys(("gate", "plan", "apply", "report"), nothing)
        for name in jobs:
            needed_ok = all(job.ok for job in jobs.values()) or name == "report"
            github = self.team.as_user() if name == "apply" else self.team.github
            if needed_ok:
                jobs[name] = github.run_job(WORKFLOW, name, event, jobs)
        return jobs

    def answers(self) -> list[str]:
        return [each["body"] for each in self.team.stood_in()["comments"] if each["login"] == BOT]


@pytest.fixture
def request_(embedded: Team) -> PullRequest:
    return open_pull_request(embedded)


def open_pull_request(team: Team) -> PullRequest:
    """Let the default branch have the example, and a branch change a manifest."""
    shutil.copytree(EXAMPLE, team.clone.folder / ".github", dirs_exist_ok=True)
    team.clone.commit("Comments plan and apply")
    team.clone.git("push", "--quiet", "origin", "main")
    change(team)
    pull = PullRequest(team)
    pull.push()
    pull.known()
    return pull


def test_plans_and_applies_what_was_reviewed(served: Team) -> None:
    """A plan is shown, the reviewed commit is applied by its digest, and the report is told."""
    request_ = open_pull_request(served)
    planned = request_.comment("reconciler plan\r\n")
    assert planned["plan"].ok, planned["plan"].log
    assert planned["apply"].ran == []
    [shown] = request_.answers()
    assert shown.startswith("<!-- reconciler:plan -->")
    assert f"https://github.com/me/customers/blob/{request_.head}/customers/" in shown

    applied = request_.comment("reconciler apply")
    assert applied["apply"].ok, applied["apply"].log
    results = request_.team.document("reconciler-report", "report.json")["results"]
    assert [result["outcome"] for result in results] == ["created", "created"]
    plan, report = request_.answers()
    assert plan.startswith("<!-- reconciler:plan -->")
    assert report.startswith("<!-- reconciler:apply -->")

    request_.known()
    again = request_.comment("reconciler plan")
    assert again["plan"].outputs["steps"] == "0"


@pytest.mark.parametrize(
    ("body", "login"),
    [
        ("reconciler plan", "stranger"),
        ("reconciler apply", "reader"),
        ("reconciler apply --auto-approve", "author"),
        ("reconciler planned", "author"),
        ("Run `reconciler apply`", "author"),
        ("reconciler apply\nreconciler plan", "author"),
    ],
)
def test_nobody_answers(request_: PullRequest, body: str, login: str) -> None:
    """Whoever may not write, or says something else, starts no job and hears nothing."""
    job = request_.gate(body, login)
    assert job.ok, job.log
    assert set(job.outputs.values()) <= {""}


def pull(**other: Any) -> Any:
    def known(request_: PullRequest) -> None:
        request_.known()
        told = request_.team.stood_in()["pull"]
        request_.known(pull=told | other)

    return known


def reviews(*given: tuple[str, str, str]) -> Any:
    def known(request_: PullRequest) -> None:
        heads = {"head": request_.head, "old": "0" * 40}
        request_.known(
            reviews=[
                {"user": {"login": login}, "state": state, "commit_id": heads[commit]}
                for login, state, commit in given
            ]
        )

    return known


def shown(**other: Any) -> Any:
    return lambda request_: request_.shown(**other)


def behind(request_: PullRequest) -> None:
    clone = request_.team.clone
    clone.git("switch", "--quiet", "main")
    clone.write("readme.md", "Something else.\n")
    clone.commit("Something else")
    clone.git("push", "--quiet", "origin", "main")
    clone.git("switch", "--quiet", "change")


def pushed(file: str) -> Any:
    def known(request_: PullRequest) -> None:
        request_.team.clone.write(file, "something: else\n")
        request_.team.clone.commit("More than manifests")
        request_.push()
        request_.known()

    return known


def linked(request_: PullRequest) -> None:
    (request_.team.clone.folder / "customers/link.yaml").symlink_to("/proc/self/environ")
    request_.team.clone.commit("A link")
    request_.push()
    request_.known()


REFUSED: Final = {
    "closed": (pull(state="closed"), "is not open"),
    "of another repository": (
        pull(head={"sha": "0" * 40, "repo": {"full_name": "stranger/customers"}}),
        "in another repository",
    ),
    "to another branch": (pull(base={"ref": "release"}), "does not go to main"),
    "behind": (behind, "bring it up to date"),
    "an unknown commit": (
        pull(head={"sha": "0" * 40, "repo": {"full_name": "me/customers"}}),
        "bring it up to date",
    ),
    "with a workflow": (pushed(".github/workflows/mine.yml"), "1 of its files are no manifests"),
    "with an action": (pushed(".github/actions/reconciler/x.yml"), "are no manifests"),
    "with a configuration": (pushed("reconciler.yaml"), "are no manifests"),
    "with a program": (pushed("customers/json.py"), "are no manifests"),
    "with a module": (pushed("json.py"), "are no manifests"),
    "with a link": (linked, "are no manifests"),
    "not reviewed": (reviews(), "has approved the commit"),
    "by its author": (reviews(("author", "APPROVED", "head")), "has approved the commit"),
    "by a reader": (reviews(("reader", "APPROVED", "head")), "has approved the commit"),
    "of another commit": (reviews(("reviewer", "APPROVED", "old")), "has approved the commit"),
    "dismissed": (reviews(("reviewer", "DISMISSED", "head")), "has approved the commit"),
    "changed their mind": (
        reviews(("reviewer", "APPROVED", "head"), ("reviewer", "CHANGES_REQUESTED", "head")),
        "asks for changes",
    ),
    "no plan yet": (reviews(("reviewer", "APPROVED", "head")), "there is no plan to apply"),
    "a plan of somebody's own": (shown(login="author"), "there is no plan to apply"),
    "a plan shown since": (shown(updated_at=SAID_AT), "the plan changed since you read it"),
    "a plan without a digest": (shown(body="<!-- reconciler:plan -->"), "tells no digest"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_to_apply(request_: PullRequest, case: str) -> None:
    """There is neither a commit to plan nor a digest to apply, and the reason is told."""
    arrange, reason = REFUSED[case]
    arrange(request_)
    job = request_.gate("reconciler apply")
    assert reason in job.outputs["refusal"], job.log
    assert (job.outputs["head"], job.outputs["digest"]) == ("", "")


def test_a_refusal_is_answered(request_: PullRequest) -> None:
    """The pull request is told why, and nothing else runs."""
    reviews()(request_)
    jobs = request_.comment("reconciler apply")
    assert jobs["plan"].ran == jobs["apply"].ran == []
    [answer] = request_.answers()
    assert "`reconciler apply` was refused: nobody else" in answer


def test_another_plan_than_the_one_shown_is_refused(request_: PullRequest) -> None:
    """The plan is made anew, and shown; its digest is not the one that was read."""
    request_.shown()
    jobs = request_.comment("reconciler apply")
    assert jobs["plan"].ok, jobs["plan"].log
    assert jobs["apply"].ran == []
    plan, answer = request_.answers()
    assert "contoso" in plan
    assert "the plan is another one by now" in answer


def test_what_came_to_nothing_is_told(request_: PullRequest) -> None:
    """A plan that can't be made leaves an answer that leads to the run."""
    pushed("customers/broken.yaml")(request_)
    jobs = request_.comment("reconciler plan")
    assert not jobs["plan"].ok
    [answer] = request_.answers()
    assert "`reconciler plan` came to nothing" in answer


def test_the_apply_job_is_the_one_of_a_merge() -> None:
    """Signing in, the vault and the kept state are the same; only what is applied differs."""
    merge = read_yaml(ROOT / "examples/pipelines/github/.github/workflows/reconciler-apply.yml")
    comment = read_yaml(EXAMPLE / "workflows" / WORKFLOW)
    job, other = merge["jobs"]["apply"], comment["jobs"]["apply"]
    assert other["concurrency"] == merge["concurrency"]
    for key in ("environment", "permissions", "env"):
        assert other[key] == job[key]
    known = [step for step in other["steps"] if step in job["steps"]]
    differing = {step.get("name", step.get("uses", "")[:16]) for step in other["steps"]} - {
        step.get("name", step.get("uses", "")[:16]) for step in known
    }
    assert differing == {"actions/checkout", "Apply", "Summary"}
