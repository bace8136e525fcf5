from __future__ import annotations

from dataclasses import replace
from typing import Final
from xml.etree import ElementTree as ET

import pytest

from reconciler.model.findings import Severity
from reconciler.model.plan import Plan, Target
from reconciler.render.formats import RenderContext, render_plan, render_report, render_validation
from tests.render import hostile, samples

CONTEXT: Final = RenderContext()


def suite_of(text: str) -> ET.Element:
    suites = ET.fromstring(text)  # noqa: S314 - our own output, and a hostile one must stay whole
    suite = suites.find("testsuite")
    assert suite is not None
    cases = suite.findall("testcase")
    failed = [case for case in cases if case.find("failure") is not None]
    for element in (suites, suite):
        assert element.get("tests") == str(len(cases))
        assert element.get("failures") == str(len(failed))
    return suite


READ: Final[dict[str, set[str]]] = {
    "testsuites": {"name", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors"},
    "testcase": {"classname", "name", "file", "line"},
    "failure": {"message", "type"},
    "system-out": set(),
}
"""Elements and attributes of the JUnit format that GitLab ("Unit test reports") and Azure Pipelines
("Publish Test Results v2 task") document; `line` is pytest's, and ignored elsewhere."""


@pytest.mark.parametrize(
    "text",
    [
        render_plan("junit", samples.PLAN_DOCUMENT, CONTEXT),
        render_report("junit", samples.REPORT, CONTEXT),
        render_validation("junit", samples.VALIDATION, CONTEXT),
    ],
    ids=["plan", "report", "validation"],
)
def test_platforms_read_it(text: str) -> None:
    """Only documented elements stand there, each case has both names, and no case stands twice.

    GitLab ignores all but the first case of a name.
    """
    root = ET.fromstring(text)  # noqa: S314 - our own output
    for element in root.iter():
        assert set(element.attrib) <= READ[element.tag]
    cases = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert all(all(names) for names in cases)
    assert len(cases) == len(set(cases))
    assert all(failure.get("message") for failure in root.iter("failure"))


@pytest.mark.parametrize("payload", hostile.PAYLOADS.values(), ids=hostile.PAYLOADS)
def test_hostile_text_stays_text(payload: str) -> None:
    """It is XML 1.0 still, with the cases and elements of a harmless one."""
    for text, harmless in (
        (
            render_plan("junit", hostile.plan_document(payload), CONTEXT),
            render_plan("junit", hostile.plan_document("harmless"), CONTEXT),
        ),
        (
            render_report("junit", hostile.report(payload), CONTEXT),
            render_report("junit", hostile.report("harmless"), CONTEXT),
        ),
        (
            render_validation("junit", hostile.validation(payload), CONTEXT),
            render_validation("junit", hostile.validation("harmless"), CONTEXT),
        ),
    ):
        found = [element.tag for element in suite_of(text).iter()]
        assert found == [element.tag for element in suite_of(harmless).iter()]


def test_one_case_for_each_qualification() -> None:
    """A step and a finding about the same qualification are one case."""
    cases = suite_of(render_plan("junit", samples.PLAN_DOCUMENT, CONTEXT)).findall("testcase")
    names = [(case.get("classname"), case.get("name")) for case in cases]
    assert names.count(("fabrikam-county", "GovernmentCommunityCloud")) == 1
    assert len(names) == len(set(names))


def test_errors_fail_and_nothing_else_does() -> None:
    """A case fails where an error stands; steps, warnings and notes pass."""
    suite = suite_of(render_plan("junit", samples.PLAN_DOCUMENT, CONTEXT))
    failed = {failure.get("type") for failure in suite.iter("failure")}
    errors = {one.rule for one in samples.FINDINGS if one.severity is Severity.ERROR}
    assert failed == errors


def test_two_errors_of_one_case_are_both_told() -> None:
    """A second error doesn't get lost behind the first."""
    first = next(one for one in samples.FINDINGS if one.rule == "vetting-denied")
    second = replace(first, rule="education-gcc-exclusive", message="the second one")
    plan = Plan(Target("emulator"), findings=(first, second))
    text = render_plan("junit", samples.document(plan), CONTEXT)
    (failure,) = suite_of(text).iter("failure")
    assert failure.text is not None
    assert first.message in failure.text
    assert "the second one" in failure.text
