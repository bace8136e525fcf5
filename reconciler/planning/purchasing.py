"""May a customer buy? The rule of "Get a customer's validation status", and its answer in words.

This is about the account; the vetting of a qualification is another matter, and never mixed in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model.state import AccountStatus, NotChecked
from reconciler.planning.side_checks import ALLOWED, BLOCKING_STATUSES

if TYPE_CHECKING:
    from reconciler.model.state import SideChecks


def may_purchase(checks: SideChecks) -> bool | None:
    """Tell whether the account may buy; None where the service's page leaves it open."""
    account = checks.account_status
    if not isinstance(account, AccountStatus):
        return None
    if account.status is None or account.status.casefold() == ALLOWED:
        return True
    return False if account.status.casefold() in BLOCKING_STATUSES else None


def explain_purchase(checks: SideChecks) -> str:
    """Say in one sentence why it may, may not, or can't be told to."""
    match checks.account_status:
        case AccountStatus(status=None):
            return "it has no account status, which blocks nothing"
        case AccountStatus(status=status) if may_purchase(checks):
            return f"its account status is {status}"
        case AccountStatus(status=status) if may_purchase(checks) is False:
            return f"its account status is {status}: UnderReview, NotAllowed and Unknown can't buy"
        case AccountStatus(status=status):
            return f'its account status is "{status}", which the service\'s page leaves open'
        case NotChecked(reason=reason):
            return f"its account status could not be read: {reason}"
        case None:
            return "its account status was not asked for"
