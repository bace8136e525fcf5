"""Adding to a list in a text of YAML: every other byte stays."""

from __future__ import annotations

from difflib import ndiff
from typing import Final

import pytest

from reconciler.yaml_text.editing import add_entries

TEXT: Final = """\
# top
spec:
  customerId: A1  # id
  qualifications:   # list
    # first
    - qualification: Education   # why
      educationSegment: K12  # seg

    # trailing
---
spec:
  customerId: b2
  qualifications: []
---
spec: {customerId: c3, qualifications: [None]}
---
spec:
  customerId: d4
  qualifications:
  - None # none
---
spec:
  customerId: e5
  qualifications: [Education, {qualification: StateOwnedEntity}]  # x
"""


def added(text: str, customer_id: str, *entries: str) -> str | None:
    owner = (("spec", "customerId"), customer_id)
    return add_entries(text, owner, ("spec", "qualifications"), entries, instead_of="None")


def changes(before: str, after: str | None) -> list[str]:
    assert after is not None
    lines = ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True))
    return [line.rstrip("\n") for line in lines if line[0] in "+-"]


@pytest.mark.parametrize(
    ("customer_id", "told"),
    [
        ("a1", ["+     - N", "+     - P"]),
        ("b2", ["-   qualifications: []", "+   qualifications: [N, P]"]),
        (
            "c3",
            [
                "- spec: {customerId: c3, qualifications: [None]}",
                "+ spec: {customerId: c3, qualifications: [N, P]}",
            ],
        ),
        ("d4", ["-   - None # none", "+   - N", "+   - P # none"]),
        (
            "e5",
            [
                "-   qualifications: [Education, {qualification: StateOwnedEntity}]  # x",
                "+   qualifications: [Education, {qualification: StateOwnedEntity}, N, P]  # x",
            ],
        ),
    ],
)
def test_each_way_to_write_a_list(customer_id: str, told: list[str]) -> None:
    """Blocks, brackets, an empty list, and one that only says None."""
    assert sorted(changes(TEXT, added(TEXT, customer_id, "N", "P"))) == sorted(told)


def test_the_lines_end_as_they_did() -> None:
    """A file of another system keeps its line ends, and one without a last one gets none."""
    text = "spec:\r\n  customerId: a\r\n  qualifications:\r\n  - Education"
    assert added(text, "a", "Nonprofit") == text + "\r\n  - Nonprofit"


@pytest.mark.parametrize(
    "text",
    [
        "spec: {customerId: other}",
        "spec: {customerId: a}",
        "spec: {customerId: a, qualifications: Education}",
        "spec: {customerId: a, qualifications: [x\n",
        "[]",
        "",
    ],
)
def test_what_can_not_be_edited_is_left(text: str) -> None:
    """No such document, no list, no YAML: nothing is guessed."""
    assert added(text, "a", "Nonprofit") is None


def test_an_edit_that_would_read_otherwise_is_none() -> None:
    """What was written is read again before anybody gets it."""
    assert added("spec: {customerId: a, qualifications: [b]}", "a", "x]}, {y: [z") is None
