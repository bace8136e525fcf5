"""The README and those beside the examples: commands, transcripts and links are as they say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import pytest

from reconciler.model.rules import RULES
from tests.cli.command_lines import commands, parse, words_of
from tests.cli.project import clean_environment
from tests.cli.warm import path_to_warm_program

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[1]
README: Final = ROOT / "README.md"
READMES: Final = [README, *sorted((ROOT / "examples").glob("*/README.md"))]
LONGEST: Final = 220
PROMISES: Final = 12

FENCED: Final = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
COMMAND: Final = re.compile(r"^\$ (.*(?:\\\n.*)*)\n", re.MULTILINE)
SPOKEN: Final = re.compile(r"(?:^ *|run: |`|=)(reconciler [^`\n]*(?:\\\n[^`\n]*)*)", re.MULTILINE)
LINK: Final = re.compile(r"\]\(([^)#]*)(#[^)]*)?\)|(?:src|srcset)=\"([^\"]+)\"")
HEADING: Final = re.compile(r"^#+ (.*)$", re.MULTILINE)
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


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(text: str, *languages: str) -> list[str]:
    """Find the fenced blocks of these languages, without their indentation."""
    return [
        re.sub(f"^{indent}", "", body, flags=re.MULTILINE)
        for indent, language, body in FENCED.findall(text)
        if language in languages
    ]


def exchanges(text: str) -> Iterator[Exchange]:
    """Read the transcripts in order: a command after `$`, its output up to the next one."""
    for block in blocks(text, "console"):
        parts = COMMAND.split(block)
        assert parts[0] == "", f"a transcript begins with a command: {block[:60]!r}"
        for command, printed in zip(parts[1::2], parts[2::2], strict=True):
            yield Exchange(command, printed)


def settled(text: str) -> str:
    """Leave out what is new in every run."""
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return text


def shell(
    command: str, folder: Path, path: str, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
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


@pytest.mark.parametrize("readme", READMES, ids=named)
def test_the_transcripts_are_what_the_program_prints(
    readme: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Every transcript, run in order in one fresh copy, prints what the README says."""
    shutil.copytree(ROOT / "examples", tmp_path / "clone/examples", ignore=COPIED)
    folder = tmp_path / "clone" / readme.parent.relative_to(ROOT)
    path = path_to_warm_program(tmp_path)
    text = readme.read_text(encoding="utf-8")
    for exchange in exchanges(text):
        if exchange.command.startswith("cd "):
            folder = (folder / exchange.command.removeprefix("cd ")).resolve()
            continue
        printed = shell(exchange.command, folder, path).stdout
        if request.config.getoption("--refresh-golden"):
            old = f"$ {exchange.command}\n{exchange.printed}"
            text = text.replace(old, f"$ {exchange.command}\n{printed}", 1)
            readme.write_text(text, encoding="utf-8")
        else:
            assert settled(printed) == settled(exchange.printed), exchange.command


@pytest.mark.parametrize("readme", READMES, ids=named)
def test_every_command_line_is_one_that_the_program_takes(readme: Path) -> None:
    """Also those that need an account, and those inside a sentence."""
    text = readme.read_text(encoding="utf-8")
    for line in SPOKEN.findall(text):
        if "COMMAND" not in line:
            parse(words_of(line.replace("\\\n", " ").replace("created|absent", "created")))


@pytest.mark.parametrize("readme", READMES, ids=named)
def test_what_cannot_be_run_here_is_valid_bash(readme: Path) -> None:
    """Blocks for a shell are read by bash, if no more."""
    for script in blocks(readme.read_text(encoding="utf-8"), "bash", "sh"):
        done = subprocess.run(
            ["bash", "-n"], input=script, text=True, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("readme", READMES, ids=named)
def test_every_link_leads_somewhere(readme: Path) -> None:
    """Files, pictures and headings that are named are there."""
    for target, heading, picture in LINK.findall(readme.read_text(encoding="utf-8")):
        if (target or picture).startswith("https://"):
            continue
        file = readme.parent / (target or picture) if target or picture else readme
        assert file.exists(), target or picture
        if heading:
            titles = HEADING.findall(file.read_text(encoding="utf-8"))
            anchors = [re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in titles]
            assert heading.removeprefix("#") in anchors


def test_there_are_two_commands_and_ci_runs_the_second() -> None:
    """The README has exactly two commands to set up; CI runs the second to the letter."""
    setup = blocks(README.read_text(encoding="utf-8"), "sh")
    first, second = (block.strip() for block in setup)
    assert "plan" in first
    assert f"\n{second}\n" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_it_is_short_and_its_contents_name_its_parts() -> None:
    """At most so many lines; every part is in the contents, in order."""
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST
    contents = text.partition("**Contents**")[2].partition("\n\n")[0]
    assert re.findall(r"\[([^]]+)\]", contents) == re.findall(r"^## (.*)$", text, re.MULTILINE)


NAMED: Final = {
    "unmanaged-customer": "plan",
    "changed-outside": "plan",
    "customer-dropped": "examples/pipelines/README.md",
    "configuration-changed": "examples/pipelines/README.md",
    "resubmission-attempt": "examples/quickstart/README.md",
    "resubmission-limit": "examples/quickstart/README.md",
    "validation-code-exhausted": "examples/quickstart/README.md",
}
"""Rules that are about more than one customer's table of states, and where people meet them."""


@pytest.mark.parametrize(("rule", "place"), NAMED.items())
def test_a_rule_is_named_where_its_ground_is_told(rule: str, place: str) -> None:
    """In the help of the command that raises it, or where the reader learns what it is about."""
    assert rule in RULES
    command = dict(commands()).get(f"reconciler {place}")
    told = command.get_help(click.Context(command)) if command else (ROOT / place).read_text()
    assert rule in told


def test_every_promise_names_tests_that_are_there() -> None:
    """None of the promises is without a test, and no test file is named that is not there."""
    text = README.read_text(encoding="utf-8")
    table = text.partition("## Promises")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\d+)\. [^|]+\| ([^|]+)\|$", table, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, PROMISES + 1))
    for number, shown in rows:
        files = re.findall(r"`(tests/[^`]+)`", shown)
        assert files, number
        assert [file for file in files if not (ROOT / file).is_file()] == []


def test_every_figure_says_how_to_get_it_again() -> None:
    """Each row ends in a command, and its module is there."""
    text = README.read_text(encoding="utf-8").partition("## Figures")[2].partition("\n## ")[0]
    modules = re.findall(r"`python -m ([\w.]+)", text)
    rows = re.findall(r"^\| (?!What).*\|$", text, re.MULTILINE)
    assert rows
    assert all("`python -m " in row for row in rows)
    assert [module for module in modules if find_spec(module) is None] == []


def test_the_samples_are_valid(tmp_path: Path) -> None:
    """The manifest and the configuration that are told in full are taken as they stand."""
    text = (ROOT / "examples/quickstart/README.md").read_text(encoding="utf-8")
    manifest, settings = blocks(text, "yaml")
    (tmp_path / "customers").mkdir()
    (tmp_path / "customers/contoso.yaml").write_text(manifest, encoding="utf-8")
    (tmp_path / "reconciler.yaml").write_text(settings, encoding="utf-8")
    path = path_to_warm_program(tmp_path)
    ended = shell("reconciler validate --format json 2>/dev/null", tmp_path, path)
    assert json.loads(ended.stdout)["summary"] == {"documents": 1, "errors": 0, "warnings": 0}


def test_the_first_command_works_on_a_bare_machine(tmp_path: Path) -> None:
    """From a fresh copy and Python alone: it installs, and prints the plan of the quickstart."""
    clone = tmp_path / "reconciler"
    shutil.copytree(ROOT, clone, ignore=COPIED)
    first = blocks(README.read_text(encoding="utf-8"), "sh")[0].strip()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ended = shell(first, clone, path, timeout=280)
    assert ended.returncode == 0, ended.stdout
    assert "4 to create" in ended.stdout
    assert "impossible" in ended.stdout
    printed = [line for line in ended.stdout.splitlines() if not line.startswith("WARNING: ")]
    assert len(printed) <= 40, "a screenful, pip's warnings aside"


def test_the_library_plans_the_quickstart(tmp_path: Path) -> None:
    """The README's block of Python, as it stands, from the clone's top: a plan and its steps."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=COPIED)
    text = README.read_text(encoding="utf-8")
    [block] = [body for _, language, body in FENCED.findall(text) if language == "python"]
    assert len(block.splitlines()) <= 15
    ended = subprocess.run(
        [sys.executable, "-c", block],
        cwd=tmp_path,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Plan: 4 to create" in ended.stdout
    assert "contoso-unified-school-district Education" in ended.stdout
