"""How much longer than `validate` a plan of one change takes, in 10,000 manifests.

Run it by `python -m tests.benchmarks.changed_from`.
Both are whole processes on one repository, in turn, so that a change of the machine's speed meets
both. Partner Center is the embedded one, and knows every customer.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.benchmarks.measuring import PROGRAM, Command, in_turn
from tests.benchmarks.table import Row, markdown
from tests.repositories import GitFolder, customer_id, make_repository, manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

CUSTOMERS: Final = 10_000
QUICK_CUSTOMERS: Final = 500
FOLDERS: Final = 100
RUNS: Final = 7
CHANGED: Final = 123
DUE: Final = 1.5
"""Seconds more than validate."""

VALIDATE: Final = (*PROGRAM, "validate")
PLAN: Final = (*PROGRAM, "plan", "--changed-from", "main", "--format", "json")
BODY: Final = "qualifications: [{qualification: Education, educationSegment: K12}]"


def make(folder: Path, manifests: int) -> GitFolder:
    """Make the repository, with one manifest changed on a branch."""
    repository = make_repository(folder)
    configuration = (folder / "reconciler.yaml").read_text()
    repository.write("reconciler.yaml", configuration + "partnerCenter: {emulator: live.json}\n")
    for number in range(manifests):
        repository.write(place(number), manifest(number, body=BODY))
    customers = [{"id": customer_id(number), "qualifications": []} for number in range(manifests)]
    repository.write("live.json", json.dumps({"customers": customers}))
    repository.commit()
    repository.branch("change")
    repository.write(place(CHANGED), manifest(CHANGED, body=BODY.replace("K12", "HigherEducation")))
    repository.commit()
    return repository


def place(number: int) -> str:
    return f"customers/{number % FOLDERS}/{number}.yaml"


def rows(*, quick: bool) -> Iterator[Row]:
    customers = QUICK_CUSTOMERS if quick else CUSTOMERS
    with tempfile.TemporaryDirectory() as temporary:
        folder = make(Path(temporary, "repository"), customers).folder
        commands = (
            Command(PLAN, folder, lambda said: '"customers": 1,' in said),
            Command(VALIDATE, folder, lambda _: True),
        )
        in_turn(commands, 1)
        plan, validate = in_turn(commands, 1 if quick else RUNS)
    over = plan.clock - validate.clock
    yield Row(
        f"plan of 1 change in {customers:,} beside validate",
        str(plan),
        str(validate),
        plan.clock / validate.clock,
        bounds=((f"{over:.2f} s more, at most {DUE:g}", over <= DUE),),
    )


if __name__ == "__main__":
    print(markdown(list(rows(quick="--quick" in sys.argv))))
