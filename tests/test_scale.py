"""Loading and comparing take as many steps for ten times the customers as ten times for one.

Steps are the interpreter's own, so that no clock and no busy machine has a say.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from reconciler.manifests.reader import check_manifests, load_manifests
from reconciler.model.plan import PlanOptions
from reconciler.model.state import CustomerId, DesiredState, LiveState
from reconciler.planning.planner import customers_to_check, decide_customers, make_plan
from tests.repositories import manifest
from tests.worlds import POLICY, SOE, TARGET, TODAY, customer, education, live

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType

    from _typeshed import TraceFunction

FEW = 10
MANY = 10 * FEW
SLACK = 1.02
"""What begins and ends a run counts in both; sorting asks a little more of many."""


def steps_of(work: Callable[[], object]) -> int:
    """Count what the interpreter executes: a loop within one call counts as well."""
    steps = 0

    def count(frame: FrameType, event: str, _argument: object) -> TraceFunction:
        nonlocal steps
        frame.f_trace_opcodes = True
        steps += event == "opcode"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        work()
    finally:
        sys.settrace(before)
    return steps


@pytest.mark.parametrize("load", [check_manifests, load_manifests])
@pytest.mark.parametrize("a_file", [1, 10])
def test_loading(load: Callable[..., object], a_file: int, tmp_path: Path) -> None:
    """Each manifest costs the same among many, in files of its own or in shared ones."""
    folders = {}
    for customers in (FEW, MANY):
        folder = folders[customers] = tmp_path / str(customers)
        folder.mkdir()
        for first in range(0, customers, a_file):
            texts = [manifest(number) for number in range(first, first + a_file)]
            (folder / f"{first}.yaml").write_text("---\n".join(texts))
    load([folders[FEW]], base=tmp_path)  # what is done once in a run is done
    few = steps_of(lambda: load([folders[FEW]], base=tmp_path))
    many = steps_of(lambda: load([folders[MANY]], base=tmp_path))
    assert many <= 10 * few * SLACK


@pytest.mark.parametrize("state", [(), ("StateOwnedEntity",), ("Education Denied", "Charity")])
def test_comparing(state: tuple[str, ...]) -> None:
    """Each customer costs the same among many, with steps, findings or nothing to say of it."""

    def plan(customers: int) -> None:
        ids = [CustomerId(f"14876998-c0dc-46e6-9d0c-{each:012d}") for each in range(customers)]
        entries = (education(), SOE)
        desired = DesiredState(
            tuple(customer(*entries, customer_id=each, name=f"c-{each}") for each in ids)
        )
        known = LiveState(dict.fromkeys(ids, live(*state)))
        decisions = decide_customers(desired, known, POLICY)
        customers_to_check(desired, decisions)
        make_plan(desired, known, PlanOptions(POLICY, TARGET, TODAY), decisions)

    plan(FEW)
    few, many = steps_of(lambda: plan(FEW)), steps_of(lambda: plan(MANY))
    assert many <= 10 * few * SLACK
