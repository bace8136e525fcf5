"""The statuses that an account can have, and whether a customer with it may buy; nothing is asked.

They are those of "Retrieve the validation status of a customer". One that the service adds is a
line of `AccountStatus`, and nothing else: what is read, planned and told is derived from it. This
is about the account; the vetting of a qualification is another matter, and never mixed in.
"""

from __future__ import annotations

from enum import Enum
from typing import Final


class AccountStatus(Enum):
    """As the wire spells it, and whether it lets the customer buy; None where that is open."""

    ALLOWED = "Allowed", True
    UNDER_REVIEW = "UnderReview", False
    NOT_ALLOWED = "NotAllowed", False
    UNKNOWN = "Unknown", False
    NOT_READY = "Not Ready", None

    def __init__(self, spelling: str, may_purchase: bool | None) -> None:
        self.spelling = spelling
        self.may_purchase = may_purchase


_KNOWN: Final = {each.spelling.casefold(): each for each in AccountStatus}


def known_account_status(status: str) -> AccountStatus | None:
    """Find the one that `status` spells in any case; None where it is unknown."""
    return _KNOWN.get(status.casefold())


def may_purchase(status: str | None) -> bool | None:
    """Tell whether the account may buy: one without a status may; None where that is open."""
    if status is None:
        return True
    known = known_account_status(status)
    return None if known is None else known.may_purchase


def name_statuses(conjunction: str, *, may_purchase: bool | None) -> str:
    """Name all of one meaning, as `UnderReview, NotAllowed or Unknown`."""
    *names, last = (each.spelling for each in AccountStatus if each.may_purchase is may_purchase)
    return f"{', '.join(names)} {conjunction} {last}" if names else last
