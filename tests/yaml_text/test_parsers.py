"""The C parser and the pure one, against each other and against ruamel.yaml's own loader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from reconciler.yaml_text.parsers import FASTEST, c_events, pure_events
from reconciler.yaml_text.scalars import write_scalar
from tests.manifest_samples import VALID
from tests.yaml_readings import BOTH, data, problem_lines, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.yaml_text.parsers import NextEvent

ORDINARY: Final = (
    VALID,
    VALID.replace("\n", "\r\n"),
    f"---\n{VALID}---\n{VALID}...\n# the end\n",
    "a: {b: [c, 'd', \"e\\u00e9\"], f: }\ng:\n- h\n-   i: 1\n    j: ~\n",
    "text: |\n  one\n  two\nfolded: >-\n  three\n  four\nplain: five\n  six\n",
    "? key\n: value\n? other\n",
    "# nothing but this\n",
    "- - - a\n  - b\n- []\n- {}\n",
    "url: https://contoso.edu/a#b\ntime: 12:30\nemoji: 🎓 # said\n",
)


def test_the_c_parser_is_there() -> None:
    """The fast parser is the one that is used: without it everything is five times slower."""
    assert FASTEST is c_events


@BOTH
@pytest.mark.parametrize("text", ORDINARY)
def test_as_ruamel_reads(text: str, events: Callable[[str], NextEvent]) -> None:
    """Ordinary text is read as ruamel.yaml's own loader reads it."""
    expected = [each for each in YAML(typ="safe", pure=True).load_all(text) if each is not None]
    documents = read(text, events)
    assert data(documents) == expected
    assert problem_lines(documents) == []


SCALARS = st.text("ab: #-'\"[]{},\n\\é&", max_size=8) | st.sampled_from(["no", "1", "null", ""])


@settings(deadline=None)
@given(st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3), max_leaves=6))
def test_both_parsers_agree_on_data(tree: Any) -> None:
    """The two parsers build the same from any nesting of quoted texts."""

    def spell(node: Any) -> str:
        if isinstance(node, str):
            return write_scalar(node)
        return "[" + ", ".join(map(spell, node)) + "]"

    text = f"root: {spell(tree)}\n"
    assert data(read(text, pure_events)) == data(read(text, c_events)) == [{"root": tree}]


@settings(deadline=None)
@given(st.text("a:-[]{}&*!%|>'\"#,?\n \t", max_size=30))
def test_both_parsers_survive(text: str) -> None:
    """No text makes either parser raise."""
    for events in (c_events, pure_events):
        for document in read(text, events):
            assert document.places is not None or document.diagnostics


FLOW: Final = {
    "{a: https://contoso.edu/?q=1, b: 2020-12-03T10:37:38Z}\n": {
        "a": "https://contoso.edu/?q=1",
        "b": "2020-12-03T10:37:38Z",
    },
    "[a?b, c:d, -e]\n": ["a?b", "c:d", "-e"],
}


@pytest.mark.parametrize(("text", "value"), FLOW.items())
def test_what_the_c_parser_does_not_know(text: str, value: object) -> None:
    """Valid YAML 1.2 that the C parser refuses is read, and so is what stands around it."""
    documents = read(f"x: 1\n---\n{text}---\ny: 2\n---\n{text}")
    assert problem_lines(documents) == []
    assert data(documents) == [{"x": 1}, value, {"y": 2}, value]


@BOTH
@pytest.mark.parametrize("escape", ["\\ud800", "\\UD800DFFF", "\\U00110000", "\\U0000dfff"])
def test_escapes_for_no_character(escape: str, events: Callable[[str], NextEvent]) -> None:
    """Neither parser lets half a surrogate pair in, nor what lies past the last character."""
    (document,) = read(f'{{a: b,\n c: "{escape}"}}\n', events)
    assert [each.rule for each in document.diagnostics] == ["syntax"]


def test_no_second_opinion_lets_them_in() -> None:
    """What only the pure parser could read is refused where it holds such an escape."""
    assert problem_lines(read('{a: http://b, c: "\\ud800"}\n')) == ["1:9 syntax"]


@pytest.mark.parametrize("escape", ["\\ue000", "\\U0010FFFF", "\\U0001F393", "\\ud7ff"])
@BOTH
def test_escapes(escape: str, events: Callable[[str], NextEvent]) -> None:
    """Escapes for characters are read."""
    expected = escape.encode().decode("unicode_escape")
    assert data(read(f'"{escape}"\n', events)) == [expected]


@pytest.mark.parametrize(
    "text", [">\n \n  \r\n\n>3-{{|", "%YAML 1.11\n---\na: b\n", "a: \0", "a: \x07"]
)
def test_slips_of_the_pure_parser(text: str) -> None:
    """Where the pure parser fails in a way of its own, the text is broken YAML all the same."""
    documents = read(text, pure_events)
    assert [each.rule for document in documents for each in document.diagnostics] == ["syntax"]


@BOTH
@pytest.mark.parametrize("text", ["", "\n", "# a\n", "---\n", "---\n---\n# b\n", "---\n...\n"])
def test_empty_documents(text: str, events: Callable[[str], NextEvent]) -> None:
    """Documents without content are skipped."""
    assert read(text, events) == []
