from __future__ import annotations

import pytest

from reconciler.model.findings import Category
from reconciler.model.plan import Plan, Selection, Summary, Target
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


@pytest.mark.parametrize(("number", "words"), [(0, "0 steps"), (1, "1 step"), (2, "2 steps")])
def test_count(number: int, words: str) -> None:
    """One is singular, and nothing else is."""
    assert count(number, "step") == words


def test_every_category_has_its_words() -> None:
    """No category is told without saying what it means."""
    assert set(CATEGORY_WORDS) == set(Category)


@pytest.mark.parametrize(
    ("summary", "headline"),
    [
        (
            Summary(customers=1, in_sync=2),
            "Plan: nothing to create; 2 in sync, 1 customer looked at",
        ),
        (
            Summary(customers=9, steps=3, pending=2, blocked=5),
            "Plan: 3 to create; 5 blocked, 2 pending; 0 in sync, 9 customers looked at",
        ),
    ],
)
def test_plan_headline(summary: Summary, headline: str) -> None:
    """The headline tells steps, then findings worst first, then what is in sync."""
    assert plan_headline(Plan(Target("emulator"), summary=summary)) == headline


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
