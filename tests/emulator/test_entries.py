"""Entries are dated and replaced as the service does."""

from __future__ import annotations

import pytest

from reconciler.emulator.creates import in_milliseconds, reviewed_anew, with_entry
from reconciler.emulator.world import CustomerQualifications, Entry
from tests.emulator.worlds import NOW, NOW_TEXT

SOE = Entry("StateOwnedEntity")


def test_a_denial_without_a_date_is_reviewed_from_now() -> None:
    """Without a former vetting date the new one is now."""
    entry = reviewed_anew(Entry("Education", "Denied", "why"), NOW)
    assert entry == Entry("Education", "InReview", vetting_created_date=NOW_TEXT)


def test_gcc_in_review_keeps_its_spelling_of_the_date() -> None:
    """GCC is dated vettingCreateDate, in review too."""
    entry = reviewed_anew(Entry("GovernmentCommunityCloud", "Approved"), NOW)
    assert entry.vetting_create_date == "2026-03-04T05:06:07.1234567+00:00"
    assert entry.vetting_created_date is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2020-12-03T10:37:38.885Z", True),
        ("2021-05-06T19:59:56.6832021+00:00", True),
        ("2020-12-04T20:54:24Z", True),
        ("2020-12-04T20:54:24", True),
        (None, False),
    ],
)
def test_every_spelling_of_a_date_is_read(text: str | None, told: bool) -> None:
    """The spellings of domain.md are read; a missing date is none."""
    since = Entry("Education", vetting_created_date=text).vetted_since
    assert (since is not None and since.tzinfo is not None) == told


def test_milliseconds_are_always_told() -> None:
    """A whole second is spelled with its milliseconds too."""
    assert in_milliseconds(NOW.replace(microsecond=0)) == "2026-03-04T05:06:07.000Z"


def test_a_namesake_gives_way_in_its_place() -> None:
    """The order of the others stays, in whatever case the name was."""
    before = CustomerQualifications((Entry("education", "Denied"), SOE))
    entry = Entry("Education", "InReview")
    assert with_entry(before, entry).entries == (entry, SOE)
    assert with_entry(CustomerQualifications((SOE,)), entry).entries == (SOE, entry)
