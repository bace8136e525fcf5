"""Finds the word that a misspelt one was meant to be; it never corrects anything by itself."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable


def _folded(word: str) -> str:
    return "".join(letter for letter in word.casefold() if letter.isalnum())


def _initials(word: str) -> str:
    return "".join(letter for letter in word if letter.isupper()).casefold()


_LONGEST: Final = 64
"""Letters. What is longer is no slip of the pen, and would take its time."""


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Find which of `words` is meant by `word`: by its letters, its initials, or nearly so."""
    if len(word) > _LONGEST:
        return None
    known = sorted(words)
    folded = {_folded(each): each for each in known}
    initials = {_initials(each): each for each in known if len(_initials(each)) > 1}
    sought = _folded(word)
    if sought in folded:
        return folded[sought]
    if sought in initials:
        return initials[sought]
    near = get_close_matches(sought, folded, n=1, cutoff=0.7)
    return folded[near[0]] if near else None
