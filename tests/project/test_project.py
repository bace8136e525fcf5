"""The library: a project opened, validated, planned, applied and rendered, by public names."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

import pytest

import reconciler

QUICKSTART: Final = Path(__file__).parents[2] / "examples" / "quickstart"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copied = tmp_path / "quickstart"
    shutil.copytree(QUICKSTART, copied, ignore=shutil.ignore_patterns(".reconciler"))
    return copied


def test_from_a_plan_to_nothing_to_do(folder: Path) -> None:
    """Validate, plan, look, apply exactly that, plan again."""
    project = reconciler.open_project(folder, environ={})
    assert project.validate().diagnostics == ()
    document = project.plan()
    assert len(document.plan.steps) == 4
    seen: list[str] = []

    def approve(planned: reconciler.PlanDocument) -> bool:
        seen.append(planned.digest)
        return True

    report = project.apply(approve, expect_digest=document.digest)
    assert seen == [document.digest]
    assert {result.outcome for result in report.results} == {reconciler.Outcome.CREATED}
    assert project.plan().plan.steps == ()
    assert [each.may_purchase for each in project.status().customers] == [True] * 8


def test_nothing_is_sent_without_a_yes(folder: Path) -> None:
    """Whoever is asked and says no, and a plan that is not the one expected."""
    project = reconciler.open_project(folder, environ={})
    with pytest.raises(reconciler.NotApproved):
        project.apply(lambda _: False)
    with pytest.raises(reconciler.PlanRefused):
        project.apply(lambda _: True, expect_digest="sha256:" + "0" * 64)
    assert len(project.plan().plan.steps) == 4


def test_an_app_only_sign_in_can_plan_and_never_apply(folder: Path) -> None:
    """As on the command line; the environment that is given is the one that counts."""
    environ = {"PARTNER_CENTER_ACCESS_TOKEN": "app-only"}
    project = reconciler.open_project(folder, environ=environ)
    assert project.plan().plan.steps
    with pytest.raises(reconciler.SignInFailed):
        project.apply(lambda _: True)


@pytest.mark.parametrize("format_name", ["text", "json", "markdown", "html"])
def test_each_document_is_rendered(folder: Path, format_name: str) -> None:
    """A plan, a report and a status; a validation where the format has one."""
    project = reconciler.open_project(folder, environ={})
    documents = (project.plan(), project.status(), project.apply(lambda _: True))
    for document in documents:
        assert "contoso-unified-school-district" in project.render(document, format_name)
    assert "8 manifests read" in project.render(project.validate())


def test_a_project_that_is_none(tmp_path: Path) -> None:
    """One tree of errors, each with its way out."""
    with pytest.raises(reconciler.ConfigurationError) as caught:
        reconciler.open_project(tmp_path)
    assert isinstance(caught.value, reconciler.ReconcilerError)
    assert "reconciler init" in caught.value.remedy


def test_the_environment_shows_in_no_repr(folder: Path) -> None:
    """A project can be logged; the tokens of its environment can't."""
    environ = {"PARTNER_CENTER_ACCESS_TOKEN": "user-secret"}
    assert "user-secret" not in repr(reconciler.open_project(folder, environ=environ))


def test_the_library_asks_what_the_command_line_asks(folder: Path) -> None:
    """A code that is used up is found, and what is sent is put on record."""
    seed, settings = folder / "live.yaml", folder / "reconciler.yaml"
    seed.write_text(re.sub(r'(validationCodes:[^0-9]*"?[^:]*: )\d+', r"\g<1>0", seed.read_text()))
    settings.write_text(settings.read_text() + "auditLog: audit.jsonl\n")
    project = reconciler.open_project(folder, environ={})
    rules = {finding.rule for finding in project.plan().plan.findings}
    assert "validation-code-exhausted" in rules
    project.apply(lambda _: True)
    assert '"event":"ended"' in (folder / "audit.jsonl").read_text()
