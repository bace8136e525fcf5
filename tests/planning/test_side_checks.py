"""Claims about side checks: every answer under every policy, and what is withheld or advised."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.model.findings import Category
from reconciler.model.policy import Policy, SideCheck
from reconciler.model.rules import PLAN_RULES
from reconciler.model.state import (
    Acceptance,
    CustomerAccount,
    CustomerAgreement,
    CustomerDomain,
    NotChecked,
    SideChecks,
)
from reconciler.planning.decision import Decision
from reconciler.planning.side_checks import checked, sign_in_findings
from tests.worlds import (
    BLOCK,
    DOMAIN,
    FINE,
    NONPROFIT,
    POLICY,
    SKIP,
    SOE,
    briefs,
    customer,
    education,
    gcc,
    live,
    names,
    plan_one,
    weighed,
)

if TYPE_CHECKING:
    from reconciler.model.plan import Plan
    from reconciler.model.state import DesiredCustomer

EDU: Final = "Education"
STATE: Final = "StateOwnedEntity"
BOTH: Final = [EDU, STATE]
GUARDED: Final = customer(education(), SOE, domain=DOMAIN)
FAILED: Final = NotChecked("500 after 4 tries")
APP_ONLY: Final = NotChecked("the sign-in is app-only", app_only=True)
NO_AGREEMENT: Final = replace(FINE, customer_agreement=CustomerAgreement(confirmed=False))
OTHER_DOMAIN: Final = replace(FINE, domain=CustomerDomain("fabrikam.example"))


def with_status(status: str | None) -> SideChecks:
    return replace(FINE, account_status=CustomerAccount(status))


def plan(checks: SideChecks | None, policy: Policy, desired: DesiredCustomer = GUARDED) -> Plan:
    return plan_one(desired, live(), policy, checks)


@pytest.mark.parametrize("policy", [POLICY, BLOCK, SKIP])
@pytest.mark.parametrize(
    "checks",
    [
        FINE,
        None,
        SideChecks(),
        with_status(None),
        with_status("ALLOWED"),
        replace(FINE, domain=CustomerDomain(DOMAIN.upper())),
    ],
)
def test_fine(checks: SideChecks | None, policy: Policy) -> None:
    """Answers that are well, or not asked for, change nothing."""
    made = plan(checks, policy)
    assert names(made.steps) == BOTH
    assert made.findings == ()


@pytest.mark.parametrize("status", ["UnderReview", "NotAllowed", "Unknown", "underreview"])
def test_status_that_blocks_purchases(status: str) -> None:
    """Such a status warns once for the customer, or withholds every step and is told at each."""
    rule = "account-status-blocks-purchases"
    warned = plan(with_status(status), POLICY)
    assert names(warned.steps) == BOTH
    assert weighed(warned.findings) == [f"{rule} {EDU} 1: advisory warning"]
    blocked = plan(with_status(status), BLOCK)
    assert blocked.steps == ()
    assert weighed(blocked.findings) == [
        f"{rule} {EDU} 1: blocked error",
        f"{rule} {STATE} 2: blocked error",
    ]
    assert status in blocked.findings[0].message


@pytest.mark.parametrize("policy", [POLICY, BLOCK])
@pytest.mark.parametrize("status", ["Not Ready", "not ready", "NotReady", "Suspended", ""])
def test_status_that_leaves_it_open(status: str, policy: Policy) -> None:
    """Not Ready and unlisted statuses advise, even where policy blocks."""
    made = plan(with_status(status), policy)
    assert names(made.steps) == BOTH
    assert weighed(made.findings) == [f"account-status-not-ready {EDU} 1: advisory warning"]


def test_no_agreement() -> None:
    """Without an agreement policy decides: a warning, or every step withheld."""
    rule = "customer-agreement-missing"
    warned = plan(NO_AGREEMENT, POLICY)
    assert names(warned.steps) == BOTH
    assert weighed(warned.findings) == [f"{rule} {EDU} 1: advisory warning"]
    blocked = plan(NO_AGREEMENT, BLOCK)
    assert blocked.steps == ()
    assert weighed(blocked.findings) == [
        f"{rule} {EDU} 1: blocked error",
        f"{rule} {STATE} 2: blocked error",
    ]


@pytest.mark.parametrize("field", ["account_status", "customer_agreement"])
def test_failed_check(field: str) -> None:
    """A check that failed warns, or withholds every step where policy blocks."""
    checks = with_answer(field, FAILED)
    warned = plan(checks, POLICY)
    assert names(warned.steps) == BOTH
    assert weighed(warned.findings) == [f"not-checked {EDU} 1: advisory warning"]
    blocked = plan(checks, BLOCK)
    assert blocked.steps == ()
    assert weighed(blocked.findings) == [
        f"not-checked {EDU} 1: blocked error",
        f"not-checked {STATE} 2: blocked error",
    ]
    assert "500 after 4 tries" in blocked.findings[0].message


def with_answer(field: str, answer: NotChecked) -> SideChecks:
    match field:
        case "domain":
            return replace(FINE, domain=answer)
        case "account_status":
            return replace(FINE, account_status=answer)
        case _:
            return replace(FINE, customer_agreement=answer)


@pytest.mark.parametrize("policy", [POLICY, BLOCK, SKIP])
@pytest.mark.parametrize("answer", [FAILED, CustomerDomain(None)])
def test_domain_that_is_not_told(answer: NotChecked | CustomerDomain, policy: Policy) -> None:
    """No policy blocks on the domain: where it can't be compared, that is an advisory."""
    made = plan(replace(FINE, domain=answer), policy)
    assert names(made.steps) == BOTH
    assert weighed(made.findings) == [f"not-checked {EDU} 1: advisory warning"]


@pytest.mark.parametrize(
    "checks",
    [
        with_status("Unknown"),
        with_status("Not Ready"),
        NO_AGREEMENT,
        SideChecks(FINE.domain, FAILED, FAILED),
        SideChecks(FINE.domain, APP_ONLY, APP_ONLY),
    ],
)
def test_skip(checks: SideChecks) -> None:
    """What policy skips is neither told nor blocked on, whatever the answer."""
    made = plan(checks, SKIP)
    assert names(made.steps) == BOTH
    assert made.findings == ()


@pytest.mark.parametrize("policy", [POLICY, BLOCK, SKIP])
def test_mismatch(policy: Policy) -> None:
    """Another domain withholds every step: told once, at `customerId`, and nothing else with it."""
    checks = replace(OTHER_DOMAIN, account_status=CustomerAccount("Unknown"))
    made = plan(checks, policy, customer(gcc(), SOE, domain=DOMAIN))
    assert made.steps == ()
    assert weighed(made.findings) == ["customer-mismatch - customerId: blocked error"]
    message = made.findings[0].message
    for told in (DOMAIN, "fabrikam.example", "GovernmentCommunityCloud", STATE):
        assert told in message


def test_mismatch_leaves_other_findings() -> None:
    """What was decided before the side checks stays told beside a mismatch."""
    made = plan(OTHER_DOMAIN, POLICY, customer(SOE, NONPROFIT, domain=DOMAIN))
    assert briefs(made.findings) == [
        "customer-mismatch - customerId",
        "nonprofit-not-settable Nonprofit 2",
    ]


def test_no_domain_declared() -> None:
    """Without a declared domain nothing is compared."""
    made = plan(OTHER_DOMAIN, POLICY, customer(SOE))
    assert names(made.steps) == [STATE]
    assert made.findings == ()


def test_one_blocks_and_one_advises() -> None:
    """Where one check blocks, every step is withheld, and what only advises is told once."""
    policy = Policy(account_status=SideCheck.BLOCK)
    checks = replace(NO_AGREEMENT, account_status=CustomerAccount("NotAllowed"))
    made = plan(checks, policy)
    assert made.steps == ()
    assert weighed(made.findings) == [
        f"account-status-blocks-purchases {EDU} 1: blocked error",
        f"customer-agreement-missing {EDU} 1: advisory warning",
        f"account-status-blocks-purchases {STATE} 2: blocked error",
    ]


def test_withheld_gcc_takes_its_advice_along() -> None:
    """What a reviewer must see of a GCC step is told with the step only."""
    made = plan(NO_AGREEMENT, BLOCK, customer(gcc()))
    assert briefs(made.findings) == ["customer-agreement-missing GovernmentCommunityCloud 1"]


@pytest.mark.parametrize(
    "checks",
    [with_status("Unknown"), NO_AGREEMENT, OTHER_DOMAIN, replace(FINE, account_status=FAILED)],
)
def test_accepting_releases_nothing(checks: SideChecks) -> None:
    """Accepting a rule makes its finding an advisory; the steps stay withheld."""
    accepting = replace(GUARDED, accept=frozenset(map(Acceptance, PLAN_RULES)))
    made = plan(checks, BLOCK, accepting)
    assert made.steps == ()
    assert made.findings
    assert {each.category for each in made.findings} == {Category.ADVISORY}


@pytest.mark.parametrize(
    ("policy", "weight", "steps"),
    [(POLICY, "advisory warning", BOTH), (BLOCK, "blocked error", [])],
)
def test_app_only(policy: Policy, weight: str, steps: list[str]) -> None:
    """An app-only sign-in is told once for each check, with no customer and no place."""
    checks = SideChecks(FINE.domain, APP_ONLY, APP_ONLY)
    made = plan(checks, policy)
    assert names(made.steps) == steps
    assert weighed(made.findings) == [f"not-checked - -: {weight}"] * 2
    assert [each.message for each in made.findings] == [
        "the account status could not be checked for any customer: the sign-in is app-only",
        "the customer agreement could not be checked for any customer: the sign-in is app-only",
    ]
    assert {each.customer_id for each in made.findings} == {None}


def test_app_only_blocks_for_one_check() -> None:
    """One check that blocks and needs app+user is enough to withhold; the other still advises."""
    checks = SideChecks(FINE.domain, APP_ONLY, CustomerAgreement(confirmed=False))
    made = plan(checks, Policy(account_status=SideCheck.BLOCK))
    assert made.steps == ()
    assert weighed(made.findings) == [
        f"customer-agreement-missing {EDU} 1: advisory warning",
        "not-checked - -: blocked error",
    ]


def test_sign_in_is_told_once_for_many() -> None:
    """Two customers with the same refusal make one finding for each check."""
    checks = SideChecks(None, APP_ONLY, APP_ONLY)
    assert len(sign_in_findings([checks, checks, FINE], POLICY)) == 2


def test_nothing_to_check() -> None:
    """Without steps, no answer of a side check is told."""
    held = live("Education", "StateOwnedEntity")
    checks = replace(OTHER_DOMAIN, account_status=APP_ONLY, customer_agreement=FAILED)
    assert plan_one(GUARDED, held, BLOCK, checks).findings == ()
    assert checked(GUARDED, Decision(), checks, BLOCK) == Decision()


NO_ROLE = NotChecked("no role", remedy="give the role")
SKIP_STATUS = "set `policy.accountStatus` to skip."


@pytest.mark.parametrize(
    ("checks", "remedy"),
    [
        (with_answer("account_status", NO_ROLE), f"Give the role; or {SKIP_STATUS}"),
        (with_answer("account_status", FAILED), f"S{SKIP_STATUS[1:]}"),
        (with_answer("account_status", replace(NO_ROLE, app_only=True)), "Give the role; or set"),
        (with_answer("customer_agreement", FAILED), "Set `policy.customerAgreement` to skip."),
        (with_answer("domain", NO_ROLE), "Give the role; or leave `domain` out of the manifest."),
        (replace(FINE, domain=CustomerDomain(None)), "Compare the customer's account page"),
    ],
)
def test_each_cause_tells_its_own_way_out(checks: SideChecks, remedy: str) -> None:
    """No one is told to sign in otherwise, or to skip, where that is no use."""
    (found,) = plan(checks, POLICY).findings
    assert found.rule == "not-checked"
    assert found.remedy.startswith(remedy)
