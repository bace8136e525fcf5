"""Four shards at once against one service that permits 1,800 requests a minute, and their merge.

Run it by `python -m tests.benchmarks.shards`. The service is the emulator, served; its bucket is
one second deep, and what it refuses counts for nothing. The time that its rate permits is that of
all requests which it did not refuse; ours is from the first process's start to the last one's end.
What the shards merge to is compared, byte by byte but for `createdAt`, with a single run's plan.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.request import urlopen

from tests.benchmarks import scale
from tests.benchmarks.measuring import PROGRAM, environment
from tests.benchmarks.table import Due, Row, markdown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COUNT: Final = 4
CUSTOMERS: Final = 1_200
QUICK_CUSTOMERS: Final = 100
PER_MINUTE: Final = 1_800
DUE: Final = Due(0.9)
CONFIGURATION: Final = f"""\
apiVersion: reconciler/v1
kind: ReconcilerConfig
manifests: [customers/]
partnerCenter: {{requestsPerMinute: {PER_MINUTE}}}
"""
LIMIT: Final = {"kind": "rate-limit", "perMinute": PER_MINUTE, "burst": PER_MINUTE // 60}


@contextmanager
def served(folder: Path) -> Iterator[str]:
    (folder / "faults.json").write_text(json.dumps({"faults": [LIMIT]}))
    words = ("emulator", "serve", "live.json", "--port", "0", "--faults", "faults.json")
    with start(folder, words, {}) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()


def start(folder: Path, words: Sequence[str], environ: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        (*PROGRAM, *words),
        cwd=folder,
        env=environment() | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def outputs(folder: Path, commands: Sequence[Sequence[str]], environ: dict[str, str]) -> list[str]:
    """Run all at once, and give what each wrote."""
    running = [start(folder, words, environ) for words in commands]
    written = [process.communicate()[0] for process in running]
    if codes := {process.returncode for process in running} - {0}:
        sys.exit(f"{commands[0]} and the like ended in {codes}")
    return written


def counts(address: str) -> tuple[int, int]:
    """The requests that the service received, and those among them that it refused."""
    with urlopen(f"{address}/emulator/state") as answer:  # noqa: S310 - this machine's
        state: Any = json.load(answer)
    return sum(state["calls"].values()), state["faults"][0]["injected"]


def timeless(plan: str) -> str:
    return re.sub(r'"createdAt": "[^"]*"', "", plan)


def rows(*, quick: bool) -> Iterator[Row]:
    customers = QUICK_CUSTOMERS if quick else CUSTOMERS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "work")
        scale.make(folder, customers, customers)
        (folder / "reconciler.yaml").write_text(CONFIGURATION)
        with served(folder) as address:
            yield measure(folder, customers, address)


def measure(folder: Path, customers: int, address: str) -> Row:
    environ = {"PARTNER_CENTER_ENDPOINT": address, "PARTNER_CENTER_ACCESS_TOKEN": "user"}
    files = [f"plan-{index}.json" for index in range(1, COUNT + 1)]
    shards = [
        ("plan", "--shard", f"{index}/{COUNT}", "--out", file)
        for index, file in enumerate(files, start=1)
    ]
    started = time.perf_counter()
    outputs(folder, shards, environ)
    seconds = time.perf_counter() - started
    received, refused = counts(address)
    permitted = (received - refused) * 60 / PER_MINUTE
    [merged] = outputs(folder, [("merge", *files, "--format", "json")], environ)
    [whole] = outputs(folder, [("plan", "--format", "json")], environ)
    return Row(
        f"{COUNT} shards, {customers} customers, {PER_MINUTE:,} a minute",
        f"{seconds:.1f} s, {refused} of {received} refused",
        f"{permitted:.1f} s permitted",
        permitted / seconds,
        DUE,
        (("the plan of one run", timeless(merged) == timeless(whole)),),
    )


if __name__ == "__main__":
    print(markdown(list(rows(quick="--quick" in sys.argv))))
