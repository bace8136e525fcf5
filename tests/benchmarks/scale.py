"""What a customer costs among 1,000, 10,000 and 100,000 of them: nothing may grow faster.

Run it by `python -m tests.benchmarks.scale`. Each size is 100 customers to a file, validated and
planned by whole processes. Partner Center is the embedded one, where one customer in a hundred
lacks what is declared. Time is that of the processors, so that a busy machine matters less.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reconciler.manifests.reader import load_manifests
from tests.benchmarks.measuring import PROGRAM, Command, Cost, in_turn
from tests.benchmarks.table import Due, Row, markdown
from tests.benchmarks.validate import make_files

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES: Final = (1_000, 10_000, 100_000)
QUICK_SIZES: Final = (200, 1_000)
DUE: Final = Due(1.2, at_most=True)
"""The time a customer, among ten times as many."""
MEBIBYTES_DUE: Final = {100_000: 700}
A_FILE: Final = 100
LACKING: Final = 100
CONFIGURATION: Final = """\
apiVersion: reconciler/v1
kind: ReconcilerConfig
manifests: [customers/]
partnerCenter: {emulator: live.json}
"""

# Loading and comparing alone, without asking anybody: the rest of a plan is reading live state.
COMPARE: Final = """
from datetime import date
from pathlib import Path
from reconciler.manifests.reader import load_manifests
from reconciler.model.plan import PlanOptions, Target
from reconciler.model.policy import Policy
from reconciler.model.state import LiveCustomer, LiveQualification, LiveState
from reconciler.planning.planner import decide_customers, make_plan
desired = load_manifests([Path("customers")], base=Path.cwd()).desired
live = LiveState({
    each.customer_id: LiveCustomer(
        tuple(LiveQualification(entry.qualification, "Approved") for entry in each.qualifications)
    )
    for each in desired.customers
})
policy = Policy()
decisions = decide_customers(desired, live, policy)
make_plan(desired, live, PlanOptions(policy, Target("emulator"), date(2026, 1, 2)), decisions)
"""


def make(folder: Path, customers: int, files: int) -> None:
    (folder / "customers").mkdir(parents=True)
    (folder / "reconciler.yaml").write_text(CONFIGURATION)
    make_files(folder / "customers", customers, files)
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


def rows(*, quick: bool) -> Iterator[Row]:
    """Compare each size with the one before: the same work, ten times as often."""
    smaller: tuple[int, Cost, Cost] | None = None
    for customers in QUICK_SIZES if quick else SIZES:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary, "work")
            make(folder, customers, customers // A_FILE)
            commands = [_plan(folder, customers), _compare(folder)]
            plan, comparing = in_turn(commands, 1 if customers == max(SIZES) else 3)
        if smaller is not None:
            yield _row(customers, plan, smaller[0], smaller[1])
        yield Row(
            f"loading and comparing {customers:,} alone, beside plan",
            str(comparing),
            str(plan),
            comparing.processors / plan.processors,
        )
        smaller = (customers, plan, comparing)


def _plan(folder: Path, customers: int) -> Command:
    steps = f'"steps": {customers // LACKING},'
    return Command((*PROGRAM, "plan", "--format", "json"), folder, lambda said: steps in said)


def _compare(folder: Path) -> Command:
    return Command((sys.executable, "-c", COMPARE), folder, lambda _: True)


def _row(customers: int, plan: Cost, fewer: int, before: Cost) -> Row:
    ratio = (plan.processors / customers) / (before.processors / fewer)
    most = MEBIBYTES_DUE.get(customers)
    bounds = () if most is None else ((f"under {most} MiB", plan.peak < most),)
    each, was = 1e6 * plan.processors / customers, 1e6 * before.processors / fewer
    title = f"a customer of {customers:,} beside one of {fewer:,}"
    ours = f"{each:.0f} us CPU, {plan.peak:.0f} MiB"
    return Row(title, ours, f"{was:.0f} us CPU, {before.peak:.0f} MiB", ratio, DUE, bounds)


if __name__ == "__main__":
    print(markdown(list(rows(quick="--quick" in sys.argv))))
