"""Completion in a shell: commands, formats, rules, and the customers of the manifests."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.cli.project import Project, clean_environment, manifest, settings
from tests.cli.warm import path_to_warm_program

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("contoso-school", "contoso-water", "fabrikam")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path / "project")
    project.write("reconciler.yaml", settings())
    for number, name in enumerate(NAMES):
        customer = f"00000000-0000-4000-8000-{number:012d}"
        project.write(f"customers/{name}.yaml", manifest(name, customer, []))
    return project


def completed(folder: Path, *words: str) -> list[str]:
    """Press TAB in bash after these words."""
    line = " ".join(map(shlex.quote, words))
    script = f"""
        source <(_RECONCILER_COMPLETE=bash_source reconciler)
        COMP_WORDS=({line})
        COMP_CWORD={len(words) - 1}
        _reconciler_completion reconciler
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=clean_environment() | {"PATH": path_to_warm_program(folder.parent)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["val"], ["validate"]),
        (["emulator", "r"], ["reset"]),
        (["plan", "--format", "m"], ["markdown"]),
        (
            ["explain", "gcc-"],
            ["gcc-after-soe", "gcc-ends-commercial-sales", "gcc-over-denied-education"],
        ),
        (["plan", "--customer", "con"], ["contoso-school", "contoso-water"]),
        (["status", "--customer", "f"], ["fabrikam"]),
        (["--config", "reconciler.yaml", "plan", "--customer", "f"], ["fabrikam"]),
        (["--config", "nowhere.yaml", "plan", "--customer", "f"], []),
    ],
    ids=" ".join,
)
def test_offers(project: Project, words: list[str], offered: list[str]) -> None:
    """What fits what is typed, and nothing where it can't be known; a mistake stays silent."""
    assert sorted(completed(project.folder, "reconciler", *words)) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_script_for(project: Project, shell: str) -> None:
    """Each shell's script names the program."""
    project.environ["_RECONCILER_COMPLETE"] = f"{shell}_source"
    ended = project.run()
    assert ended.code == 0
    assert "reconciler" in ended.out
