"""What the service's own audit log says of an operation: data only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date, datetime

    from reconciler.model.state import CustomerId

SET_QUALIFICATION: Final = "update_customer_qualification"
SUCCEEDED: Final = "succeeded"

HISTORY_DAYS: Final = 90
"""How far the audit log goes back ("Get a record of Partner Center activity")."""


def first_day(now: datetime) -> date:
    """Tell the first day that the audit log still has; the day before is refused as a whole."""
    return (now - timedelta(days=HISTORY_DAYS - 1)).date()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is signed in, as far as the token says: a user by an application, or one alone."""

    sign_in: str = "unknown"
    user: str | None = None
    application: str | None = None
    tenant_id: str | None = None


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One operation of the partner's. Microsoft's own vetting decisions are none.

    `correlation_id` is the `MS-CorrelationId` of the call that began it: the service's SDK has the
    field, no documented sample does.
    """

    at: datetime | None
    customer_id: CustomerId | None
    operation: str
    status: str
    user: str | None = None
    application: str | None = None
    correlation_id: str | None = None
    qualification: str | None = None

    @property
    def who(self) -> str:
        """The user who did it, else the application."""
        return self.user or (f"application {self.application}" if self.application else "unknown")

    @property
    def sets_qualification(self) -> bool:
        return self.operation.casefold() == SET_QUALIFICATION

    @property
    def succeeded(self) -> bool:
        return self.status.casefold() == SUCCEEDED
