"""May a customer buy: the rule of the service's page on account status."""

from __future__ import annotations

import pytest

from reconciler.model.state import CustomerAccount, NotChecked, SideChecks
from reconciler.planning.purchasing import explain_purchase, may_purchase

CASES = [
    (CustomerAccount("Allowed"), True, "is Allowed"),
    (CustomerAccount("allowed"), True, "is allowed"),
    (CustomerAccount(None), True, "no account status"),
    (CustomerAccount("UnderReview"), False, "can't buy"),
    (CustomerAccount("NotAllowed"), False, "can't buy"),
    (CustomerAccount("Unknown"), False, "can't buy"),
    (CustomerAccount("Not Ready"), None, "leaves open"),
    (CustomerAccount("Suspended"), None, "leaves open"),
    (NotChecked("no role"), None, "could not be read: no role"),
    (None, None, "was not asked for"),
]


@pytest.mark.parametrize(("account", "may", "why"), CASES)
def test_each_status(
    account: CustomerAccount | NotChecked | None, *, may: bool | None, why: str
) -> None:
    """Each of the statuses, none at all, an unlisted one and a failed check."""
    checks = SideChecks(account_status=account)
    assert may_purchase(checks) is may
    assert why in explain_purchase(checks)
