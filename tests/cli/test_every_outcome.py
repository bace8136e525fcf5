"""The example of every outcome: something of each, which then converges."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.model.rules import PLAN_RULES
from tests.cli.project import Project

if TYPE_CHECKING:
    from tests.cli.project import Ended

EVERY_OUTCOME: Final = Path(__file__).parents[2] / "examples" / "every-outcome"

ELSEWHERE: Final = frozenset(
    {
        "configuration-changed",  # takes --changed-from
        "changed-outside",  # takes --explain-drift
        "unmanaged-customer",  # takes --all-customers
        "customer-dropped",  # takes --changed-from
        "customer-unreadable",  # takes a service that refuses
        "not-checked",  # takes an app-only sign-in
        "not-permitted-by-policy",  # takes a narrower policy
        "resubmission-limit",  # takes three verifications on record
        "validation-code-exhausted",  # takes a code that is used up
        "validation-code-not-checked",  # takes a code that isn't there
    }
)
"""Rules that the example's own world can't show."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    """Copy the example, then plan, apply and plan again."""
    folder = tmp_path_factory.mktemp("tour") / "every-outcome"
    shutil.copytree(EVERY_OUTCOME, folder, ignore=shutil.ignore_patterns(".reconciler"))
    project = Project(folder)
    return {
        "validate": project.run("validate", "--format", "json"),
        "plan": project.run("plan", "--format", "json"),
        "apply": project.run("apply", "--auto-approve", "--format", "json"),
        "again": project.run("plan", "--format", "json"),
    }


def test_valid(runs: dict[str, Ended]) -> None:
    """Its manifests are valid, with warnings."""
    assert runs["validate"].code == 0
    assert runs["validate"].document["summary"]["warnings"] > 0


def test_every_outcome(runs: dict[str, Ended]) -> None:
    """The plan shows steps and findings of every category, and nearly every rule."""
    plan = runs["plan"].document
    assert runs["plan"].code == 1
    assert all(plan["summary"].values())
    rules = {finding["rule"] for finding in plan["findings"]}
    assert rules >= PLAN_RULES - ELSEWHERE
    steps = {step["qualification"] for step in plan["steps"]}
    assert steps == {"Education", "GovernmentCommunityCloud", "StateOwnedEntity"}


def test_applied(runs: dict[str, Ended]) -> None:
    """Apply creates every step."""
    report = runs["apply"].document
    assert report["summary"]["created"] == len(runs["plan"].document["steps"])
    assert {result["outcome"] for result in report["results"]} == {"created"}


def test_converged(runs: dict[str, Ended]) -> None:
    """A second plan has no steps."""
    assert runs["again"].document["steps"] == []
    assert runs["again"].document["basis"] == {}
