"""Broken YAML is told where a person should look, and hides no other document."""

from __future__ import annotations

from typing import Final

import pytest

from tests.manifest_samples import brief
from tests.yaml_readings import data, problem_lines, read

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
    assert problem_lines(documents) == [
        "3:4 syntax",
        "6:1 duplicate-key",
        "8:4 syntax",
        "13:1 syntax",
    ]


def test_bare_documents() -> None:
    """A document after `...` needs no marker, and those before it are not read twice."""
    documents = read("a: 1\n...\nb: 2\n...\nc: 3\n---\nd: 4\n")
    assert (data(documents), problem_lines(documents)) == (
        [{"a": 1}, {"b": 2}, {"c": 3}, {"d": 4}],
        [],
    )


def test_second_opinions_end() -> None:
    """Broken text is read again only so far: past that, only the fast parser is asked."""
    broken = "a: [" + "x" * 200_000 + "\n"
    flow = "{a: https://contoso.edu/?q=1}\n"
    documents = read(f"{broken}---\n{broken}---\n{flow}")
    assert problem_lines(documents) == ["1:4 syntax", "3:4 syntax"]
    lost = read(f"{broken}---\n{'#' * 70_000}\n{flow}")
    assert problem_lines(lost) == ["1:4 syntax", "4:10 syntax"]


def test_markers_inside_scalars() -> None:
    """Dashes within a line or indented begin no document."""
    assert data(read("a: |\n  ---\n  b\nc: --- d\n")) == [{"a": "---\nb\n", "c": "--- d"}]


@pytest.mark.parametrize(("text", "value"), [("--- null\n", None), ("''\n", ""), ("--- ~\n", None)])
def test_null_is_content(text: str, value: object) -> None:
    """A document that says null, or holds an empty text, is there."""
    assert data(read(text)) == [value]


def test_broken_documents_by_the_thousand() -> None:
    """Reading on after errors takes no longer than reading."""
    assert len(problem_lines(read("--- [\n" * 20_000))) == 20_000
