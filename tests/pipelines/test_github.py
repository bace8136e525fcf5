"""The workflows for GitHub, run: from the pull request to the merge, and every night."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.pipelines.team import change, created_outside
from tests.worlds import CONTOSO

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pipelines.team import Team

PULL_REQUEST: Final = "reconciler-pull-request.yml"
APPLY: Final = "reconciler-apply.yml"
DRIFT: Final = "reconciler-drift.yml"
MERGED: Final = {"event_name": "push", "ref": "refs/heads/main", "event": {}}
BY_HAND: Final = {"event_name": "workflow_dispatch", "ref": "refs/heads/main", "event": {}}
AT_NIGHT: Final = {"event_name": "schedule", "ref": "refs/heads/main", "event": {}}


def test_from_the_pull_request_to_the_merge(served: Team) -> None:
    """Plan on the pull request, comment, merge, apply exactly that; nothing is left to do then."""
    change(served)
    event = served.pull_request()
    validate = served.github.run_job(PULL_REQUEST, "validate", event)
    assert validate.ok, validate.log
    assert "Plan" not in validate.ran

    plan = served.plan(PULL_REQUEST, event)
    assert plan.ok, plan.log
    document = served.document()
    assert document["selection"]["changedFrom"] == "origin/main"
    assert document["summary"]["customers"] == 1
    assert [step["qualification"] for step in document["steps"]] == [
        "Education",
        "StateOwnedEntity",
    ]
    assert plan.summary.startswith("<!-- reconciler:plan -->")

    report = served.github.run_job(PULL_REQUEST, "report", event, {"plan": plan})
    assert report.ok, report.log
    assert "github/codeql-action/upload-sarif" in report.ran
    [comment] = served.stood_in()["comments"]
    assert comment["body"] == plan.summary

    served.merge()
    plan = served.plan(APPLY, MERGED)
    assert plan.ok, plan.log
    assert plan.outputs["steps"] == "3", "what was there before the first apply is not lost"
    assert plan.outputs["digest"] == served.document()["digest"]

    applied = served.as_user().run_job(APPLY, "apply", MERGED, {"plan": plan})
    assert applied.ok, applied.log
    results = served.document("reconciler-report", "report.json")["results"]
    assert {result["outcome"] for result in results} == {"created"}
    assert applied.summary.startswith("<!-- reconciler:apply -->")

    again = served.plan(APPLY, BY_HAND)
    assert again.ok, again.log
    assert (again.outputs["steps"], served.document()["summary"]["pending"]) == ("0", 1)


def test_an_app_only_identity_can_plan_and_never_apply(served: Team) -> None:
    """The identity of pull requests creates nothing, even where it gets to apply."""
    plan = served.plan(APPLY, MERGED)
    assert plan.ok, plan.log
    applied = served.github.run_job(APPLY, "apply", MERGED, {"plan": plan})
    assert not applied.ok
    outcomes = served.document("reconciler-report", "report.json")["summary"]
    assert outcomes["created"] == 0


def test_it_works_at_once_on_the_embedded_partner_center(embedded: Team) -> None:
    """Without any setting a merge is planned and applied, and the state is kept between jobs."""
    plan = embedded.plan(APPLY, MERGED)
    assert plan.ok, plan.log
    applied = embedded.github.run_job(APPLY, "apply", MERGED, {"plan": plan})
    assert applied.ok, applied.log
    embedded.clone.write("readme.md", "Something else.\n")
    embedded.clone.commit("Something else")
    embedded.clone.git("push", "--quiet", "origin", "main")
    again = embedded.plan(APPLY, MERGED)
    assert again.ok, again.log
    assert again.outputs["steps"] == "0"
    assert embedded.document()["summary"]["customers"] == 0, "only what is new was looked at"
    note = embedded.github.artifacts / "reconciler-state/applied-commit"
    assert note.read_text().strip() == embedded.clone.git("rev-parse", "HEAD")
    skipped = embedded.github.run_job(APPLY, "apply", MERGED, {"plan": again})
    assert skipped.ran == [], "nobody is asked to approve nothing"


def test_a_merge_plans_what_is_new_since_the_last_apply(embedded: Team) -> None:
    """A merge whose apply never ran is made up for by the next; what is done is not read again."""
    plan = embedded.plan(APPLY, MERGED)
    embedded.github.run_job(APPLY, "apply", MERGED, {"plan": plan})
    change(embedded)
    embedded.merge()
    embedded.plan(APPLY, MERGED)
    embedded.clone.git("switch", "--quiet", "change")
    embedded.clone.write("reconciler.md", "Something else.\n")
    embedded.clone.commit("Something else")
    embedded.merge()
    plan = embedded.plan(APPLY, MERGED)
    assert plan.outputs["steps"] == "1", plan.log
    assert embedded.document()["summary"]["customers"] == 1


def test_another_plan_than_the_one_approved_is_refused(embedded: Team) -> None:
    """The digest comes from the job that people looked at; state is kept when apply fails."""
    plan = embedded.plan(APPLY, MERGED)
    other = replace(plan, outputs=plan.outputs | {"digest": "sha256:" + "0" * 64})
    applied = embedded.github.run_job(APPLY, "apply", MERGED, {"plan": other})
    assert not applied.ok
    assert (embedded.github.artifacts / "reconciler-state").is_dir()
    assert not (embedded.github.artifacts / "reconciler-state/applied-commit").exists()
    assert not (embedded.github.artifacts / "reconciler-report").exists()


def test_one_comment_is_updated_in_place(embedded: Team) -> None:
    """Nobody is sent a comment for every push; a stranger's comment is never touched."""
    change(embedded)
    stranger = {"id": 1, "login": "somebody", "body": "<!-- reconciler:plan -->\nmine"}
    state = {"comments": [stranger], "issues": []}
    (embedded.github.folder / "github.json").write_text(json.dumps(state))

    def push() -> list[dict[str, Any]]:
        event = embedded.pull_request()
        plan = embedded.plan(PULL_REQUEST, event)
        assert embedded.github.run_job(PULL_REQUEST, "report", event, {"plan": plan}).ok
        comments: list[dict[str, Any]] = embedded.stood_in()["comments"]
        return comments

    assert "contoso.edu" in push()[1]["body"]
    manifest = embedded.clone.folder / "customers/contoso-unified-school-district.yaml"
    manifest.write_text(manifest.read_text().replace("contoso.edu", "contoso.org"))
    embedded.clone.commit("The website has moved")
    first, ours = push()
    assert first == stranger
    assert "contoso.org" in ours["body"]


def test_what_can_never_be_fails_the_pull_request_and_is_shown(embedded: Team) -> None:
    """The check is red, and the comment, the SARIF and the summary are there all the same."""
    embedded.clone.branch("change")
    manifest = embedded.clone.folder / "customers/fabrikam-water-authority.yaml"
    manifest.write_text(manifest.read_text().replace("- StateOwnedEntity", "- Nonprofit"))
    embedded.clone.commit("Impossible")
    event = embedded.pull_request()
    plan = embedded.plan(PULL_REQUEST, event)
    assert not plan.ok
    assert "::error" in plan.log
    report = embedded.github.run_job(PULL_REQUEST, "report", event, {"plan": plan})
    assert report.ok, report.log
    assert "nonprofit-not-settable" in embedded.stood_in()["comments"][0]["body"]


def test_broken_manifests_stop_before_anybody_is_asked(embedded: Team) -> None:
    """An invalid manifest is annotated by the offline check; nothing is planned."""
    embedded.clone.branch("change")
    embedded.clone.write("customers/broken.yaml", "kind: [\n")
    embedded.clone.commit("Broken")
    event = embedded.pull_request()
    validate = embedded.github.run_job(PULL_REQUEST, "validate", event)
    assert not validate.ok
    assert "::error file=customers/broken.yaml" in validate.log
    plan = embedded.plan(PULL_REQUEST, event)
    assert not plan.ok
    assert "Plan" not in plan.ran
    report = embedded.github.run_job(PULL_REQUEST, "report", event, {"plan": plan})
    assert report.ran == []


def test_a_fork_gets_no_plan(embedded: Team) -> None:
    """The plan of a fork's pull request is skipped."""
    change(embedded)
    event = embedded.pull_request()
    event["event"]["pull_request"]["head"]["repo"]["full_name"] = "stranger/customers"
    assert embedded.github.run_job(PULL_REQUEST, "validate", event).ok
    assert embedded.plan(PULL_REQUEST, event).ran == []


def test_drift_keeps_one_issue(embedded: Team) -> None:
    """One issue is opened, brought up to date every night, and closed when nothing differs."""

    def night() -> list[dict[str, Any]]:
        plan = embedded.plan(DRIFT, AT_NIGHT)
        assert plan.ok, plan.log
        report = embedded.github.run_job(DRIFT, "report", AT_NIGHT, {"plan": plan})
        assert report.ok, report.log
        issues: list[dict[str, Any]] = embedded.stood_in()["issues"]
        return issues

    [issue] = night()
    assert issue["open"]
    assert "2 to create" in issue["body"]
    change(embedded)
    embedded.merge()
    [issue] = night()
    assert "3 to create" in issue["body"]
    plan = embedded.plan(APPLY, MERGED)
    assert embedded.github.run_job(APPLY, "apply", MERGED, {"plan": plan}).ok
    [issue] = night()
    assert not issue["open"]
    assert len(night()) == 1


def adopt(team: Team) -> list[dict[str, Any]]:
    """Run a night's plan and its adoption."""
    plan = team.plan(DRIFT, AT_NIGHT)
    assert plan.ok, plan.log
    adopted = team.github.run_job(DRIFT, "adopt", AT_NIGHT, {"plan": plan})
    assert adopted.ok, adopted.log
    pulls: list[dict[str, Any]] = team.stood_in().get("pulls", [])
    return pulls


def test_drift_is_adopted_by_one_pull_request(embedded: Team) -> None:
    """Opened with who did it, the same commit every night, closed when nothing is left to adopt."""
    assert adopt(embedded) == []
    created_outside(embedded.clone)
    [pull] = adopt(embedded)
    assert pull["open"]
    assert "StateOwnedEntity was set by ada@partner.example" in pull["body"]

    embedded.clone.git("fetch", "--quiet", "origin")
    changed = embedded.clone.git("diff", "--stat", "origin/main", "origin/reconciler-adopt")
    assert "contoso-unified-school-district.yaml" in changed
    assert "1 file changed" in changed
    proposed = embedded.clone.git("rev-parse", "origin/reconciler-adopt")
    assert len(adopt(embedded)) == 1
    embedded.clone.git("fetch", "--quiet", "origin")
    assert embedded.clone.git("rev-parse", "origin/reconciler-adopt") == proposed

    embedded.clone.git("merge", "--quiet", "--ff-only", "origin/reconciler-adopt")
    embedded.clone.git("push", "--quiet", "origin", "main")
    [pull] = adopt(embedded)
    assert not pull["open"]


def test_a_night_that_could_not_read_closes_no_pull_request(embedded: Team) -> None:
    """What is adopted stays proposed until somebody has seen that it is not live any more."""
    created_outside(embedded.clone)
    assert adopt(embedded)[0]["open"]
    seed = embedded.clone.folder / "live.yaml"
    lines = seed.read_text().replace(CONTOSO, "00000000-0000-4000-8000-000000000001")
    seed.write_text(lines)
    embedded.clone.commit("Contoso can't be read")
    embedded.clone.git("push", "--quiet", "origin", "main")
    [pull] = adopt(embedded)
    assert pull["open"]


ROTATE: Final = """#!/bin/sh
if [ "$1" = apply ]; then {what}; fi
exec {reconciler} "$@"
"""


@pytest.mark.parametrize(
    ("what", "kept"),
    [
        ('printf rotated > "$PARTNER_CENTER_REFRESH_TOKEN_FILE"; exit 1', "rotated"),
        (': > "$PARTNER_CENTER_REFRESH_TOKEN_FILE"', "original"),
        ("true", "original"),
    ],
)
def test_the_refresh_token_goes_back_into_the_vault(
    embedded: Team, tmp_path: Path, what: str, kept: str
) -> None:
    """A rotated token is kept, also when apply fails; a good one is never replaced by nothing."""
    vault = embedded.github.folder / "partner-center-refresh-token"
    vault.write_text("original")
    with_vault = replace(embedded.github, variables={"KEY_VAULT": "vault"})
    plan = embedded.plan(APPLY, MERGED)
    programs = tmp_path / "github/programs"
    programs.mkdir(exist_ok=True)
    rotating = programs / "reconciler"
    rotating.write_text(ROTATE.format(what=what, reconciler=tmp_path / "github/reconciler"))
    rotating.chmod(0o755)
    applied = with_vault.run_job(APPLY, "apply", MERGED, {"plan": plan})
    assert applied.ok == ("exit 1" not in what), applied.log
    assert vault.read_text().strip() == kept
    writes = (embedded.github.folder / "calls.txt").read_text().count("az keyvault secret set")
    assert writes == int(kept == "rotated")
    assert "original" not in applied.log
    assert not list((tmp_path / "github/machine").rglob("refresh-token*"))
