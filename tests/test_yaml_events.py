"""YAML text into plain data with places, by the C parser and by the pure one alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from reconciler.findings import Source
from reconciler.yaml_events import Reading, YamlDocument, read_documents
from reconciler.yaml_parsers import FASTEST, c_events, pure_events
from reconciler.yaml_places import UNKNOWN
from reconciler.yaml_scalars import write_scalar
from tests.manifest_samples import LAWFUL, brief

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.yaml_parsers import NextEvent
    from reconciler.yaml_places import Path

BOTH: Final = pytest.mark.parametrize("events", [c_events, pure_events], ids=["c", "pure"])

ORDINARY: Final = (
    LAWFUL,
    LAWFUL.replace("\n", "\r\n"),
    f"---\n{LAWFUL}---\n{LAWFUL}...\n# the end\n",
    "a: {b: [c, 'd', \"e\\u00e9\"], f: }\ng:\n- h\n-   i: 1\n    j: ~\n",
    "text: |\n  one\n  two\nfolded: >-\n  three\n  four\nplain: five\n  six\n",
    "? key\n: value\n? other\n",
    "# nothing but this\n",
    "- - - a\n  - b\n- []\n- {}\n",
    "url: https://contoso.edu/a#b\ntime: 12:30\nemoji: 🎓 # said\n",
)


def read(
    text: str, events: Callable[[str], NextEvent] = FASTEST, *, any_key: bool = False
) -> list[YamlDocument]:
    return list(read_documents(text, Reading("a.yaml", any_key=any_key, events=events)))


def data(documents: list[YamlDocument]) -> list[Any]:
    return [each.places.root for each in documents if each.places is not None]


def told(documents: list[YamlDocument]) -> list[str]:
    return [brief(each) for document in documents for each in document.diagnostics]


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
    assert told(documents) == []


SCALARS = st.text("ab: #-'\"[]{},\n\\é&", max_size=8) | st.sampled_from(["no", "1", "null", ""])


@given(st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3), max_leaves=6))
def test_both_parsers_agree_on_data(tree: Any) -> None:
    """The two parsers build the same from any nesting of quoted texts."""

    def spell(node: Any) -> str:
        if isinstance(node, str):
            return write_scalar(node)
        return "[" + ", ".join(map(spell, node)) + "]"

    text = f"root: {spell(tree)}\n"
    assert data(read(text, pure_events)) == data(read(text, c_events)) == [{"root": tree}]


@given(st.text("a:-[]{}&*!%|>'\"#,?\n \t", max_size=30))
def test_both_parsers_survive(text: str) -> None:
    """No text makes either parser raise."""
    for events in (c_events, pure_events):
        for document in read(text, events):
            assert document.places is not None or document.diagnostics


PLACED: Final = """\
# é
é: {ü: v, w: [x, y]}
list:
    - key: value
    - short
"""


@BOTH
@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        ((), (2, 1), (2, 1)),
        (("é",), (2, 1), (2, 4)),
        (("é", "ü"), (2, 5), (2, 8)),
        (("é", "w", 1), (2, 18), (2, 18)),
        (("list", 0), (4, 7), (4, 7)),
        (("list", 0, "key"), (4, 7), (4, 12)),
        (("list", 1), (5, 7), (5, 7)),
        (("list", 7), (3, 1), (4, 5)),
        (("list", 1, "deeper", 0), (5, 7), (5, 7)),
        (("list", "no index"), (3, 1), (4, 5)),
    ],
)
def test_places(
    path: Path,
    key: tuple[int, int],
    value: tuple[int, int],
    events: Callable[[str], NextEvent],
) -> None:
    """Keys and values are placed by line and character; what isn't there, by what is around it."""
    places = read(PLACED, events)[0].places
    assert places is not None
    assert places.key(path) == Source("a.yaml", *key)
    assert places.value(path) == Source("a.yaml", *value)


REFUSED: Final = {
    "anchor": ("a: &x 1\n", ["1:4 forbidden-yaml"]),
    "anchor on a list": ("a: &x [1]\n", ["1:4 forbidden-yaml"]),
    "alias": ("a: *x\n", ["1:4 forbidden-yaml"]),
    "alias as a key": ("*x : 1\n", ["1:1 forbidden-yaml"]),
    "alias without a name": ("a: *\n", ["1:5 forbidden-yaml"]),
    "merge key": ("a: {<<: b}\n", ["1:5 forbidden-yaml"]),
    "tag": ("a: !!str 1\n", ["1:4 forbidden-yaml"]),
    "tag on a mapping": ("a: !x {b: c}\n", ["1:4 forbidden-yaml"]),
    "tag without a name": ("a: ! b\n", ["1:4 forbidden-yaml"]),
    "unknown tag handle": ("a: !x!y b\n", ["1:4 forbidden-yaml"]),
    "anchor and tag": ("a: &x !y b\n", ["1:4 forbidden-yaml", "1:4 forbidden-yaml"]),
    "repeated key": ("a: 1\nb: 2\na: 3\n", ["3:1 duplicate-key"]),
    "repeated key, quoted": ("{a: 1, 'a': 2}\n", ["1:8 duplicate-key"]),
    "list as a key": ("? [a]\n: b\n", ["1:3 invalid-value"]),
    "number as a key": ("1: b\n", ["1:1 invalid-value"]),
    "null as a key": ("~: b\n", ["1:1 invalid-value"]),
    "boolean as a key": ("true: b\n", ["1:1 invalid-value"]),
    "two levels too many": ("[" * 34 + "]" * 34, ["1:33 too-deep"]),
}


@BOTH
@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED)
def test_refused(text: str, expected: list[str], events: Callable[[str], NextEvent]) -> None:
    """What a reviewer can't read line by line is refused where it stands."""
    assert told(read(text, events)) == expected


DIRECTIVES: Final = ("%YAML 1.2\n---\na: b\n", "%YAML 1.2\n---\n", "%TAG !x! y\n---\na: b\n")
STRANGE_DIRECTIVES: Final = ("%FOO x\n---\na: b\n", "%YAML 3.0\n---\na: b\n")


@pytest.mark.parametrize("text", [*DIRECTIVES, *STRANGE_DIRECTIVES])
def test_directives(text: str) -> None:
    """Directives are refused, those that the parser itself refuses among them."""
    diagnostics = read(text)[0].diagnostics
    assert [each.rule for each in diagnostics] == ["forbidden-yaml"]


@pytest.mark.parametrize("text", DIRECTIVES)
def test_place_of_a_directive(text: str) -> None:
    """A directive is told where it stands, before its document begins."""
    assert told(read(text)) == ["1:1 forbidden-yaml"]


@BOTH
@pytest.mark.parametrize("escape", ["\\ud800", "\\UD800DFFF", "\\U00110000", "\\U0000dfff"])
def test_escapes_for_no_character(escape: str, events: Callable[[str], NextEvent]) -> None:
    """Neither parser lets half a surrogate pair in, nor what lies past the last character."""
    (document,) = read(f'{{a: b,\n c: "{escape}"}}\n', events)
    assert [each.rule for each in document.diagnostics] == ["syntax"]


def test_no_second_opinion_lets_them_in() -> None:
    """What only the pure parser could read is refused where it holds such an escape."""
    assert told(read('{a: http://b, c: "\\ud800"}\n')) == ["1:9 syntax"]


@pytest.mark.parametrize("escape", ["\\ue000", "\\U0010FFFF", "\\U0001F393", "\\ud7ff"])
@BOTH
def test_escapes(escape: str, events: Callable[[str], NextEvent]) -> None:
    """Escapes for characters are read."""
    expected = escape.encode().decode("unicode_escape")
    assert data(read(f'"{escape}"\n', events)) == [expected]


@BOTH
def test_deepest(events: Callable[[str], NextEvent]) -> None:
    """Thirty-two levels are read."""
    assert told(read("[" * 32 + "]" * 32, events)) == []


def test_the_rest_is_read_on() -> None:
    """Beside what is refused, the rest of a document is data; what is refused is unknown."""
    documents = read("a: &x 1\nb: *x\nc: {<<: *x, d: 2}\ne: 3\ne: 4\n? [f]\n: 5\n")
    assert data(documents) == [
        {"a": 1, "b": UNKNOWN, "c": {"<<": UNKNOWN, "d": 2}, "e": 3},
    ]


def test_keys_as_text() -> None:
    """Where any key is asked for, keys that look like something else are their own text."""
    documents = read("0012: a\ntrue: b\n", any_key=True)
    assert (data(documents), told(documents)) == ([{"0012": "a", "true": "b"}], [])


def test_alias_bomb() -> None:
    """A document with a hundred refused constructs is left; the next one is read."""
    bomb = "a: &a x\nb: [" + ", ".join(["*a"] * 100_000) + "]\n---\nc: d\n"
    documents = read(bomb)
    assert len(told(documents)) == 100
    assert data(documents) == [{"c": "d"}]


SYNTAX: Final = {
    "tab": ("a:\n\t- b\n", "2:1"),
    "value in a value": ("a: b: c\n", "1:5"),
    "bad indentation": ("a:\n  b: 1\n c: 2\n", "3:2"),
    "open list": ("a: [b\n", "1:4"),
    "open quote": ("\n\na: 'b\nc: d\n", "3:4"),
    "open quote before a document": ('a: "b\n---\nc: d\n', "1:4"),
    "reserved sign": ("a: @b\n", "1:4"),
    "backtick": ("a: `b\n", "1:4"),
    "bad escape": ('a: "\\z"\n', "1:5"),
    "half a surrogate": ('a: "\\ud800"\n', "1:7"),
    "text after the end": ("a: b\n]\n", "2:1"),
    "no colon": ("a: b\nc\n", "2:1"),
    "unfinished mapping": ("{a: b", "1:1"),
    "nothing but a bracket": ("[", "1:2"),
    "brackets without an end": ("\n[[[\n", "2:4"),
    "stray closing bracket": ("a: ]\n", "1:4"),
}


@pytest.mark.parametrize(("text", "place"), SYNTAX.values(), ids=SYNTAX)
def test_syntax(text: str, place: str) -> None:
    """Broken YAML is told once, where a person should look, inside the file."""
    diagnostics = read(text)[-1].diagnostics if "---" not in text else read(text)[0].diagnostics
    assert [brief(each) for each in diagnostics] == [f"{place} syntax"]
    assert all(
        each.remedy and each.message.startswith("this is not YAML: ") for each in diagnostics
    )


def test_broken_documents_do_not_hide_others() -> None:
    """Documents before, between and after broken ones are read, with their places in the file."""
    text = "a: 1\n---\nb: [x\n---\nc: 3\nc: 4\n---\nd: 'x\n...\n---\r\ne: 5\r---\n@\n--- {f: 6}\n"
    documents = read(text)
    assert data(documents) == [{"a": 1}, {"c": 3}, {"e": 5}, {"f": 6}]
    assert told(documents) == ["3:4 syntax", "6:1 duplicate-key", "8:4 syntax", "13:1 syntax"]


FLOW: Final = (
    "{a: https://contoso.edu/?q=1, b: 2020-12-03T10:37:38Z}\n",
    "[a?b, c:d, -e]\n",
)


@pytest.mark.parametrize("text", FLOW)
def test_what_the_c_parser_does_not_know(text: str) -> None:
    """Lawful YAML 1.2 that the C parser refuses is read as ruamel.yaml's own loader reads it."""
    own = list(YAML(typ="safe", pure=True).load_all(text.replace("Z", "")))
    read_text = f"x: 1\n---\n{text}---\ny: 2\n---\n{text}"
    documents = read(read_text.replace("Z", ""))
    assert told(documents) == []
    if "Z" not in text:
        assert data(documents) == [{"x": 1}, *own, {"y": 2}, *own]


@pytest.mark.parametrize(
    "text", [">\n \n  \r\n\n>3-{{|", "%YAML 1.11\n---\na: b\n", "a: \0", "a: \x07"]
)
def test_slips_of_the_pure_parser(text: str) -> None:
    """Where the pure parser fails in a way of its own, the text is broken YAML all the same."""
    documents = read(text, pure_events)
    assert [each.rule for document in documents for each in document.diagnostics] == ["syntax"]


def test_bare_documents() -> None:
    """A document after `...` needs no marker, and those before it are not read twice."""
    documents = read("a: 1\n...\nb: 2\n...\nc: 3\n---\nd: 4\n")
    assert (data(documents), told(documents)) == ([{"a": 1}, {"b": 2}, {"c": 3}, {"d": 4}], [])


def test_second_opinions_end() -> None:
    """Broken text is read again only so far: past that, only the fast parser is asked."""
    broken = "a: [" + "x" * 200_000 + "\n"
    documents = read(f"{broken}---\n{broken}---\n{FLOW[0]}")
    assert told(documents) == ["1:4 syntax", "3:4 syntax"]
    lost = read(f"{broken}---\n{'#' * 70_000}\n{FLOW[0]}")
    assert told(lost) == ["1:4 syntax", "4:10 syntax"]


def test_markers_inside_scalars() -> None:
    """Dashes within a line or indented begin no document."""
    assert data(read("a: |\n  ---\n  b\nc: --- d\n")) == [{"a": "---\nb\n", "c": "--- d"}]


@BOTH
@pytest.mark.parametrize("text", ["", "\n", "# a\n", "---\n", "---\n---\n# b\n", "---\n...\n"])
def test_empty_documents(text: str, events: Callable[[str], NextEvent]) -> None:
    """Documents without content are skipped."""
    assert read(text, events) == []


@pytest.mark.parametrize(("text", "value"), [("--- null\n", None), ("''\n", ""), ("--- ~\n", None)])
def test_null_is_content(text: str, value: object) -> None:
    """A document that says null, or holds an empty text, is there."""
    assert data(read(text)) == [value]


def test_broken_documents_by_the_thousand() -> None:
    """Reading on after errors takes no longer than reading."""
    assert len(told(read("--- [\n" * 20_000))) == 20_000
