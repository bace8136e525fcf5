from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.model.plan import Plan, Target
from reconciler.render.formats import RenderContext, render_plan, render_report, render_validation
from tests.render import hostile, samples

if TYPE_CHECKING:
    from reconciler.model.findings import Finding

CONTEXT: Final = RenderContext()
LINE_STARTS: Final = (
    "To create at ",
    "  + ",
    "  x ",
    "  ! ",
    "  ? ",
    "  = ",
    "  ~ ",
    "      [",
    "      -> ",
    "      - ",
    "      vetting ",
    "      MS-CorrelationId ",
    "    -> ",
    "impossible (",
    "blocked (",
    "denied (",
    "unreadable (",
    "pending (",
    "advisory (",
    "Narrowed to: ",
    "The plan is incomplete",
    "`reconciler explain RULE`",
    "Plan: ",
    "Apply: ",
    "Digest",
    "error: ",
    "warning: ",
    "1 manifest read",
)


def of_rule(rule: str) -> Finding:
    return next(finding for finding in samples.FINDINGS if finding.rule == rule)


def test_a_rule_is_told_once() -> None:
    """What two customers share is one headline and one remedy, and the customers stand below."""
    first = of_rule("removal-not-supported")
    second = replace(first, customer_id=samples.FABRIKAM, name="fabrikam-county")
    plan = Plan(Target("x"), findings=(first, second))
    text = render_plan("text", samples.document(plan), CONTEXT)
    assert text.count(first.message) == text.count(first.remedy) == 1
    assert f"  x {first.message} [{first.rule}] (2 customers)\n" in text
    assert "      - northwind-traders  customers/northwind.yaml:8:7\n" in text
    assert "      - fabrikam-county    customers/northwind.yaml:8:7\n" in text


def test_verbose_tells_each_finding_by_itself() -> None:
    """The long form repeats what customers share, so that each can be quoted alone."""
    finding = of_rule("removal-not-supported")
    plan = Plan(Target("x"), findings=(finding, replace(finding, customer_id="2", name="other")))
    text = render_plan("text", samples.document(plan), RenderContext(verbose=True))
    assert text.count(f"  x {finding.message} [{finding.rule}]\n") == 2
    assert text.count(finding.remedy) == 2


def outputs(payload: str) -> list[str]:
    return [
        render_plan("text", hostile.plan_document(payload), CONTEXT),
        render_report("text", hostile.report(payload), CONTEXT),
        render_validation("text", hostile.validation(payload), CONTEXT),
    ]


@pytest.mark.parametrize("payload", hostile.PAYLOADS.values(), ids=hostile.PAYLOADS)
def test_no_foreign_text_begins_a_line(payload: str) -> None:
    """Every line begins with our own words, so none can pass for another or for a command."""
    for text in outputs(payload):
        lines = [line for line in text.split("\n") if line]
        assert [line for line in lines if not line.startswith(LINE_STARTS)] == []


@pytest.mark.parametrize("payload", hostile.PAYLOADS.values(), ids=hostile.PAYLOADS)
def test_steers_no_terminal_and_no_agent(payload: str) -> None:
    """Controls, reordering marks and commands of pipelines do not reach the output."""
    for text in outputs(payload):
        unsafe = [c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c != "\n"]
        assert unsafe == []
        assert "##vso[" not in text.lower()
        assert "##[" not in text


def test_hostile_plan_has_as_many_lines_as_any_other() -> None:
    """New lines in foreign text add no line."""
    hostile_plan = render_plan("text", hostile.plan_document(hostile.PAYLOADS["lines"]), CONTEXT)
    plain = render_plan("text", hostile.plan_document("plain"), CONTEXT)
    assert hostile_plan.count("\n") == plain.count("\n")


def test_columns_are_aligned() -> None:
    """Places of all steps begin in the same column where no cell is overlong."""
    text = render_plan("text", samples.document(Plan(Target("x"), samples.STEPS[:3])), CONTEXT)
    columns = {line.index("customers/") for line in text.splitlines() if "customers/" in line}
    assert len(columns) == 1
