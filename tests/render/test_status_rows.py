"""A status in words: why a customer may not buy, by its account or for want of an agreement."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.state import CustomerAgreement
from reconciler.model.status import StatusReport
from reconciler.render.status_rows import UNCONFIRMED, status_rows
from tests.render.test_status_html import FINE, READ_AT, customer


@pytest.mark.parametrize(
    ("confirmed", "may_buy", "advice"),
    [
        (False, True, (UNCONFIRMED,)),
        (True, True, ()),
        (False, False, ("may not buy: its account status is NotAllowed",)),
    ],
)
def test_without_an_agreement_it_can_not_buy(
    *, confirmed: bool, may_buy: bool, advice: tuple[str, ...]
) -> None:
    """The yes is the account status's; what a plan says of the agreement is said here, too."""
    checks = replace(FINE, customer_agreement=CustomerAgreement(confirmed=confirmed))
    one = replace(customer(1), checks=checks, may_purchase=may_buy)
    told = one if may_buy else replace(one, explanation="its account status is NotAllowed")
    (row,) = status_rows(StatusReport("emulator", READ_AT, (told,)))
    assert row.advice == advice
