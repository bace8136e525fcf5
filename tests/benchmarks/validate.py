"""How long `reconciler validate` takes for 10,000 manifests, against merely loading them.

Run it by `python -m tests.benchmarks.validate`. Both are whole processes, in turn, so that a change
of the machine's speed meets both. Loading is what ruamel.yaml does with `YAML(typ="safe")` and its
C library.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FILES: Final = 100
MANIFESTS: Final = 10_000
RUNS: Final = 9
SEED: Final = 20_240_501

# The one place that says what is measured.
VALIDATE: Final = (sys.executable, "-m", "reconciler", "validate")

LOAD: Final = (
    sys.executable,
    "-c",
    """
import sys
from pathlib import Path
from ruamel.yaml import YAML
yaml = YAML(typ="safe")
for path in sorted(Path(sys.argv[1]).iterdir()):
    with path.open() as stream:
        for document in yaml.load_all(stream):
            pass
""",
)

EDUCATION: Final = """\
    - qualification: Education
      educationSegment: K12
      website: school{index}.edu
"""
STATE_OWNED: Final = "    - StateOwnedEntity\n"
GCC: Final = """\
    - qualification: GovernmentCommunityCloud
      validationCodeFrom: {{env: GCC_CODE_{index}}}
"""
ENTRIES: Final = (EDUCATION, STATE_OWNED, GCC)
MANIFEST: Final = """\
apiVersion: reconciler/v1
kind: CustomerQualifications
metadata:
  name: customer-{index:05d}
  labels: {{region: us-west}}
spec:
  customerId: {customer}
  domain: customer{index}.onmicrosoft.com
  qualifications:
"""


@dataclass(frozen=True, slots=True)
class Measured:
    seconds: float
    mebibytes: float


def make_files(folder: Path, manifests: int = MANIFESTS, files: int = FILES) -> None:
    chance = random.Random(SEED)  # noqa: S311  # the same files every time, and no secrets
    for file in range(files):
        texts = []
        for index in range(file, manifests, files):
            customer = uuid.UUID(int=chance.getrandbits(128))
            text = MANIFEST + ENTRIES[index % len(ENTRIES)]
            texts.append(text.format(index=index, customer=customer))
        (folder / f"{file:03d}.yaml").write_text("---\n".join(texts))


def measure(command: tuple[str, ...], folder: Path) -> Measured:
    """Run a whole process to its end; its peak is what the system says of it."""
    started = time.perf_counter()
    with subprocess.Popen([*command, str(folder)], stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[1:]} ended in {process.returncode}")
    return Measured(seconds, usage.ru_maxrss / 1024)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(folder)
        measure(LOAD, folder), measure(VALIDATE, folder)
        pairs = [(measure(LOAD, folder), measure(VALIDATE, folder)) for _ in range(RUNS)]
    ratio = statistics.median(validate.seconds / load.seconds for load, validate in pairs)
    for title, runs in zip(("load", "validate"), zip(*pairs, strict=True), strict=True):
        seconds = statistics.median(run.seconds for run in runs)
        peak = max(run.mebibytes for run in runs)
        print(f"{title:9} {seconds * 1000:6.0f} ms  peak {peak:5.0f} MiB")
    print(f"ratio     {ratio:6.2f}     (median of {RUNS} pairs; the bar is 0.6, and 200 MiB)")


if __name__ == "__main__":
    main()
