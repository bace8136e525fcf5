from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import pytest

from reconciler.model.plan import Plan, Target
from reconciler.render.formats import RenderContext, render_plan, render_report, render_validation
from reconciler.render.terminal import ROWS
from tests.render import hostile, samples

CONTEXT: Final = RenderContext(terminal=True, colour=True, width=200)
STYLE: Final = re.compile(r"\x1b\[[0-9;]*m|\x1b]8;;[!-~]*\x1b\\")


def seen(text: str) -> str:
    """Take the colours and links away, as a terminal does."""
    return STYLE.sub("", text)


def test_plan_tells_what_plain_text_tells() -> None:
    """Steps, findings, remedies, places, headline and digest are all there, in colour."""
    text = render_plan("text", samples.PLAN_DOCUMENT, CONTEXT)
    assert STYLE.search(text)
    shown = seen(text)
    for step in samples.STEPS:
        assert step.name in shown
    for finding in samples.FINDINGS:
        assert finding.rule in shown
    assert "customers/contoso.yaml:9:7" in shown
    assert "Plan: 4 to create in 3 customers; 1 impossible" in shown
    assert samples.PLAN_DOCUMENT.digest in shown


def test_no_word_is_broken_at_80_columns() -> None:
    """What is no table is wrapped between words, and no line is wider than the terminal."""
    text = seen(render_plan("text", samples.PLAN_DOCUMENT, replace(CONTEXT, width=80)))
    assert max(len(line) for line in text.splitlines()) <= 80
    words = set(text.split())
    for finding in samples.FINDINGS:
        assert set(finding.message.split()) <= words
        assert set(finding.remedy.split()) <= words
    assert samples.PLAN_DOCUMENT.digest in words


def test_without_colour_there_is_no_escape() -> None:
    """NO_COLOR leaves the layout of a terminal, and neither styles nor links."""
    context = replace(CONTEXT, colour=False, files="file://host/srv")
    text = render_plan("text", samples.PLAN_DOCUMENT, context)
    assert "\x1b" not in text
    assert text == seen(render_plan("text", samples.PLAN_DOCUMENT, replace(CONTEXT, files="")))


def test_places_open_in_a_terminal_that_can() -> None:
    """A place is a link to its file, percent-encoded, the same at every rendering."""
    context = replace(CONTEXT, files="file://host/srv/git")
    text = render_plan("text", samples.PLAN_DOCUMENT, context)
    assert "\x1b]8;;file://host/srv/git/customers/litware%20college.yaml#8\x1b\\" in text
    assert text == render_plan("text", samples.PLAN_DOCUMENT, context)


def test_no_link_where_the_terminal_opens_none() -> None:
    """A place is plain text where the folder has no address."""
    assert "\x1b]8" not in render_plan("text", samples.PLAN_DOCUMENT, CONTEXT)


def test_customers_beyond_a_table_are_told_in_plain_lines() -> None:
    """No customer of a rule is left out, and the remedy still comes last."""
    finding = next(one for one in samples.FINDINGS if one.rule == "removal-not-supported")
    many = tuple(replace(finding, customer_id=f"{n}", name=f"no-{n}-end") for n in range(250))
    document = samples.document(Plan(Target("emulator"), findings=many))
    lines = seen(render_plan("text", document, CONTEXT)).splitlines()
    customers = [place for place, line in enumerate(lines) if "-end" in line]
    assert len(customers) == 250
    assert lines[customers[-1] + 1].startswith("    → Declare the qualification")


def test_empty_plan() -> None:
    """A plan without steps says that there is nothing to create."""
    assert "Nothing to create at emulator" in seen(
        render_plan("text", samples.EMPTY_DOCUMENT, CONTEXT)
    )


def test_report_tells_every_result() -> None:
    """Outcomes, messages and what support asks for are all there."""
    shown = seen(render_report("text", samples.REPORT, CONTEXT))
    for words in ("rejected", "not attempted", "unknown", "already present", "created"):
        assert words in shown
    assert "MS-CorrelationId baaa0000-bb11-4222-83cc-444444dddddd" in shown
    assert "Apply: 1 unknown, 1 rejected" in shown


def test_validation_tells_every_diagnostic() -> None:
    """Severities, rules, messages and places are all there."""
    shown = seen(render_validation("text", samples.VALIDATION, CONTEXT))
    for words in ("unknown-key", "customers/tailspin.yaml:8:7", "larger than 8 MiB", "2 errors"):
        assert words in shown


def test_width_is_kept() -> None:
    """A table is no wider than the terminal, and cuts no name or id to fit."""
    text = seen(render_report("text", samples.REPORT, replace(CONTEXT, width=60)))
    table = text.split("Apply:")[0]
    assert max(len(line) for line in table.splitlines()) <= 60
    assert "…" not in table


def test_what_is_beyond_a_table_is_told_in_plain_lines() -> None:
    """No step is left out, however many there are."""
    steps = tuple(replace(samples.STEPS[0], name=f"customer-{number}-end") for number in range(250))
    text = seen(render_plan("text", samples.document(Plan(Target("emulator"), steps)), CONTEXT))
    assert all(f"customer-{number}-end" in text for number in range(250))
    assert sum(line.startswith("  + customer-") for line in text.splitlines()) == 250 - ROWS


@pytest.mark.parametrize("payload", hostile.PAYLOADS.values(), ids=hostile.PAYLOADS)
def test_foreign_text_steers_no_terminal(payload: str) -> None:
    """The only escapes are our colours and links."""
    linked = replace(CONTEXT, files="file://host/srv")
    shown = seen(
        render_plan("text", hostile.plan_document(payload), CONTEXT)
        + render_plan("text", hostile.plan_document(payload[:2000]), linked)
        + render_report("text", hostile.report(payload), CONTEXT)
        + render_validation("text", hostile.validation(payload), CONTEXT)
    )
    assert not [c for c in shown if c < " " and c != "\n"]
    assert not set(shown) & set("\x7f\x9b\u202e\u200f\ud800")
