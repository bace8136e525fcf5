"""May a customer buy: the rule of the service's page on account status."""

from __future__ import annotations

import pytest

from reconciler.model.state import AccountStatus, NotChecked, SideChecks
from reconciler.planning.purchasing import explain_purchase, may_purchase

CASES = [
    (AccountStatus("Allowed"), True, "is Allowed"),
    (AccountStatus("allowed"), True, "is allowed"),
    (AccountStatus(None), True, "no account status"),
    (AccountStatus("UnderReview"), False, "can't buy"),
    (AccountStatus("NotAllowed"), False, "can't buy"),
    (AccountStatus("Unknown"), False, "can't buy"),
    (AccountStatus("Not Ready"), None, "leaves open"),
    (AccountStatus("Suspended"), None, "leaves open"),
    (NotChecked("no role"), None, "could not be read: no role"),
    (None, None, "was not asked for"),
]


@pytest.mark.parametrize(("account", "may", "why"), CASES)
def test_each_status(
    account: AccountStatus | NotChecked | None, *, may: bool | None, why: str
) -> None:
    """Each of the five statuses, none at all, an unlisted one and a failed check."""
    checks = SideChecks(account_status=account)
    assert may_purchase(checks) is may
    assert why in explain_purchase(checks)
