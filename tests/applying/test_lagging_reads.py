"""Reads that lag behind creates for seconds make no create twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from reconciler.model.plan import Outcome
from tests.applying.emulated import apply_emulated

if TYPE_CHECKING:
    from tests.applying.emulated import Fault

ACCEPTING: Final[Fault] = {"kind": "no-idempotency", "duplicates": "accept"}


def lost(kind: str, **when: float) -> Fault:
    return {"kind": kind, "call": "createQualification", **when}


def lag(seconds: float) -> Fault:
    return {"kind": "lag", "seconds": seconds}


@pytest.mark.parametrize(
    ("seconds", "idempotent"),
    [(2.5, False), (6.5, False), (2.5, True), (6.5, True), (60, True)],
)
@pytest.mark.parametrize("kind", ["drop-after", "truncate"])
def test_a_create_whose_answer_is_lost(kind: str, seconds: float, *, idempotent: bool) -> None:
    """Within the settling time it is read back; beyond, its repeat carries the same id."""
    forgetful = [] if idempotent else [ACCEPTING]
    faults = [lag(seconds), *forgetful, lost(kind, probability=0.3)]
    came = apply_emulated(faults, creates=20, concurrency=8)
    assert came.injected[-1] > 2
    assert came.outcomes == {Outcome.CREATED: 20}
    assert set(came.creates.values()) == {1}


def test_beyond_both_a_create_may_be_made_twice() -> None:
    """Neither is promised then: what these tests see is not the emulator's own care."""
    faults = [lag(60), ACCEPTING, lost("drop-after", times=1)]
    came = apply_emulated(faults, creates=1, concurrency=1)
    assert set(came.creates.values()) == {2}
