"""Starting up: help and version import nothing heavy, so that they answer at once."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

from tests.cli.project import clean_environment

HEAVY: Final = frozenset(
    {
        "asyncio",
        "cryptography",
        "deepdiff",
        "h11",
        "httpx",
        "jinja2",
        "msal",
        "pydantic",
        "rich",
        "ruamel",
        "starlette",
        "uvicorn",
    }
)


def imported(*arguments: str) -> set[str]:
    """Tell the packages that a run imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "reconciler", *arguments],
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("--version",)], ids=str)
def test_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    """Neither models nor HTTP nor a terminal library is imported to print help."""
    packages = imported(*arguments)
    assert "click" in packages
    assert HEAVY.isdisjoint(packages)


@pytest.mark.parametrize(
    ("command", "others"),
    [
        ("validate", {"asyncio", "h11", "httpx", "jinja2", "msal", "uvicorn"}),
        ("show", {"asyncio", "h11", "httpx", "msal", "ruamel", "uvicorn"}),
        ("plan", {"deepdiff", "jinja2", "msal", "starlette", "uvicorn"}),
    ],
)
def test_imports_for_one_command(command: str, others: set[str]) -> None:
    """A command does not import what only other commands need."""
    assert others.isdisjoint(imported(command, "--help"))
