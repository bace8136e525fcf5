"""A JUnit report: one test case for each customer's qualification, failed where an error stands.

Places stay as the plan has them; what is no error is told in the case's output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from reconciler.model.findings import Severity
from reconciler.render.entries import Entry, plan_entries, report_entries, validation_entries
from reconciler.render.foreign_text import neutral

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model.findings import Validation
    from reconciler.model.plan import ApplyReport, PlanDocument
    from reconciler.render.context import RenderContext

Case = tuple[str, str]
"""The names of a test's class and of the test."""


def render_plan(document: PlanDocument, _: RenderContext) -> str:
    return _rendered("plan", plan_entries(document.plan))


def render_report(report: ApplyReport, _: RenderContext) -> str:
    return _rendered("apply", report_entries(report))


def render_validation(validation: Validation, _: RenderContext) -> str:
    return _rendered("validate", validation_entries(validation))


def _rendered(suite_name: str, entries: Iterable[Entry]) -> str:
    cases = [_case(case, grouped) for case, grouped in _grouped(entries).items()]
    failures = sum(case.find("failure") is not None for case in cases)
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": "0"}
    suites = ET.Element("testsuites", {"name": "reconciler", **counts})
    suite = ET.SubElement(suites, "testsuite", {"name": f"reconciler {suite_name}", **counts})
    suite.extend(cases)
    ET.indent(suites)
    body = ET.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _grouped(entries: Iterable[Entry]) -> dict[Case, list[Entry]]:
    groups: dict[Case, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(_name(entry), []).append(entry)
    return groups


def _name(entry: Entry) -> Case:
    if entry.name or entry.customer_id:
        return entry.name or entry.customer_id, entry.qualification or entry.rule
    return entry.place or "reconciler", entry.rule


def _case(case: Case, entries: Sequence[Entry]) -> ET.Element:
    class_name, name = case
    element = ET.Element("testcase", {"classname": class_name, "name": name, **_place(entries[0])})
    errors = [entry for entry in entries if entry.severity is Severity.ERROR]
    others = [entry for entry in entries if entry.severity is not Severity.ERROR]
    if errors:
        attributes = {"message": errors[0].message, "type": errors[0].rule}
        ET.SubElement(element, "failure", attributes).text = _lines(errors)
    if others:
        ET.SubElement(element, "system-out").text = _lines(others)
    return element


def _place(entry: Entry) -> dict[str, str]:
    source = entry.source
    return {} if source is None else {"file": neutral(source.file), "line": str(source.line)}


def _lines(entries: Iterable[Entry]) -> str:
    return "\n".join(_describe(entry) for entry in entries)


def _describe(entry: Entry) -> str:
    parts = (f"{entry.rule}: {entry.message}", entry.particulars, entry.remedy, entry.place)
    return "\n  ".join(part for part in parts if part)
