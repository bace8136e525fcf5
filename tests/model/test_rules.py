from __future__ import annotations

import re
from typing import Final

import pytest

from reconciler.model.findings import Category, Severity
from reconciler.model.plan import Outcome
from reconciler.model.rules import (
    OUR_DECISION,
    PLAN_RULES,
    REPORT_RULES,
    RULES,
    VALIDATION_RULES,
    Rule,
    rule,
)

# The rules that the contract names, section by section, and those of its limits and lists.
REFUSED: Final = {
    "syntax",
    "encoding",
    "too-large",
    "too-deep",
    "forbidden-yaml",
    "unknown-kind",
    "unknown-key",
    "missing-key",
    "invalid-value",
    "duplicate-key",
    "duplicate-name",
    "duplicate-customer",
    "duplicate-qualification",
    "inline-secret",
    "outside-folder",
    "none-with-others",
}
WARNED: Final = {
    "none-not-settable",
    "nonprofit-not-settable",
    "education-gcc-exclusive",
    "education-segment-missing",
    "validation-code-missing",
}
PLANNED: Final = {
    Category.IMPOSSIBLE: {
        "nonprofit-not-settable",
        "removal-not-supported",
        "education-gcc-exclusive",
    },
    Category.BLOCKED: {
        "waits-for-gcc",
        "education-segment-missing",
        "validation-code-missing",
        "not-permitted-by-policy",
        "customer-mismatch",
        "resubmission-limit",
        "validation-code-exhausted",
    },
    Category.DENIED: {"vetting-denied"},
    Category.UNREADABLE: {"customer-not-found", "customer-unreadable"},
    Category.PENDING: {"vetting-in-review", "vetting-unknown"},
    Category.ADVISORY: {
        "gcc-over-denied-education",
        "gcc-after-soe",
        "validation-code-not-checked",
        "gcc-ends-commercial-sales",
        "account-status-blocks-purchases",
        "account-status-not-ready",
        "customer-agreement-missing",
        "not-checked",
        "customer-dropped",
        "unmanaged-customer",
        "changed-outside",
        "configuration-changed",
        "resubmission-attempt",
    },
}
SEVERITIES: Final = {
    Category.IMPOSSIBLE: Severity.ERROR,
    Category.BLOCKED: Severity.ERROR,
    Category.DENIED: Severity.ERROR,
    Category.UNREADABLE: Severity.ERROR,
    Category.PENDING: Severity.NOTE,
    Category.ADVISORY: Severity.WARNING,
}

every_rule = pytest.mark.parametrize("entry", RULES.values(), ids=RULES)


def test_rules_of_validate() -> None:
    """`validate` refuses and warns of exactly what the contract lists."""
    severities = {entry.id: entry.validation_severity for entry in RULES.values()}
    assert {name for name, it in severities.items() if it is Severity.ERROR} == REFUSED
    assert {name for name, it in severities.items() if it is Severity.WARNING} == WARNED
    assert VALIDATION_RULES == REFUSED | WARNED


@pytest.mark.parametrize("category", Category)
def test_rules_of_the_plan(category: Category) -> None:
    """A plan raises exactly what is listed here, in these categories."""
    assert {entry.id for entry in RULES.values() if entry.category is category} == PLANNED[category]


def test_plan_rules_are_those_with_a_category() -> None:
    """Only these can be accepted by a manifest."""
    assert frozenset().union(*PLANNED.values()) == PLAN_RULES


def test_report_rules() -> None:
    """A step and each outcome have an entry, which neither the plan nor `validate` raises."""
    assert {f"outcome-{outcome}" for outcome in Outcome} | {"planned-create"} == REPORT_RULES


@every_rule
def test_severity_follows_from_the_category(entry: Rule) -> None:
    """A category has one severity, in the contract and here."""
    if entry.category is not None:
        assert entry.severity is SEVERITIES[entry.category]


@every_rule
def test_every_text_is_there(entry: Rule) -> None:
    """Each entry explains itself in sentences; a title is a short one without its full stop."""
    assert rule(entry.id) is entry
    assert re.fullmatch(r"[a-z0-9-]+", entry.id)
    for text in (entry.meaning, entry.why, entry.remedy):
        assert re.fullmatch(r"[A-Z`].*\.", text), text
        assert text.count("`") % 2 == 0
    assert re.fullmatch(r"[A-Z`].{5,75}[^.]", entry.title)
    assert entry.page == OUR_DECISION or entry.page[0].isupper()


@every_rule
def test_remedies_name_only_rules_that_exist(entry: Rule) -> None:
    """`accept` in a remedy names a rule that can be accepted."""
    for named in re.findall(r"accept `([a-z-]+)`", entry.remedy):
        assert named in PLAN_RULES


def test_unknown_rule() -> None:
    """A rule that is not in the catalogue is a KeyError."""
    with pytest.raises(KeyError):
        rule("no-such-rule")


def test_catalogue_cannot_be_changed() -> None:
    """The table is read-only."""
    assert not hasattr(RULES, "__setitem__")
