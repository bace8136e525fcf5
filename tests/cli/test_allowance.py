"""How many creates one apply may send, through a kill and the run after it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Final

import pytest

from tests.cli.faulty import CREATE, SOE, Fault, declare, served
from tests.cli.project import Project
from tests.cli.test_interrupts import running, wait_until

if TYPE_CHECKING:
    from pathlib import Path

APPLY: Final = ("apply", "--auto-approve", "--format", "json")
NAMES: Final = ("contoso", "fabrikam", "northwind", "tailspin")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Four creates are wanted, and policy lets two through."""
    project = Project(tmp_path)
    declare(project, {name: [SOE] for name in NAMES}, maxCreates=2)
    return project


SLOW: Final[Fault] = {
    "kind": "delay",
    "call": CREATE,
    "seconds": 1.0,
    "effect": "after",
    "after": 1,
    "times": 1,
}
"""The second create is done at once and answered late, so that a run can be killed in between."""


def test_a_killed_run_is_resumed_with_the_number_it_had(project: Project) -> None:
    """What it sent still counts: no other number will do, and each refusal says which, and whom."""
    file = ["plan.json"]
    with served(project, [SLOW]) as service:
        assert project.run("plan", "--out", "plan.json").code == 0
        first = [project.run(*APPLY, *file, *allow(number)) for number in (None, 3, 5)]
        assert service.posted() == 0
        with running(project, *APPLY, *file, *allow(4)) as apply:
            wait_until(lambda: service.posted() >= 2)
            apply.send_signal(signal.SIGKILL)
        done = service.posted()
        again = [project.run(*APPLY, *file, *allow(number)) for number in (None, 4 - done, 5)]
        assert service.posted() == done
        rest = project.run(*APPLY, *file, *allow(4))
        assert (rest.code, service.created(), service.posts_of([1, 2, 3, 4])) == (0, 4, [[1]] * 4)
    for refused in (*first, *again):
        assert (refused.code, refused.out) == (1, "")
        assert "the plan counts 4 creates" in refused.err
        assert f"customers: {', '.join(NAMES)}" in refused.err
        assert "run again with --allow-creates 4; nothing was sent" in refused.err


def test_a_plan_made_after_a_kill_counts_its_own_steps(project: Project) -> None:
    """What the killed run sent was sent for another plan: what is left is within policy."""
    with served(project, [SLOW]) as service:
        with running(project, *APPLY, *allow(4)) as apply:
            wait_until(lambda: service.posted() >= 2)
            apply.send_signal(signal.SIGKILL)
        assert project.run(*APPLY).code == 0
        assert (service.created(), service.posts_of([1, 2, 3, 4])) == (4, [[1]] * 4)


def test_a_run_that_ended_is_over(project: Project) -> None:
    """What it sent counts no longer for a plan that is made afterwards."""
    declare(project, {name: [SOE] for name in (*NAMES, "woodgrove")}, maxCreates=2)
    manifests = project.folder / "customers" / "all.yaml"
    five = manifests.read_text(encoding="utf-8")
    project.write("customers/all.yaml", five[: five.rindex("---")])
    with served(project) as service:
        assert project.run(*APPLY, *allow(4)).code == 0
        project.write("customers/all.yaml", five)
        assert project.run(*APPLY).code == 0
        assert service.created() == 5


def allow(number: int | None) -> list[str]:
    return [] if number is None else ["--allow-creates", str(number)]
