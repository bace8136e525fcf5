"""The test command: every check of this project. Ends in 1 where one of them fails.

The tests wait now and then, for processes and real sockets; the other checks run meanwhile, and are
shown when the tests have ended.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT: Final = Path(__file__).parents[1]
BIN: Final = Path(sys.executable).parent
COVERED: Final = 95
"""Percent of branches; the report names what is missing."""

WORKERS: Final = 2 * (os.cpu_count() or 1)
"""Twice the cores: while one test waits, another computes."""

ZIZMOR: Final = (
    *(str(BIN / "zizmor"), "-q", "--offline", "--strict-collection", "--persona=pedantic"),
    *("--config", ".github/zizmor.yml"),
)
WORKFLOW_FOLDERS: Final = (
    ".github",
    "examples/comment-commands/.github",
    "examples/pipelines/github/.github",
)
SHARDS: Final = "examples/distributed/github/reconciler-shards.yml"


def files_in(folders: Iterable[str], pattern: str) -> list[str]:
    found = (path for folder in folders for path in (ROOT / folder).glob(pattern))
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def by_schema(schema: str, *words: str) -> list[str]:
    return [str(BIN / "check-jsonschema"), "--builtin-schema", f"vendor.{schema}", *words]


AZURE: Final = [
    path
    for path in files_in(["examples"], "*/azure/**/*.yml")
    # Azure's agent knows the input allowCanceledBuilds that this one sets; the schema doesn't.
    if not path.endswith("reconciler-state.yml")
]
BESIDES: Final = (
    ("lint", [str(BIN / "ruff"), "check", "."]),
    ("format", [str(BIN / "ruff"), "format", "--check", "."]),
    ("arrows", [str(BIN / "lint-imports"), "--no-cache"]),
    ("types", [str(BIN / "mypy")]),
    ("workflows", [*ZIZMOR, *WORKFLOW_FOLDERS, SHARDS]),
    (
        "schema of workflows",
        by_schema("github-workflows", SHARDS, *files_in(WORKFLOW_FOLDERS, "workflows/*.yml")),
    ),
    (
        "schema of actions",
        by_schema("github-actions", *files_in(WORKFLOW_FOLDERS, "actions/*/action.yml")),
    ),
    (
        "schema of GitLab's jobs",
        by_schema(
            *("gitlab-ci", "--data-transform", "gitlab-ci"),
            *files_in(["examples"], "*/gitlab/**/*.yml"),
        ),
    ),
    (
        "schema of Azure's pipelines",
        by_schema(
            # Its patterns escape what the default dialect of regular expressions forbids to.
            *("azure-pipelines", "--data-transform", "azure-pipelines"),
            *("--regex-variant", "nonunicode"),
            *AZURE,
        ),
    ),
)
ENVIRONMENT: Final = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
"""Where it forbids to keep bytecode, each of hundreds of processes would compile all anew."""

TESTS: Final = (
    *(sys.executable, "-m", "pytest", "-n", str(WORKERS), "--dist", "worksteal"),
    *("--cov", f"--cov-fail-under={COVERED}"),
)


def main() -> int:
    with ThreadPoolExecutor(1) as besides:
        running = {name: besides.submit(run_quietly, command) for name, command in BESIDES}
        show("tests", TESTS)
        ended = {"tests": subprocess.run(TESTS, cwd=ROOT, env=ENVIRONMENT, check=False).returncode}
        for name, command in BESIDES:
            done = running[name].result()
            show(name, command)
            print(done.stdout, end="", flush=True)
            ended[name] = done.returncode
    failed = [name for name, code in ended.items() if code != 0]
    print(f"FAILED: {', '.join(failed)}" if failed else "every check passed")
    return int(bool(failed))


def run_quietly(command: list[str]) -> subprocess.CompletedProcess[str]:
    both = subprocess.STDOUT
    return subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=both, text=True, check=False
    )


def show(name: str, command: list[str] | tuple[str, ...]) -> None:
    print(f"--- {name}: {' '.join(Path(part).name for part in command)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
