"""What earlier runs left unsettled is settled first: nothing is counted or sent for it twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from reconciler.applying.journal import Journal
from reconciler.applying.lock import hold_lock
from reconciler.applying.stop import StopSignal
from reconciler.model.audit import SET_QUALIFICATION, AuditRecord
from reconciler.model.errors import (
    LockHeld,
    ReconcilerError,
)
from reconciler.model.plan import Scope, Target
from reconciler.model.state import CustomerId, DesiredState
from reconciler.operations.apply import ApplyRequest, apply
from reconciler.operations.settle import forget_creates
from tests.fake_partner_center import (
    DAWN,
    FakePartnerCenter,
    before,
)
from tests.operations.bench import (
    BOTH,
    CREATED,
    DOWN,
    NO_WAY_IN,
    SIGNED_OUT,
    UNSENT,
    Bench,
)
from tests.worlds import (
    CONTOSO,
    FABRIKAM,
    SKIP,
    SOE,
    TARGET,
    customer,
    education,
    gcc,
    vetted,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_open_creates_that_nobody_wants_do_not_end_a_plan_without_steps(bench: Bench) -> None:
    """They are settled first, whatever their number, and what stays open makes no limit."""
    bench.policy = replace(SKIP, max_creates=0)
    bench.journal.parent.mkdir()
    others = [customer(SOE, customer_id=CustomerId(f"c-{n}"), name=f"c-{n}") for n in range(30)]
    bench.customers = tuple(others)
    for each in others:
        bench.service.put(each.customer_id)
    steps = bench.plan().plan.steps
    with Journal(bench.journal, "run-0") as journal:
        journal.started(DAWN, "sha256:0", TARGET)
        for number, step in enumerate(steps):
            journal.sending(DAWN, step, f"id-{number}")
    bench.service.put(others[0].customer_id, vetted("StateOwnedEntity"))
    bench.customers = ()
    assert bench.apply() == 0
    assert len(bench.history.unsettled) == 29


def test_an_open_create_that_came_true_is_settled(bench: Bench) -> None:
    """A plan made afresh no longer has the step: it is read back, settled and told."""
    bench.kill(took_effect=True)
    assert bench.apply() == 0
    assert any("was created by an earlier run" in line for line in bench.admin.lines)
    assert bench.history.unsettled == {}


@pytest.mark.parametrize("saved", [False, True])
def test_an_open_create_that_nobody_wants_now_is_not_repeated(bench: Bench, *, saved: bool) -> None:
    """What the manifests dropped since is read back, told, and neither sent nor forgotten."""
    bench.save()
    bench.kill(saved=saved)
    bench.customers = (customer(SOE), BOTH[1])
    bench.apply(saved=saved)
    assert "Education" not in bench.sent[1:]
    assert any("no step stands for it now" in line for line in bench.admin.lines)
    assert len(bench.history.unsettled) == 1
    bench.service.put(CONTOSO, vetted("Education InReview"))
    bench.apply(saved=saved)
    assert bench.history.unsettled == {}


def test_an_open_create_that_can_not_be_read_stays_open(tmp_path: Path) -> None:
    """It is told, and the rest goes on."""
    bench = Bench(tmp_path, customer(education()))
    bench.kill(took_effect=True)
    bench.service.reads.append(before(DOWN))
    assert bench.apply() == 0
    assert any("can't be read back: no connection" in line for line in bench.admin.lines)
    assert len(bench.history.unsettled) == 1


@pytest.mark.parametrize("error", [SIGNED_OUT, NO_WAY_IN])
def test_a_refused_sign_in_ends_the_settling(bench: Bench, error: ReconcilerError) -> None:
    """At the first open create that is refused, nothing more is asked and nothing is sent."""
    bench.kill(faults=1, took_effect=True)
    bench.service.reads.append(before(DOWN))
    bench.kill(took_effect=True)
    assert len(bench.history.unsettled) == 2
    posts = len(bench.sent)
    bench.customers = (customer(education()), customer(gcc(), customer_id=FABRIKAM))
    reads = len(bench.service.read_ids)
    bench.service.reads.append(before(error))
    bench.apply()
    assert bench.stop.error is error
    assert (len(bench.sent), len(bench.service.read_ids)) == (posts, reads + 3)
    assert set(bench.outcomes) <= {UNSENT}


def test_open_creates_of_another_target_are_left_alone(bench: Bench) -> None:
    """They are counted aloud, and neither read nor settled."""
    bench.journal.parent.mkdir()
    step = bench.plan().plan.steps[0]
    with Journal(bench.journal, "run-0") as journal:
        journal.started(DAWN, "sha256:0", Target("https://127.0.0.1:8085"))
        journal.sending(DAWN, step, "elsewhere")
    assert bench.apply() == 0
    assert any("1 unsettled creates that are not of emulator" in line for line in bench.admin.lines)
    assert bench.history.elsewhere == 1


def test_a_reset_emulator_begins_anew(tmp_path: Path) -> None:
    """What was created before the emulator went back to its seed is created again, GCC too."""
    bench = Bench(tmp_path, customer(gcc()))
    forget_creates(bench.run.configuration)
    assert not bench.journal.exists()
    assert bench.apply() == 0
    bench.service = FakePartnerCenter(codes={"GCC-4711": 5})
    bench.service.put(CONTOSO)
    forget_creates(bench.run.configuration)
    bench.admin.reports.clear()
    assert bench.apply() == 0
    assert bench.outcomes == [CREATED]


def test_a_running_apply_is_not_forgotten(bench: Bench) -> None:
    """While an apply runs, its creates can't be declared gone."""
    bench.apply()
    with hold_lock(bench.journal.parent, DAWN), pytest.raises(LockHeld):
        forget_creates(bench.run.configuration)


def test_a_killed_runs_create_is_settled_by_the_audit_log(bench: Bench) -> None:
    """Where no step stands for it any more, too: on record, with the id of the record."""
    bench.customers = (customer(gcc()),)
    bench.kill()
    bench.customers = (customer(),)
    run, admin = bench.run, bench.admin
    correlation_id = bench.history.correlation_ids.popitem()[1][0]

    bench.service.lists.records = [
        AuditRecord(DAWN, CONTOSO, SET_QUALIFICATION, "succeeded", correlation_id=correlation_id)
    ]
    bench.service.dead = False
    request = ApplyRequest(DesiredState(bench.customers), Scope())
    asyncio.run(apply(request, run, StopSignal(), admin))
    assert bench.history.unsettled == {}
    assert bench.journal.read_text().count(correlation_id) == 2
    assert any("field that is not documented" in line for line in admin.lines)
