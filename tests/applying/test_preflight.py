"""What has to be known before the first write is found out then, and bars what it must."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.model.policy import Policy, SideCheck
from reconciler.model.secret import Secret
from reconciler.model.state import (
    CustomerId,
)
from tests.applying.bench import (
    APP_ONLY,
    BLOCK_STATUS,
    BOTH,
    CREATED,
    DOWN,
    NO_WAY_IN,
    SIGNED_OUT,
    UNSENT,
    Apply,
    message_of,
    outcomes,
)
from tests.fake_partner_center import Fault, before
from tests.worlds import (
    CONTOSO,
    DOMAIN,
    POLICY,
    SOE,
    customer,
    gcc,
)

if TYPE_CHECKING:
    from reconciler.model.errors import (
        ReconcilerError,
    )
    from reconciler.model.plan import Outcome


def test_what_policy_blocks_on_is_checked_before_the_first_write() -> None:
    """A customer that may not buy gets nothing, whatever the plan knew; the others do."""
    apply = Apply(*BOTH, policy=BLOCK_STATUS)
    plan = apply.make_plan()
    apply.service.statuses[CONTOSO] = "UnderReview"
    results = apply.run(plan)
    assert outcomes(results) == [UNSENT, UNSENT, CREATED]
    assert "UnderReview" in message_of(results[0])
    assert apply.service.checked == ["account status"] * 2


@pytest.mark.parametrize("error", [SIGNED_OUT, APP_ONLY, DOWN])
def test_a_check_that_fails_blocks_where_policy_says_so(error: ReconcilerError) -> None:
    """A side check that can't be made blocks its customer, and is no refused sign-in."""
    apply = Apply(customer(SOE), policy=BLOCK_STATUS)
    apply.service.checks.append(before(error))
    results = apply.run()
    assert outcomes(results) == [UNSENT]
    assert "could not be checked" in message_of(results[0])
    assert not apply.stop


def test_no_way_in_at_a_check_stops_everything() -> None:
    """A sign-in that fails before the first write leaves everything unsent."""
    apply = Apply(*BOTH, policy=BLOCK_STATUS)
    apply.service.checks.append(before(NO_WAY_IN))
    results = apply.run()
    assert outcomes(results) == [UNSENT] * 3
    assert (apply.stop.error, apply.service.read_ids) == (NO_WAY_IN, [])


def test_what_policy_only_warns_of_is_not_asked_again() -> None:
    """The plan has told it; apply checks what blocks."""
    apply = Apply(customer(SOE), policy=POLICY)
    assert outcomes(apply.run()) == [CREATED]
    assert apply.service.checked == []


@pytest.mark.parametrize(
    ("domain", "outcome"), [(DOMAIN, CREATED), (DOMAIN.upper(), CREATED), ("other.com", UNSENT)]
)
def test_a_declared_domain_is_checked_before_the_write(domain: str, outcome: Outcome) -> None:
    """A pasted wrong id is found, whatever the plan says."""
    apply = Apply(customer(SOE, domain=DOMAIN))
    apply.service.domains[CONTOSO] = domain
    assert outcomes(apply.run()) == [outcome]


@pytest.mark.parametrize("code", [None, Secret("")])
def test_a_code_that_can_not_be_read_is_not_sent(code: Secret | None) -> None:
    """GCC without its code isn't attempted, nor is what waits for it."""
    apply = Apply(customer(gcc(), SOE))
    apply.code = code
    results = apply.run()
    assert outcomes(results) == [UNSENT, UNSENT]
    assert "env CONTOSO_CODE" in message_of(results[0])
    assert apply.sent == []


def test_codes_are_read_before_the_first_write() -> None:
    """A code that is gone by the time of its step was read before, or not at all."""
    apply = Apply(*BOTH, customer(gcc(), customer_id=CustomerId("z"), name="z"))
    apply.service.creates.append(Fault(does=lambda: setattr(apply, "code", None)))
    assert outcomes(apply.run()) == [CREATED] * 4


@pytest.mark.parametrize(("confirmed", "outcome"), [(True, CREATED), (False, UNSENT)])
def test_a_confirmed_agreement_sends(outcome: Outcome, *, confirmed: bool) -> None:
    """Where policy blocks on the agreement, one that is confirmed lets the create go."""
    policy = Policy(account_status=SideCheck.SKIP, customer_agreement=SideCheck.BLOCK)
    apply = Apply(customer(SOE), policy=policy)
    apply.service.agreed = {CONTOSO} if confirmed else set()
    assert outcomes(apply.run()) == [outcome]
