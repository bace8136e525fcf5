from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

from reconciler.render.formats import (
    FORMATS,
    VALIDATION_FORMATS,
    RenderContext,
    render_plan,
    render_report,
    render_validation,
)
from tests.render import hostile, samples

FOR_PEOPLE: Final = tuple(name for name in FORMATS if name != "json")


def test_formats() -> None:
    """The formats are those of the contract."""
    assert set(FORMATS) == {
        "text",
        "json",
        "markdown",
        "html",
        "sarif",
        "github",
        "azure",
        "junit",
    }
    assert set(FORMATS) - set(VALIDATION_FORMATS) == {"html", "markdown"}


@pytest.mark.parametrize("name", ["html", "markdown", "yaml"])
def test_validation_refuses_other_formats(name: str) -> None:
    """A validation has no page and no comment."""
    with pytest.raises(KeyError):
        render_validation(name, samples.VALIDATION, RenderContext())


def test_unknown_format() -> None:
    """An unknown format is a KeyError."""
    with pytest.raises(KeyError):
        render_plan("yaml", samples.PLAN_DOCUMENT, RenderContext())


@pytest.mark.parametrize("name", FORMATS)
def test_same_plan_same_bytes(name: str) -> None:
    """Rendering is deterministic and ends with a line's end."""
    first = render_plan(name, samples.PLAN_DOCUMENT, RenderContext())
    assert first == render_plan(name, samples.PLAN_DOCUMENT, RenderContext())
    assert first.endswith("\n")


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_a_megabyte_is_bounded(name: str) -> None:
    """Megabytes of foreign text in every place leave a format for people readable."""
    payload = hostile.PAYLOADS["megabyte"]
    assert len(payload) > 1_000_000
    assert len(render_plan(name, hostile.plan_document(payload), RenderContext())) < 200_000
    assert len(render_report(name, hostile.report(payload), RenderContext())) < 100_000
    if name in VALIDATION_FORMATS:
        text = render_validation(name, hostile.validation(payload), RenderContext())
        assert len(text) < 100_000


@pytest.mark.parametrize("name", FOR_PEOPLE)
@pytest.mark.parametrize("payload", hostile.PAYLOADS.values(), ids=hostile.PAYLOADS)
def test_every_output_is_utf_8(name: str, payload: str) -> None:
    """What is rendered can be written as UTF-8, whatever the text."""
    assert render_plan(name, hostile.plan_document(payload), RenderContext()).encode()
    assert render_report(name, hostile.report(payload), RenderContext()).encode()


def test_only_the_renderer_asked_for_is_loaded() -> None:
    """Importing the package loads neither rich nor jinja2, nor does plain text."""
    code = (
        "import sys; from datetime import datetime;"
        "from reconciler.model.plan import Plan, PlanDocument, Target;"
        "from reconciler.render.formats import RenderContext, render_plan;"
        "document = PlanDocument(Plan(Target('emulator')), '', datetime.now(), '');"
        "render_plan('text', document, RenderContext());"
        "print([name for name in ('rich', 'jinja2', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
