"""Which word a misspelt one was meant to be."""

from __future__ import annotations

import pytest

from reconciler.validation.suggestions import nearest

WORDS = ("Education", "GovernmentCommunityCloud", "StateOwnedEntity", "None", "K12")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("Educaton", "Education"),
        ("education", "Education"),
        ("k12", "K12"),
        ("K-12", "K12"),
        ("state_owned_entity", "StateOwnedEntity"),
        ("GCC", "GovernmentCommunityCloud"),
        ("soe", "StateOwnedEntity"),
        ("GovermentComunityCloud", "GovernmentCommunityCloud"),
        ("none", "None"),
        ("Charity", None),
        ("", None),
        ("!!", None),
        ("Education" * 10_000, None),
    ],
)
def test_nearest(word: str, meant: str | None) -> None:
    """Case, hyphens, initials and small slips are seen through; unknown ones have no neighbour."""
    assert nearest(word, WORDS) == meant
