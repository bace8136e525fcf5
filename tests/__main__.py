"""The test command: every check of this project, in turn. Ends in 1 where one of them fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
BIN: Final = Path(sys.executable).parent
COVERED: Final = 95
"""Percent of branches; the report names what is missing."""

CHECKS: Final = (
    ("lint", [str(BIN / "ruff"), "check", "."]),
    ("format", [str(BIN / "ruff"), "format", "--check", "."]),
    ("types", [str(BIN / "mypy")]),
    ("arrows", [str(BIN / "lint-imports"), "--no-cache"]),
    (
        "tests",
        [sys.executable, "-m", "pytest", "-n", "auto", "--cov", f"--cov-fail-under={COVERED}"],
    ),
)


def main() -> int:
    failed = [name for name, command in CHECKS if not passes(name, command)]
    if failed:
        print(f"FAILED: {', '.join(failed)}")
        return 1
    print("every check passed")
    return 0


def passes(name: str, command: list[str]) -> bool:
    print(f"--- {name}: {' '.join(Path(part).name for part in command)}", flush=True)
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
