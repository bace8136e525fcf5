"""Every benchmark in turn, or those named: one table, and a plot of its ratios.

Run it by `python -m tests.benchmarks [NAME...] [--quick] [--plot FILE]`. Ends in 1 where a due is
not kept, unless it is a quick run, whose sizes say nothing of it.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reconciler.version import VERSION
from tests.benchmarks.table import markdown, plot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.benchmarks.table import Row

NAMES: Final = (
    "start_up",
    "validate",
    "changed_from",
    "scale",
    "peers",
    "shards",
    "reads",
    "pacing",
)
LIBRARIES: Final = ("httpx", "pydantic", "ruamel.yaml")


def heading() -> str:
    """Say what was measured where, and how busy it was: a busy machine's ratios are noise."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    load = os.getloadavg()[0]
    return (
        f"reconciler {VERSION}, Python {platform.python_version()}, {libraries}\n"
        f"{platform.system()} {platform.machine()}, {_processor()}, {os.cpu_count()} cores, "
        f"load {load:.1f}\n"
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    models = (line.partition(": ")[2] for line in lines if line.startswith("model name"))
    return next(models, "processor unknown")


def rows_of(names: Iterable[str], *, quick: bool) -> Iterator[Row]:
    """Run each in a process of its own: a child's peak memory starts at that of its parent."""
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        with ProcessPoolExecutor(1, get_context("fork")) as process:
            yield from process.submit(rows_in_process, name, quick).result()


def rows_in_process(name: str, quick: bool) -> list[Row]:
    return list(importlib.import_module(f"tests.benchmarks.{name}").rows(quick=quick))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="small sizes: that it runs at all")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write the ratios as SVG")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(NAMES):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    names = asked.names or NAMES
    head = heading()
    rows = list(rows_of([name for name in NAMES if name in names], quick=asked.quick))
    print(f"{head}\n{markdown(rows)}", end="")
    if asked.plot is not None:
        asked.plot.write_text(plot(rows, head.splitlines()))
    return 0 if asked.quick or all(row.is_kept for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
