"""The README: its two commands, its transcripts and its promises are what the program does."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.cli.program import COMMANDS
from tests.cli.project import clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[1]
README: Final = ROOT / "README.md"
BLOCK: Final = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND: Final = re.compile(r"^\$ (.*(?:\\\n.*)*)\n", re.MULTILINE)
SAMPLE: Final = re.MULTILINE | re.DOTALL
SETUP: Final = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COPIED: Final = shutil.ignore_patterns(".git", ".venv", ".reconciler", "__pycache__", ".*_cache")

VARYING: Final = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<guid>"),
    (re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "<time>"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:<port>"),
    (re.compile(r"process \d+ on \S+,"), "process <pid> on <host>,"),
)
"""What is new in every run."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One command of a transcript, and what it prints."""

    command: str
    printed: str


def exchanges(text: str) -> Iterator[Exchange]:
    """Read the transcripts in order: a command after `$`, its output up to the next one."""
    for block in BLOCK.findall(text):
        parts = COMMAND.split(block)
        assert parts[0] == "", f"a transcript begins with a command: {block[:60]!r}"
        for command, printed in zip(parts[1::2], parts[2::2], strict=True):
            yield Exchange(command, printed)


def settled(text: str) -> str:
    """Leave out what is new in every run."""
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return text


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of the project, as a fresh clone would be."""
    folder = tmp_path / "reconciler"
    shutil.copytree(ROOT, folder, ignore=COPIED)
    return folder


def shell(command: str, folder: Path, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=clean_environment() | {"PATH": path, "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )


def test_the_transcripts_are_what_the_program_prints(
    clone: Path, request: pytest.FixtureRequest
) -> None:
    """Every transcript, run in order in one fresh copy, prints what the README says."""
    text = README.read_text(encoding="utf-8")
    folder = clone
    for exchange in exchanges(text):
        if exchange.command.startswith("cd "):
            folder = (folder / exchange.command.removeprefix("cd ")).resolve()
            continue
        printed = shell(exchange.command, folder).stdout
        if request.config.getoption("--refresh-golden"):
            old = f"$ {exchange.command}\n{exchange.printed}"
            text = text.replace(old, f"$ {exchange.command}\n{printed}", 1)
            README.write_text(text, encoding="utf-8")
        else:
            assert settled(printed) == settled(exchange.printed), exchange.command


def test_there_are_two_commands_and_ci_runs_the_second() -> None:
    """The README has exactly two commands to set up; CI runs the second to the letter."""
    first, second = (block.strip() for block in SETUP.findall(README.read_text(encoding="utf-8")))
    assert "plan" in first
    assert f"\n{second}\n" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_the_samples_are_valid(tmp_path: Path) -> None:
    """The README's manifest and configuration are taken by the program as they stand."""
    samples = re.findall(r"^```yaml\n(.*?)^```$", README.read_text(encoding="utf-8"), SAMPLE)
    kinds = ("CustomerQualifications", "ReconcilerConfig")
    manifest, settings = (next(s for s in samples if f"kind: {kind}" in s) for kind in kinds)
    (tmp_path / "customers").mkdir()
    (tmp_path / "customers/contoso.yaml").write_text(manifest, encoding="utf-8")
    (tmp_path / "reconciler.yaml").write_text(settings, encoding="utf-8")
    ended = shell("reconciler validate --format json 2>/dev/null", tmp_path)
    assert json.loads(ended.stdout)["summary"] == {"documents": 1, "errors": 0, "warnings": 0}


def test_every_command_is_in_the_reference() -> None:
    """The table of commands leaves none out."""
    text = README.read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"`{name}" not in text] == []


def test_the_first_command_works_on_a_bare_machine(clone: Path) -> None:
    """From a fresh copy and Python alone: it installs, and prints the plan of the quickstart."""
    first = SETUP.findall(README.read_text(encoding="utf-8"))[0].strip()
    ended = shell(first, clone, timeout=280)
    assert ended.returncode == 0, ended.stdout
    assert "4 to create" in ended.stdout
    assert "impossible" in ended.stdout
    printed = [line for line in ended.stdout.splitlines() if not line.startswith("WARNING: ")]
    assert len(printed) <= 40, "a screenful, pip's warnings aside"
