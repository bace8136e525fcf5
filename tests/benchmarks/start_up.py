"""How much longer than bare Python `reconciler --help` takes.

Run it by `python -m tests.benchmarks.start_up`.
Both are whole processes, in turn, so that a change of the machine's speed meets both.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.benchmarks.table import Row, markdown

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS: Final = 21
DUE: Final = 0.12
"""Seconds more than bare Python."""

BARE: Final = (sys.executable, "-c", "pass")
HELP: Final = (str(Path(sys.executable).with_name("reconciler")), "--help")


def seconds(command: tuple[str, ...]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def rows(*, quick: bool) -> Iterator[Row]:
    seconds(BARE), seconds(HELP)
    pairs = [(seconds(BARE), seconds(HELP)) for _ in range(3 if quick else RUNS)]
    bare, help_ = (statistics.median(each) for each in zip(*pairs, strict=True))
    over = statistics.median(pair[1] - pair[0] for pair in pairs)
    yield Row(
        "`--help` beside bare Python",
        f"{help_ * 1000:.0f} ms",
        f"{bare * 1000:.0f} ms",
        help_ / bare,
        bounds=((f"{over * 1000:.0f} ms more, at most {DUE * 1000:.0f}", over <= DUE),),
    )


if __name__ == "__main__":
    print(markdown(list(rows(quick="--quick" in sys.argv))))
