"""How much longer than `validate` a plan of one change takes, in 10,000 manifests.

Run it by `python -m tests.benchmarks.changed_from`.
Both are whole processes on one repository, in turn, so that a change of the machine's speed meets
both. Partner Center is the embedded one, and knows every customer.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.repositories import GitFolder, customer_id, make_repository, manifest

CUSTOMERS: Final = 10_000
FOLDERS: Final = 100
RUNS: Final = 7
BAR: Final = 1.5
"""Seconds."""

PROGRAM: Final = (sys.executable, "-m", "reconciler")
VALIDATE: Final = (*PROGRAM, "validate")
PLAN: Final = (*PROGRAM, "plan", "--changed-from", "main", "--format", "json")
BODY: Final = "qualifications: [{qualification: Education, educationSegment: K12}]"


def make(folder: Path) -> GitFolder:
    """Make the repository, with one manifest changed on a branch."""
    repository = make_repository(folder)
    configuration = (folder / "reconciler.yaml").read_text()
    repository.write("reconciler.yaml", configuration + "partnerCenter: {emulator: live.json}\n")
    for number in range(CUSTOMERS):
        repository.write(place(number), manifest(number, body=BODY))
    customers = [{"id": customer_id(number), "qualifications": []} for number in range(CUSTOMERS)]
    repository.write("live.json", json.dumps({"customers": customers}))
    repository.commit()
    repository.branch("change")
    repository.write(place(4321), manifest(4321, body=BODY.replace("K12", "HigherEducation")))
    repository.commit()
    return repository


def place(number: int) -> str:
    return f"customers/{number % FOLDERS}/{number}.yaml"


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds on the clock, and of the processors, the children's included."""

    clock: float
    processors: float


def run(command: tuple[str, ...], folder: Path) -> tuple[Cost, str]:
    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    started, used = time.perf_counter(), _used()
    done = subprocess.run(
        command, cwd=folder, env=environ, check=True, capture_output=True, text=True
    )
    return Cost(time.perf_counter() - started, _used() - used), done.stdout


def _used() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = make(Path(temporary, "repository")).folder
        run(VALIDATE, folder)
        _, out = run(PLAN, folder)
        summary = json.loads(out)["summary"]
        assert summary["customers"] == 1, "one customer is read, and nobody else"
        pairs = [(run(VALIDATE, folder)[0], run(PLAN, folder)[0]) for _ in range(RUNS)]
    print(f"{CUSTOMERS} manifests, one changed; 1 customer read; medians of {RUNS}, in seconds")
    print(f"{'':20}   clock   processors")
    show("validate", [validate for validate, _ in pairs])
    show("plan --changed-from", [plan for _, plan in pairs])
    differences = [
        Cost(plan.clock - validate.clock, plan.processors - validate.processors)
        for validate, plan in pairs
    ]
    show("difference", differences)
    print(f"The bar for the difference is {BAR} on the clock; on a busy machine look at the other.")


def show(what: str, costs: list[Cost]) -> None:
    clock = statistics.median(cost.clock for cost in costs)
    processors = statistics.median(cost.processors for cost in costs)
    print(f"{what:20} {clock:7.2f} {processors:10.2f}")


if __name__ == "__main__":
    main()
