"""`explain`: every rule can be found, and a misspelt one is met with the nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.model.rules import RULES
from tests.cli.project import Project

if TYPE_CHECKING:
    from pathlib import Path


def test_list_names_every_rule_once(tmp_path: Path) -> None:
    """Each has a line with its title, below what raises it."""
    ended = Project(tmp_path).run("explain", "--list")
    assert ended.code == 0
    lines = ended.out.splitlines()
    for rule in RULES.values():
        (line,) = [line for line in lines if line.startswith(f"  {rule.id} ")]
        assert line.endswith(rule.title)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("vetting-deny", "vetting-denied"),
        ("exclusive", "education-gcc-exclusive"),
        ("foo", "too-"),
    ],
)
def test_the_nearest_rule(name: str, nearest: str, tmp_path: Path) -> None:
    """A name that no rule has is met with one suggestion and no wall of names."""
    ended = Project(tmp_path).run("explain", name)
    assert (ended.code, ended.out) == (64, "")
    assert f"did you mean {nearest}" in ended.err
    assert len(ended.err) < 160


@pytest.mark.parametrize("arguments", [(), ("syntax", "--list")], ids=str)
def test_a_rule_or_the_list(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Neither and both are usage errors."""
    assert Project(tmp_path).run("explain", *arguments).code == 64
