"""What the sign-in was refused is not asked again."""

from __future__ import annotations

import pytest

from reconciler.model.errors import Answered, AppOnlyRefused, ServiceError, SignInRefused
from reconciler.partner_center.calls import SIDE_CHECKS, Kind
from reconciler.partner_center.sign_in_refusals import SignInRefusals

REFUSED = SignInRefused("refused", "sign in", Answered(401))
APP_ONLY = AppOnlyRefused("app only", "log in", Answered(403))


def barred_by(kind: Kind, error: SignInRefused | AppOnlyRefused) -> set[Kind]:
    refusals, found = SignInRefusals(), set()
    refusals.remember(kind, error)
    for each in Kind:
        try:
            refusals.check(each)
        except ServiceError:
            found.add(each)
    return found


@pytest.mark.parametrize("kind", sorted(set(Kind) - SIDE_CHECKS))
def test_a_refused_sign_in_bars_everything(kind: Kind) -> None:
    """401 on a read of qualifications, a list or a create is said of the sign-in for good."""
    assert barred_by(kind, REFUSED) == set(Kind)


@pytest.mark.parametrize("kind", sorted(SIDE_CHECKS))
def test_a_side_check_that_is_refused_bars_only_itself(kind: Kind) -> None:
    """A sign-in without MFA may still read qualifications: 401 on a side check stops that check."""
    assert barred_by(kind, REFUSED) == {kind}


@pytest.mark.parametrize("kind", Kind)
def test_an_app_only_sign_in_is_barred_from_what_refused_it(kind: Kind) -> None:
    """403 with 900329 is said of one kind of call."""
    assert barred_by(kind, APP_ONLY) == {kind}


def test_the_refusal_is_told_again_in_full() -> None:
    """Each later caller gets an error of its own with the words of the first."""
    refusals = SignInRefusals()
    refusals.remember(Kind.QUALIFICATIONS, REFUSED)
    with pytest.raises(SignInRefused) as caught:
        refusals.check(Kind.CREATE)
    assert caught.value is not REFUSED
    shown = (caught.value.message, caught.value.remedy, caught.value.answered)
    assert shown == ("refused", "sign in", Answered(401))
