"""What a customer costs among 1,000, 10,000 and 100,000 of them: nothing may grow faster.

Run it by `python -m tests.benchmarks.scale`. Each size is 100 customers to a file, validated and
planned by whole processes. Partner Center is the embedded one, where one customer in a hundred
lacks what is declared. Time is that of the processors, so that a busy machine matters less.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.manifests.reader import load_manifests
from tests.benchmarks.validate import make_files

SIZES: Final = (1_000, 10_000, 100_000)
A_FILE: Final = 100
LACKING: Final = 100
CONFIGURATION: Final = """\
apiVersion: reconciler/v1
kind: ReconcilerConfig
manifests: [customers/]
partnerCenter: {emulator: live.json}
"""
PROGRAM: Final = (sys.executable, "-m", "reconciler")
ROOT: Final = Path(__file__).parents[2]

# The comparison alone, without reading or asking anybody: what planning adds.
COMPARE: Final = """
import json, sys, time
from datetime import date
from pathlib import Path
from reconciler.manifests.reader import load_manifests
from reconciler.model.plan import PlanOptions, Target
from reconciler.model.policy import Policy
from reconciler.model.state import LiveCustomer, LiveQualification, LiveState
from reconciler.planning.planner import customers_to_check, make_plan
started = time.process_time()
desired = load_manifests([Path("customers")], base=Path.cwd()).desired
loaded = time.process_time()
live = LiveState({
    each.customer_id: LiveCustomer(
        tuple(LiveQualification(entry.qualification, "Approved") for entry in each.qualifications)
    )
    for each in desired.customers
})
ready = time.process_time()
policy = Policy()
customers_to_check(desired, live, policy)
make_plan(desired, live, PlanOptions(policy, Target("emulator"), date(2026, 1, 2)))
print(json.dumps([loaded - started, time.process_time() - ready]))
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of the processors, and mebibytes at the peak."""

    seconds: float
    peak: float


def make(folder: Path, customers: int) -> None:
    (folder / "customers").mkdir(parents=True)
    (folder / "reconciler.yaml").write_text(CONFIGURATION)
    make_files(folder / "customers", customers, customers // A_FILE)
    declared = load_manifests([folder / "customers"], base=folder).desired.customers
    seeds = [
        {
            "id": each.customer_id,
            "domain": each.domain,
            "qualifications": []
            if number % LACKING == 0
            else [entry.qualification for entry in each.qualifications],
            "accountStatus": "Allowed",
            "customerAgreement": True,
        }
        for number, each in enumerate(declared)
    ]

    (folder / "live.json").write_text(json.dumps({"customers": seeds}))


def run(folder: Path, *words: str) -> tuple[Cost, str]:
    """Run a whole process to its end; what it cost is what the system says."""
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    with (folder / "out").open("w+") as out:
        process = subprocess.Popen(words, cwd=folder, env=environ, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"{words[1:]} ended in {process.returncode}")
        out.seek(0)
        return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), out.read()


def main() -> None:
    print("customers   validate       plan   of it comparing   (microseconds a customer; peaks)")
    for customers in SIZES:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary, "work")
            make(folder, customers)
            validate, _ = run(folder, *PROGRAM, "validate")
            plan, document = run(folder, *PROGRAM, "plan", "--format", "json")
            assert json.loads(document)["summary"]["steps"] == customers // LACKING
            _, seconds = run(folder, sys.executable, "-c", COMPARE)
            loading, comparing = json.loads(seconds)
        each = 1e6 / customers
        print(
            f"{customers:9,} {validate.seconds * each:7.0f} us {plan.seconds * each:7.0f} us "
            f"{comparing * each:7.0f} us ({comparing / loading:.0%} of loading)   "
            f"{validate.peak:.0f} MiB, {plan.peak:.0f} MiB",
            flush=True,
        )


if __name__ == "__main__":
    main()
