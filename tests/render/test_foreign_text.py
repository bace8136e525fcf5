from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.render.foreign_text import LABEL_LIMIT, MESSAGE_LIMIT, label, neutral, shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text, ünïcödé, 東京, 🎓", "plain text, ünïcödé, 東京, 🎓"),
        ("\x1b[31m", "[U+001B][31m"),
        ("a\u202eb", "a[U+202E]b"),
        ("\x9b", "[U+009B]"),
        ("\ud800", "[U+D800]"),
        ("\U000e0041", "[U+E0041]"),
        ("##vso[x]", "# #vso[x]"),
        ("##VsO[x]", "# #VsO[x]"),
        ("###[x]", "## #[x]"),
        ("## heading", "## heading"),
        ("##\x1b", "# #[U+001B]"),
    ],
)
def test_neutral(text: str, expected: str) -> None:
    """What steers, reorders or hides is shown by its code point, and commands are parted."""
    assert neutral(text) == expected


def test_shown_is_one_line() -> None:
    """Every kind of line end and run of white space becomes one space."""
    assert shown(" a\n\nb\r\nc\u2028d\x85e\tf\x0b\x0cg ") == "a b c d e f g"


def test_shown_says_what_it_cut() -> None:
    """A long text is cut and told to be."""
    assert shown("x" * 2001) == "x" * 2000 + "… (cut; 2001 characters in all)"


def test_shown_is_bounded_where_escapes_are_longer() -> None:
    """Text that grows while it is made neutral is cut at the same limit."""
    assert shown("\x1b" * 1000) == ("[U+001B]" * 250) + "… (cut; 1000 characters in all)"


def test_label_is_shorter() -> None:
    """A label is cut at a shorter limit."""
    assert label("y" * 300).startswith("y" * LABEL_LIMIT + "…")


@given(st.text(st.characters(codec=None), max_size=200))
def test_nothing_unsafe_is_left(text: str) -> None:
    """No control, half of a pair, separator or reordering mark survives, and no command."""
    line = shown(text)
    assert not [c for c in line if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}]
    assert not [c for c in line if unicodedata.bidirectional(c) in {"RLO", "LRO", "RLE", "LRE"}]
    assert not [c for c in line if unicodedata.bidirectional(c) in {"RLI", "LRI", "FSI", "PDI"}]
    assert "##vso[" not in line
    assert "##[" not in line
    assert len(line) < MESSAGE_LIMIT + 50
