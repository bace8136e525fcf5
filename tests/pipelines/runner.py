"""What the runners of all platforms share: a machine that has the program, and steps in bash."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml import YAML

from tests.cli.project import clean_environment
from tests.cli.warm import path_to_warm_program

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

INSTALL: Final = "Install reconciler"
"""The one step that needs a network; reconciler is here already."""


def read_yaml(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def machine_environment(folder: Path, *programs: Path) -> dict[str, str]:
    """Give the variables of a machine whose `programs` come before the program in `folder`."""
    path = os.pathsep.join([*map(str, programs), path_to_warm_program(folder)])
    # Nothing of ours runs in a script's own Python: it need not start measuring coverage.
    inherited = {k: v for k, v in clean_environment().items() if not k.startswith("COV")}
    return inherited | {"PATH": path}


@dataclass(frozen=True)
class Ran:
    """How a script ended, and what it printed."""

    code: int
    log: str


def run_bash(script: str, folder: Path, environ: Mapping[str, str], *flags: str) -> Ran:
    """Run a script as a platform's machine does, with its `flags` of bash."""
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", *flags, "-c", script],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout)


def run_git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


def new_machine(folder: Path, *inside: str) -> Path:
    """Make the place of a machine anew, with these folders in it."""
    machine = folder / "machine"
    shutil.rmtree(machine, ignore_errors=True)
    for name in ("", *inside):
        (machine / name).mkdir(parents=True)
    return machine


def copied(source: Path, target: Path) -> None:
    """Copy a folder as it is, or a file into a folder; what is not there is left out."""
    if source.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
    elif source.exists():
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
