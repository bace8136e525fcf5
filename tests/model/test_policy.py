"""Claims about policy: it narrows what is created and never widens it."""

from __future__ import annotations

import pytest

from reconciler.model.findings import Category
from reconciler.model.policy import CREATABLE, Policy, SideCheck, Undeclared
from reconciler.model.state import Qualification


@pytest.mark.parametrize("qualification", Qualification)
def test_permits_only_what_can_be_created(qualification: Qualification) -> None:
    """Permitting everything permits what the service lets be set."""
    everything = Policy(permit=frozenset(Qualification))
    assert everything.permits(qualification) == (qualification in CREATABLE)


@pytest.mark.parametrize("qualification", Qualification)
def test_permits_nothing(qualification: Qualification) -> None:
    """An empty permit permits nothing."""
    assert not Policy(permit=frozenset()).permits(qualification)


def test_defaults() -> None:
    """The defaults are those that the contract shows."""
    assert {each.value for each in CREATABLE} == {
        "Education",
        "GovernmentCommunityCloud",
        "StateOwnedEntity",
    }
    assert Policy() == Policy(
        permit=CREATABLE,
        max_creates=25,
        fail_on=frozenset({Category.IMPOSSIBLE, Category.BLOCKED, Category.DENIED}),
        undeclared=Undeclared.FLAG,
        account_status=SideCheck.WARN,
        customer_agreement=SideCheck.WARN,
    )
