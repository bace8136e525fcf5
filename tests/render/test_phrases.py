from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from reconciler.model.findings import Category, Finding
from reconciler.model.plan import Plan, Selection, Step, Summary, Target
from reconciler.model.state import CustomerId, Qualification
from reconciler.render.phrases import (
    CATEGORY_WORDS,
    count,
    incomplete_words,
    plan_headline,
    report_headline,
    selection_words,
    validation_headline,
)
from tests.render import samples

EMULATOR: Final = Target("emulator")


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 steps"), (1, "1 step"), (2, "2 steps"), (1800, "1,800 steps")]
)
def test_count(number: int, words: str) -> None:
    """One is singular, and nothing else is."""
    assert count(number, "step") == words


def test_every_category_has_its_words() -> None:
    """No category is told without saying what it means."""
    assert set(CATEGORY_WORDS) == set(Category)


def creates(customers: int, each: int = 1) -> tuple[Step, ...]:
    return tuple(
        Step(CustomerId(str(number)), f"customer-{number}", Qualification.EDUCATION)
        for number in range(customers)
        for _ in range(each)
    )


def finding(category: Category, customer: str | None) -> Finding:
    return replace(samples.FINDINGS[0], category=category, customer_id=customer)


@pytest.mark.parametrize(
    ("plan", "headline"),
    [
        (Plan(EMULATOR), "Plan: nothing to create; no customer looked at"),
        (
            Plan(EMULATOR, summary=Summary(customers=1)),
            "Plan: nothing to create; 1 customer needs nothing",
        ),
        (
            Plan(EMULATOR, creates(200), summary=Summary(customers=2000)),
            "Plan: 200 to create in 200 customers; 1,800 need nothing",
        ),
        (
            Plan(EMULATOR, creates(1, each=2), summary=Summary(customers=2)),
            "Plan: 2 to create in 1 customer; 1 needs nothing",
        ),
        (
            Plan(
                EMULATOR,
                creates(3),
                (
                    finding(Category.BLOCKED, "2"),
                    finding(Category.BLOCKED, "3"),
                    finding(Category.ADVISORY, "4"),
                    finding(Category.ADVISORY, None),
                ),
                summary=Summary(customers=5, blocked=2, advisory=2),
            ),
            "Plan: 3 to create in 3 customers; 2 blocked, 2 advisory; 1 needs nothing",
        ),
    ],
)
def test_plan_headline(plan: Plan, headline: str) -> None:
    """It tells creates and their customers, findings worst first, and whom nothing concerns.

    Advice concerns nobody.
    """
    assert plan_headline(plan) == headline


def test_report_headline() -> None:
    """What needs a look comes first."""
    assert report_headline(samples.REPORT).startswith("Apply: 1 unknown, 1 rejected")
    assert report_headline(samples.EMPTY_REPORT) == "Apply: nothing to do"


def test_validation_headline() -> None:
    """Manifests, errors and warnings are counted."""
    assert validation_headline(samples.VALIDATION) == "12 manifests read: 2 errors, 1 warning"


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        (Selection(), ""),
        (Selection(customers=("a", "b")), "Narrowed to: customers a, b"),
        (Selection(shard="1/2", selector="k=v"), "Narrowed to: selector k=v; shard 1/2"),
    ],
)
def test_selection(selection: Selection, words: str) -> None:
    """A narrowed plan says how it was narrowed; another says nothing."""
    assert selection_words(selection) == words


def test_incomplete() -> None:
    """An incomplete plan says so; a complete one says nothing."""
    assert incomplete_words(samples.PLAN)
    assert not incomplete_words(Plan(Target("emulator")))
