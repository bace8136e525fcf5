"""Plain data from YAML: its places, and what is refused because it is not plain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from reconciler.model.findings import Source
from reconciler.yaml_text.places import UNKNOWN
from tests.yaml_readings import BOTH, data, problem_lines, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.yaml_text.parsers import NextEvent
    from reconciler.yaml_text.places import Path

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
    assert problem_lines(read(text, events)) == expected


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
    assert problem_lines(read(text)) == ["1:1 forbidden-yaml"]


OPENINGS: Final = {
    "lists": ("[",),
    "mappings": ("{a: ",),
    "lists in mappings": ("{a: ", "["),
    "mappings in lists": ("[", "{a: "),
    "two of each": ("[", "[", "{a: ", "{a: "),
}


@BOTH
@pytest.mark.parametrize("kinds", OPENINGS.values(), ids=OPENINGS)
@pytest.mark.parametrize(("levels", "refused"), [(32, False), (33, True)])
def test_deepest(
    kinds: tuple[str, ...], levels: int, events: Callable[[str], NextEvent], *, refused: bool
) -> None:
    """Thirty-two levels are read, of whatever kind; what opens the next is told."""
    openings = [kinds[level % len(kinds)] for level in range(levels)]
    closings = ["]" if each == "[" else "}" for each in reversed(openings)]
    place = f"1:{len(''.join(openings[:32])) + 1} too-deep"
    text = "".join(openings + closings)
    assert problem_lines(read(text, events)) == ([place] if refused else [])


def test_the_rest_is_read_on() -> None:
    """Beside what is refused, the rest of a document is data; what is refused is unknown."""
    documents = read("a: &x 1\nb: *x\nc: {<<: *x, d: 2}\ne: 3\ne: 4\n? [f]\n: 5\n")
    assert data(documents) == [
        {"a": 1, "b": UNKNOWN, "c": {"<<": UNKNOWN, "d": 2}, "e": 3},
    ]


def test_known_keys() -> None:
    """A key that was text before is one again; a number that was quoted before is a number."""
    text = "a: 1\n'1': 2\n---\na: 3\n1: 4\n---\n&x a: 5\n---\n'a': 6\n'<<': 7\n"
    documents = read(text)
    assert data(documents) == [{"a": 1, "1": 2}, {"a": 3}, {"a": 5}, {"a": 6, "<<": 7}]
    assert problem_lines(documents) == ["5:1 invalid-value", "7:1 forbidden-yaml"]


def test_keys_as_text() -> None:
    """Where any key is asked for, keys that look like something else are their own text."""
    documents = read("0012: a\ntrue: b\n", any_key=True)
    assert (data(documents), problem_lines(documents)) == ([{"0012": "a", "true": "b"}], [])


def test_alias_bomb() -> None:
    """A document with a hundred refused constructs is left; the next one is read."""
    bomb = "a: &a x\nb: [" + ", ".join(["*a"] * 100_000) + "]\n---\nc: d\n"
    documents = read(bomb)
    assert len(problem_lines(documents)) == 100
    assert data(documents) == [{"c": "d"}]


@pytest.mark.parametrize("text", ["[{}]", "{{{}}}", "[[a], [{}]]", "{{b: [], c: {{{}}}}}"])
def test_values(text: str) -> None:
    """A document may hold ten thousand values in all, and not many more; the next one is read."""
    fits = ",".join(f"k{each}" for each in range(9_990))
    assert problem_lines(read(text.format(fits))) == []
    documents = read(text.format(f"{fits},{fits.upper()}") + "\n---\na: b\n")
    assert [each.rule for each in documents[0].diagnostics] == ["too-large"]
    assert data(documents) == [{"a": "b"}]


def test_values_in_all() -> None:
    """It is all values of a document that count, not those of one list."""
    half = "a," * 5_000
    assert problem_lines(read(f"[[{half}], [{half}]]")) == ["1:1 too-large"]
