"""What need not be asked again: refused sign-ins, and a service that has stopped answering."""

from __future__ import annotations

import pytest

from reconciler.model.errors import (
    Answered,
    AppOnlyRefused,
    ServiceError,
    SignInRefused,
    Unavailable,
)
from reconciler.partner_center.calls import Kind
from reconciler.partner_center.circuit_breaker import PAUSE, SIDE_CHECKS, CircuitBreaker
from tests.partner_center.fake_time import FakeTime

REFUSED = SignInRefused("refused", "sign in", Answered(401))
APP_ONLY = AppOnlyRefused("app only", "log in", Answered(403))


def barred(standing: CircuitBreaker) -> set[Kind]:
    found = set()
    for kind in Kind:
        try:
            standing.check(kind)
        except ServiceError:
            found.add(kind)
    return found


def standing_of(failure_threshold: int, time: FakeTime | None = None) -> CircuitBreaker:
    return CircuitBreaker(failure_threshold, (time or FakeTime()).timing.clock)


@pytest.mark.parametrize("kind", sorted(set(Kind) - SIDE_CHECKS))
def test_a_refused_sign_in_bars_everything(kind: Kind) -> None:
    """401 on a read of qualifications, a list or a create is said of the sign-in for good."""
    standing = standing_of(10)
    standing.refused(kind, REFUSED)
    assert barred(standing) == set(Kind)


@pytest.mark.parametrize("kind", sorted(SIDE_CHECKS))
def test_a_side_check_that_is_refused_bars_only_itself(kind: Kind) -> None:
    """A sign-in without MFA may still read qualifications: 401 on a side check stops that check."""
    standing = standing_of(10)
    standing.refused(kind, REFUSED)
    assert barred(standing) == {kind}


@pytest.mark.parametrize("kind", Kind)
def test_an_app_only_sign_in_is_barred_from_what_refused_it(kind: Kind) -> None:
    """403 with 900329 is said of one kind of call."""
    standing = standing_of(10)
    standing.refused(kind, APP_ONLY)
    assert barred(standing) == {kind}


def test_the_refusal_is_told_again_in_full() -> None:
    """Each later caller gets an error of its own with the words of the first."""
    standing = standing_of(10)
    standing.refused(Kind.QUALIFICATIONS, REFUSED)
    with pytest.raises(SignInRefused) as caught:
        standing.check(Kind.CREATE)
    assert caught.value is not REFUSED
    told = (caught.value.message, caught.value.remedy, caught.value.answered)
    assert told == ("refused", "sign in", Answered(401))


def test_reads_that_find_no_service_end_the_asking() -> None:
    """After as many silent reads in a row as patience allows, no read is admitted."""
    standing = standing_of(3)
    for _ in range(2):
        standing.silent()
        standing.admit_read("read x")
    standing.silent()
    with pytest.raises(Unavailable, match="could not read x: the last 3 reads got nothing"):
        standing.admit_read("read x")


def test_any_answer_renews_the_patience() -> None:
    """Silent reads count only where nothing succeeds between them."""
    standing = standing_of(2)
    for _ in range(5):
        standing.silent()
        standing.answered()
    standing.admit_read("read x")
    assert not standing.is_down


def test_now_and_then_one_read_may_try() -> None:
    """A service that comes back is noticed: one read is let through after each pause."""
    time = FakeTime()
    standing = standing_of(1, time)
    standing.silent()
    time.seconds = PAUSE
    standing.admit_read("read x")
    with pytest.raises(Unavailable):
        standing.admit_read("read y")
    standing.answered()
    standing.admit_read("read y")
