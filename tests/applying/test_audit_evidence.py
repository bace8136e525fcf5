"""The service's audit log settles a doubtful create where it has it, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from reconciler.applying.waits import RetryLimits
from reconciler.model.audit import SET_QUALIFICATION, AuditRecord
from tests.applying.bench import (
    CREATED,
    DOWN,
    LOST,
    NO_WAY_IN,
    REFUSED,
    SIGNED_OUT,
    UNKNOWN,
    Apply,
    message_of,
    outcomes,
    schools,
    sent_before,
)
from tests.fake_partner_center import DAWN, Fault, before
from tests.virtual_time import run_in_virtual_time
from tests.worlds import (
    CONTOSO,
    FABRIKAM,
    customer,
    education,
    gcc,
)

if TYPE_CHECKING:
    from reconciler.model.errors import (
        ReconcilerError,
    )


def recorded(correlation_id: str, status: str = "succeeded") -> AuditRecord:
    return AuditRecord(DAWN, CONTOSO, SET_QUALIFICATION, status, correlation_id=correlation_id)


def lost_gcc() -> Apply:
    """Apply a GCC create whose answer is lost and that no read shows."""
    apply = Apply(customer(gcc()))
    apply.service.creates.append(before(LOST))
    return apply


def test_the_audit_log_settles_a_doubtful_create() -> None:
    """A record that succeeded with the POST's own id is a yes, on record and in the report."""
    apply = lost_gcc()
    apply.service.lists.records = [recorded("CORRELATION-1")]
    [result] = apply.run()
    assert (result.outcome, result.correlation_id) == (CREATED, "CORRELATION-1")
    assert "originalCorrelationId, a field that is not documented" in message_of(result)
    assert apply.ledger.lines[-1][:2] == ("created by CORRELATION-1", "id-1")
    assert apply.service.lists.asked == [((DAWN - timedelta(days=1)).date(), CONTOSO)]


@pytest.mark.parametrize(
    "record",
    [
        None,
        recorded("correlation-1", "failed"),
        recorded("correlation-1", "progress"),
        recorded("correlation-2"),
        replace(recorded("correlation-1"), correlation_id=None),
        replace(recorded("correlation-1"), operation="update_customer_billing_profile"),
        replace(recorded("correlation-1"), customer_id=FABRIKAM),
    ],
)
def test_nothing_but_a_yes_settles_a_doubtful_create(record: AuditRecord | None) -> None:
    """Neither absence nor `failed` nor another's record proves anything: it stays unknown."""
    apply = lost_gcc()
    apply.service.lists.records = [] if record is None else [record]
    assert outcomes(apply.run()) == [UNKNOWN]
    assert len(apply.service.lists.asked) == 1


@pytest.mark.parametrize("error", [DOWN, SIGNED_OUT, NO_WAY_IN, REFUSED])
def test_an_audit_log_that_fails_changes_nothing(error: ReconcilerError) -> None:
    """The report is what it is without one, and the run goes on."""
    failing, silent = lost_gcc(), lost_gcc()
    failing.service.lists.error = error
    assert failing.run() == silent.run()
    assert failing.ledger.lines == silent.ledger.lines
    assert not failing.stop


def test_the_audit_log_is_not_asked_before_the_settling_time() -> None:
    """Records come late, and so do reads: the cheaper of the two are waited for first."""
    apply = lost_gcc()
    apply.run_in_virtual_time()
    assert apply.service.lists.asked_at == [sum(RetryLimits().settling_waits)]


def test_the_audit_log_is_not_asked_without_doubt() -> None:
    """Created, refused and never sent are answers enough."""
    apply = Apply(*schools(3))
    apply.service.creates.extend([None, before(REFUSED), before(SIGNED_OUT)])
    apply.run()
    assert apply.service.lists.asked == []


def test_an_earlier_runs_create_is_looked_up_before_it_is_repeated() -> None:
    """What a killed run sent and the log has is not sent again, under whichever id it went."""
    apply = Apply(customer(education()))
    plan = apply.make_plan()
    apply.unsettled = sent_before(plan.steps[0])
    apply.correlation_ids = {"earlier": ("c-1", "c-2")}
    apply.service.lists.records = [recorded("c-2")]
    assert outcomes(apply.run(plan)) == [CREATED]
    assert apply.sent == []


@pytest.mark.parametrize(("sent", "asked"), [(10, 11), (200, 89), (-3, 1)])
def test_the_audit_log_is_asked_from_the_day_before_it_was_sent(sent: int, asked: int) -> None:
    """As far back as the log goes; a day in the future, of a wrong clock, counts as today."""
    apply = Apply(customer(education()))
    [(key, record)] = sent_before(apply.make_plan().steps[0]).items()
    apply.unsettled = {key: record.model_copy(update={"at": DAWN - timedelta(days=sent)})}
    apply.correlation_ids = {"earlier": ("c-1",)}
    apply.run()
    assert apply.service.lists.asked == [((DAWN - timedelta(days=asked)).date(), CONTOSO)]


def test_the_audit_log_is_asked_once_for_each_create() -> None:
    """A create that is repeated and lost again is not asked about again."""
    apply = Apply(customer(education()))
    plan = apply.make_plan()
    apply.unsettled = sent_before(plan.steps[0])
    apply.correlation_ids = {"earlier": ("c-1",)}
    apply.service.creates.extend([before(LOST)] * 9)
    assert outcomes(apply.run(plan)) == [UNKNOWN]
    assert len(apply.service.lists.asked) == 1


def test_the_audit_log_is_not_asked_once_the_time_after_a_stop_is_over() -> None:
    """Whoever asked to stop has the report after 20 seconds, asked or not."""
    apply = lost_gcc()
    apply.limits = RetryLimits(settling_waits=(0.0, 30.0))
    apply.service.creates[0] = Fault(LOST, after=False, does=lambda: apply.stop.request("Ctrl-C"))
    engine = apply.make_engine(apply.make_plan())
    run_in_virtual_time(engine.run())
    assert outcomes(engine.results) == [UNKNOWN]
    assert apply.service.lists.asked == []
