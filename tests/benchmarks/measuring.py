"""What whole processes cost, compared in turn: A B A B, so that a change of speed meets both."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT: Final = Path(__file__).parents[2]
PROGRAM: Final = (sys.executable, "-m", "reconciler")


def environment() -> dict[str, str]:
    """Start programs from here, and let them keep bytecode: what is installed has its own."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": str(ROOT)}


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds on the clock, seconds of the processors, and mebibytes at the peak."""

    clock: float
    processors: float
    peak: float

    def __str__(self) -> str:
        return f"{self.clock:.2f} s ({self.processors:.2f} s CPU), {self.peak:.0f} MiB"


@dataclass(frozen=True, slots=True)
class Command:
    """A process to run to its end; `proves` says by its output whether it did the work."""

    words: tuple[str, ...]
    folder: Path
    proves: Callable[[str], bool]

    def run(self) -> Cost:
        out = self.folder.with_name(f"{self.folder.name}.out")
        with out.open("w") as stream:
            started = time.perf_counter()
            process = subprocess.Popen(
                self.words,
                cwd=self.folder,
                env=environment(),
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
            _, status, usage = os.wait4(process.pid, 0)
            clock = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        said = out.read_text()
        if process.returncode != 0 or not self.proves(said):
            sys.exit(f"{' '.join(self.words)} ended in {process.returncode}: {said[-2000:]}")
        return Cost(clock, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def in_turn(commands: Sequence[Command], rounds: int) -> list[Cost]:
    """Run each command in each round; what each costs at the median, at its highest peak."""
    measured = [[command.run() for command in commands] for _ in range(rounds)]
    return [_middle(costs) for costs in zip(*measured, strict=True)]


def _middle(costs: Sequence[Cost]) -> Cost:
    return Cost(
        statistics.median(cost.clock for cost in costs),
        statistics.median(cost.processors for cost in costs),
        max(cost.peak for cost in costs),
    )
