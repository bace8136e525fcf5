"""The table of account statuses is the one place where their meaning is."""

from __future__ import annotations

import pytest

from reconciler.model.account_status import (
    AccountStatus,
    known_account_status,
    may_purchase,
    name_statuses,
)
from reconciler.partner_center.protocol import is_deciding


def test_the_page_lists_these() -> None:
    """A status that the service adds is entered here and in the table, and is known everywhere."""
    assert {each.spelling: each.may_purchase for each in AccountStatus} == {
        "Allowed": True,
        "UnderReview": False,
        "NotAllowed": False,
        "Unknown": False,
        "Not Ready": None,
    }


@pytest.mark.parametrize("status", AccountStatus)
def test_what_is_told_follows_from_the_table(status: AccountStatus) -> None:
    """Known in any case, with its meaning, and never cut from a message as a secret."""
    assert known_account_status(status.spelling.upper()) is status
    assert may_purchase(status.spelling.lower()) is status.may_purchase
    assert is_deciding(status.spelling)


def test_statuses_are_named_in_a_sentence() -> None:
    """With a conjunction before the last, and alone where it is the only one."""
    assert name_statuses("or", may_purchase=False) == "UnderReview, NotAllowed or Unknown"
    assert name_statuses("or", may_purchase=None) == "Not Ready"
