"""Whole outputs of every format over one plan, report and validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from reconciler.render.formats import (
    FORMATS,
    VALIDATION_FORMATS,
    RenderContext,
    render_plan,
    render_report,
    render_validation,
)
from tests.render import samples

if TYPE_CHECKING:
    from tests.render.conftest import Golden

CONTEXT: Final = RenderContext(root="partners/emea", tool_version="0.1.0")

SUFFIXES: Final = {
    "text": "txt",
    "json": "json",
    "markdown": "md",
    "html": "html",
    "sarif": "sarif",
    "github": "github.txt",
    "azure": "azure.txt",
    "junit": "xml",
}


@pytest.mark.parametrize("name", FORMATS)
def test_plan(name: str, golden: Golden) -> None:
    """A plan with something of everything is written as its golden file."""
    golden.check(f"plan.{SUFFIXES[name]}", render_plan(name, samples.PLAN_DOCUMENT, CONTEXT))


@pytest.mark.parametrize("name", FORMATS)
def test_empty_plan(name: str, golden: Golden) -> None:
    """A plan without anything is a plan, and says so."""
    golden.check(f"empty-plan.{SUFFIXES[name]}", render_plan(name, samples.EMPTY_DOCUMENT, CONTEXT))


@pytest.mark.parametrize("name", FORMATS)
def test_report(name: str, golden: Golden) -> None:
    """A report with every outcome is written as its golden file."""
    golden.check(f"report.{SUFFIXES[name]}", render_report(name, samples.REPORT, CONTEXT))


@pytest.mark.parametrize("name", FORMATS)
def test_empty_report(name: str, golden: Golden) -> None:
    """A report without results is a report."""
    golden.check(
        f"empty-report.{SUFFIXES[name]}", render_report(name, samples.EMPTY_REPORT, CONTEXT)
    )


@pytest.mark.parametrize("name", VALIDATION_FORMATS)
def test_validation(name: str, golden: Golden) -> None:
    """A validation with errors, a warning and one without a place is written as its golden file."""
    golden.check(
        f"validation.{SUFFIXES[name]}", render_validation(name, samples.VALIDATION, CONTEXT)
    )


@pytest.mark.parametrize("name", VALIDATION_FORMATS)
def test_empty_validation(name: str, golden: Golden) -> None:
    """A validation without problems says how much was read."""
    golden.check(
        f"empty-validation.{SUFFIXES[name]}",
        render_validation(name, samples.EMPTY_VALIDATION, CONTEXT),
    )
