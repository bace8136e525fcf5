from __future__ import annotations

from dataclasses import replace

from reconciler.model.findings import Category, Source
from reconciler.model.plan import Outcome, Plan, Target
from reconciler.model.rules import rule
from reconciler.render.entries import (
    CREATE,
    OUTCOMES_WORST_FIRST,
    WORST_FIRST,
    Entry,
    of_kind,
    plan_entries,
    report_entries,
    validation_entries,
)
from reconciler.render.foreign_text import PATH_LIMIT
from tests.render import samples


def test_every_category_and_outcome_has_its_rank() -> None:
    """Nothing is left out because its rank is unknown."""
    assert set(WORST_FIRST) == set(Category)
    assert set(OUTCOMES_WORST_FIRST) == set(Outcome)


def test_steps_come_before_findings_and_those_worst_first() -> None:
    """Within a category the plan's order stays."""
    kinds = list(dict.fromkeys(entry.kind for entry in plan_entries(samples.PLAN)))
    assert kinds == [CREATE, *WORST_FIRST]
    advisories = of_kind(plan_entries(samples.PLAN), Category.ADVISORY.value)
    assert [entry.rule for entry in advisories] == ["gcc-ends-commercial-sales", "not-checked"]


def test_a_step_tells_where_its_code_is() -> None:
    """The place of the code is told; there is no code to tell."""
    assert plan_entries(samples.PLAN)[1].details == "code from env FABRIKAM_CODE"


def test_a_long_website_hides_no_other_particular() -> None:
    """Each particular is cut by itself."""
    step = replace(samples.STEPS[3], website="w" * 5000)
    (entry,) = plan_entries(Plan(Target("emulator"), (step,)))
    assert "resubmits the denial of 2025-11-03T09:30:00.885Z" in entry.details


def test_only_failures_tell_call_ids() -> None:
    """What support asks for stands where support will be asked."""
    created, rejected, *_ = report_entries(samples.REPORT)
    assert created.details == "vetting InReview"
    assert "MS-CorrelationId baaa0000" in rejected.details


def test_a_result_without_a_message_is_told_by_its_rule() -> None:
    """Every entry has a message."""
    assert report_entries(samples.REPORT)[-1].message == "The qualification was there already"


def test_a_result_tells_the_way_out_of_its_cause() -> None:
    """The rule's own remedy is told where the cause has none."""
    _, _, unsent, *_ = samples.REPORT.results
    own = replace(unsent, remedy="run again with --auto-approve")
    entries = report_entries(replace(samples.REPORT, results=(unsent, own)))
    assert {entry.remedy for entry in entries} == {rule(entries[0].rule).remedy, own.remedy}


def test_subject() -> None:
    """The qualification is named once, and the id stands in where there is no name."""
    entry = Entry("x", "x", samples.FINDINGS[0].severity, "it is so", qualification="Education")
    assert replace(entry, name="contoso").subject == "contoso Education"
    assert replace(entry, name="contoso", message="Education is so").subject == "contoso"
    assert replace(entry, customer_id="1-2").subject == "1-2 Education"


def test_paths_are_bounded() -> None:
    """An address longer than any file system's is cut, so that nothing is unbounded."""
    source = Source("x" * 10_000, 1, 1)
    (entry,) = plan_entries(Plan(Target("emulator"), (replace(samples.STEPS[0], source=source),)))
    assert entry.source is not None
    assert len(entry.source.file) == PATH_LIMIT


def test_validation_keeps_its_order() -> None:
    """Diagnostics come as they are."""
    rules = [entry.rule for entry in validation_entries(samples.VALIDATION)]
    assert rules == ["unknown-key", "education-segment-missing", "too-large"]
