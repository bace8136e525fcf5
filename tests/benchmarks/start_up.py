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
from typing import Final

RUNS: Final = 21
BARE: Final = (sys.executable, "-c", "pass")
HELP: Final = (str(Path(sys.executable).with_name("reconciler")), "--help")


def seconds(command: tuple[str, ...]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    seconds(BARE), seconds(HELP)
    pairs = [(seconds(BARE), seconds(HELP)) for _ in range(RUNS)]
    bare = statistics.median(pair[0] for pair in pairs)
    help_ = statistics.median(pair[1] for pair in pairs)
    over = statistics.median(pair[1] - pair[0] for pair in pairs)
    print(f"bare Python        {bare * 1000:6.0f} ms  (median of {RUNS})")
    print(f"reconciler --help  {help_ * 1000:6.0f} ms")
    print(f"difference         {over * 1000:6.0f} ms  (median of pairs; the bar is 120)")


if __name__ == "__main__":
    main()
