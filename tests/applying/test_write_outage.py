"""A write outage costs few creates, however the answers are lost and whenever it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from reconciler.model.plan import Outcome
from tests.applying.emulated import apply_emulated

if TYPE_CHECKING:
    from tests.applying.emulated import Applied, Fault

ALLOWED: Final = 500
CREATE: Final[Fault] = {"call": "createQualification"}
SILENT: Final[Fault] = {"kind": "drop-before"}
GATEWAY: Final[Fault] = {"kind": "status", "status": 504, "effect": "before"}


def outage(fault: Fault, concurrency: int, *, after: int = 0) -> Applied:
    """Apply 500 creates, of which the first `after` are answered; each takes a second."""
    faults: list[Fault] = [{"after": after} | fault | CREATE]
    delay: Fault = {"kind": "delay", "seconds": 1}
    return apply_emulated([delay | CREATE, *faults], ALLOWED, concurrency)


@pytest.mark.parametrize("fault", [SILENT, GATEWAY], ids=["dropped", "504"])
@pytest.mark.parametrize("concurrency", [1, 8])
def test_an_outage_from_the_start(fault: Fault, concurrency: int) -> None:
    """At most 15 POSTs, 4 unknown, two minutes; the rest is not attempted."""
    came = outage(fault, concurrency)
    unknown = came.outcomes[Outcome.UNKNOWN]
    assert came.injected[1] <= 15
    assert unknown <= 4
    assert came.outcomes == {Outcome.UNKNOWN: unknown, Outcome.NOT_ATTEMPTED: ALLOWED - unknown}
    assert came.seconds < 120


@pytest.mark.parametrize("fault", [SILENT, GATEWAY], ids=["dropped", "504"])
@pytest.mark.parametrize("answered", range(28, 33))
def test_an_outage_that_begins_in_the_middle(fault: Fault, answered: int) -> None:
    """No dearer: those that were on their way are looked for, and sent again one at a time."""
    came = outage(fault, 8, after=answered)
    assert came.outcomes[Outcome.CREATED] == answered
    assert came.injected[1] <= 15
    assert came.outcomes[Outcome.UNKNOWN] <= 4
    assert came.seconds < 120


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "5"}], ids=["", "Retry-After"])
def test_answers_that_are_lost_after_the_effect(headers: dict[str, str]) -> None:
    """No outage: each is seen to be there, so the run goes on to its end."""
    after = {"kind": "status", "status": 503, "effect": "after", "headers": headers}
    came = apply_emulated([after | CREATE], 40, 8)
    assert came.outcomes == {Outcome.CREATED: 40}
    assert set(came.creates.values()) == {1}
