"""Claims about live state: names and statuses in any case, what is held, and instants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations

import pytest

from reconciler.model.state import (
    CodeReference,
    LiveCustomer,
    LiveQualification,
    Qualification,
    VettingStatus,
    format_instant,
    known_qualification,
    known_status,
)
from tests.worlds import DENIED_ON, LATER, denied, live, vetted


@pytest.mark.parametrize("known", Qualification)
def test_known_qualification(known: Qualification) -> None:
    """A qualification is known in any case."""
    assert known_qualification(known.upper()) is known
    assert known_qualification(known.lower()) is known


def test_known_status() -> None:
    """The documented statuses are known in any case; the set is open."""
    assert known_status("INREVIEW") is VettingStatus.IN_REVIEW
    assert known_status("approved") is VettingStatus.APPROVED
    assert known_status("denied") is VettingStatus.DENIED
    assert known_status("UnderReview") is None


def test_stranger() -> None:
    """A qualification that nobody documents is a stranger, not an error."""
    assert known_qualification("Charity") is None


@pytest.mark.parametrize(
    ("entry", "held"),
    [
        ("Education", True),
        ("Education Approved", True),
        ("Education InReview", True),
        ("Education OnHold", True),
        ("Education Denied", False),
        ("education DENIED", False),
        ("Charity", True),
        ("None", False),
        ("none Approved", False),
    ],
)
def test_held(entry: str, held: bool) -> None:
    """Denied isn't held, nor is None; everything else is, unknown ones too."""
    assert vetted(entry).held is held


def test_find() -> None:
    """A live qualification is found by its name in any case."""
    state = live("education Approved", "Charity")
    assert state.find("EDUCATION") == vetted("education Approved")
    assert state.find("charity") == vetted("Charity")
    assert state.find("StateOwnedEntity") is None


@pytest.mark.parametrize(
    ("entries", "counts"),
    [
        ([denied(), vetted("Education InReview", LATER)], vetted("Education InReview", LATER)),
        ([denied(), denied(LATER), denied(None)], denied(LATER)),
        ([denied(LATER), vetted("education")], vetted("education")),
        (
            [vetted("Education InReview"), vetted("Education InReview", LATER)],
            vetted("Education InReview", LATER),
        ),
    ],
)
def test_told_twice(entries: list[LiveQualification], counts: LiveQualification) -> None:
    """Of one name told twice, what is held counts, then the newest: in any order."""
    for order in permutations(entries):
        assert LiveCustomer(order).find("Education") == counts
        assert LiveCustomer(order).distinct == (counts,)


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (DENIED_ON, "2025-11-03T09:30:00.885Z"),
        (DENIED_ON.replace(microsecond=0), "2025-11-03T09:30:00Z"),
        (DENIED_ON.replace(microsecond=885001), "2025-11-03T09:30:00.885001Z"),
        (DENIED_ON.replace(year=1), "0001-11-03T09:30:00.885Z"),
        (
            datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2))),
            "2025-12-31T23:00:00Z",
        ),
    ],
)
def test_format_instant(instant: datetime, text: str) -> None:
    """An instant is written in UTC with the digits it takes, and reads back the same."""
    assert format_instant(instant) == text
    assert datetime.fromisoformat(text) == instant
    assert datetime.fromisoformat(text).tzinfo == UTC


def test_code_reference_says_where() -> None:
    """A code reference says where the code is."""
    assert str(CodeReference(env="NAME")) == "env NAME"
    assert str(CodeReference(file="codes/contoso.txt")) == "file codes/contoso.txt"
