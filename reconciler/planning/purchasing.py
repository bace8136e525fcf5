"""May a customer buy? The answer of a side check as a yes or no, and in words.

The rule is `model.account_status`'s; nothing is asked here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model import account_status
from reconciler.model.account_status import name_statuses
from reconciler.model.state import CustomerAccount, NotChecked

if TYPE_CHECKING:
    from reconciler.model.state import SideChecks


def may_purchase(checks: SideChecks) -> bool | None:
    """Tell whether the account may buy; None where that is open, or was not found out."""
    account = checks.account_status
    if not isinstance(account, CustomerAccount):
        return None
    return account_status.may_purchase(account.status)


def explain_purchase(checks: SideChecks) -> str:
    """Say in one sentence why it may, may not, or can't be told to."""
    match checks.account_status:
        case CustomerAccount(status=None):
            return "it has no account status, which blocks nothing"
        case CustomerAccount(status=status) if may_purchase(checks):
            return f"its account status is {status}"
        case CustomerAccount(status=status) if may_purchase(checks) is False:
            blocking = name_statuses("and", may_purchase=False)
            return f"its account status is {status}: {blocking} can't buy"
        case CustomerAccount(status=status):
            return f'its account status is "{status}", which the service\'s page leaves open'
        case NotChecked(reason=reason):
            return f"its account status could not be read: {reason}"
        case None:
            return "its account status was not asked for"
