"""The words of Partner Center that decide something here, as it spells them."""

from __future__ import annotations

from typing import Final

from reconciler.model.account_status import AccountStatus
from reconciler.model.state import Qualification, VettingStatus

AGREEMENT: Final = "MicrosoftCustomerAgreement"
ACCOUNT: Final = "account"
APP_ONLY: Final = "900329"
NO_ACCOUNT_STATUS: Final = "600074"
NO_MORE_RECORDS: Final = "2000"

_DECIDING: Final = frozenset(
    {
        *(each.casefold() for each in Qualification),
        *(each.casefold() for each in VettingStatus),
        *(each.spelling.casefold() for each in AccountStatus),
        AGREEMENT.casefold(),
        ACCOUNT,
        APP_ONLY,
        NO_ACCOUNT_STATUS,
        NO_MORE_RECORDS,
    }
)


def is_deciding(text: str) -> bool:
    """Whether it is one of these words, in any case."""
    return text.casefold() in _DECIDING
