"""A create that the service tells to wait keeps no other customer's create from going."""

from __future__ import annotations

import pytest

from reconciler.model.plan import Outcome
from tests.applying.emulated import Fault, apply_emulated, customer_id


def throttle(**when: object) -> Fault:
    return {"kind": "throttle", "call": "createQualification", **when}


@pytest.mark.parametrize("number", [0, 9])
def test_one_customers_own(number: int) -> None:
    """Wherever it stands, the first of the run included: the others are done before it is."""
    own = throttle(customer=customer_id(number), retryAfter=57, times=1)
    came = apply_emulated([own], creates=20, concurrency=8)
    assert came.outcomes == {Outcome.CREATED: 20}
    assert list(came.creates)[-1] == customer_id(number)
    assert 57 <= came.seconds < 60


def test_a_storm_that_ends() -> None:
    """Each waits as long as it was told, side by side."""
    storm = throttle(retryAfter=20, times=20)
    came = apply_emulated([storm], creates=100, concurrency=8)
    assert came.outcomes == {Outcome.CREATED: 100}
    assert came.seconds < 120


def test_a_day() -> None:
    """Nobody waits for that: it is not attempted, and the others go on."""
    own = throttle(customer=customer_id(3), retryAfter=24 * 60 * 60)
    came = apply_emulated([own], creates=20, concurrency=8)
    assert came.outcomes == {Outcome.CREATED: 19, Outcome.NOT_ATTEMPTED: 1}
    assert came.seconds < 10
