"""What is live at the customers of the manifests: data only, nothing is compared with a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model.state import UnreadableCustomer

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.model.state import CustomerId, LiveCustomer, LiveQualification, SideChecks


@dataclass(frozen=True, slots=True)
class CustomerStatus:
    """One customer, as the service tells it."""

    customer_id: CustomerId
    name: str
    live: LiveCustomer | UnreadableCustomer
    checks: SideChecks
    may_purchase: bool | None
    """None where it could not be checked, or the service's page leaves it open."""
    explanation: str
    """Why it may buy, may not, or can't be told to, in one sentence."""

    @property
    def qualifications(self) -> tuple[LiveQualification, ...]:
        """What the service tells; `None`, which some answers carry for no qualification, is not."""
        if isinstance(self.live, UnreadableCustomer):
            return ()
        return tuple(each for each in self.live.distinct if each.held or each.denied)


@dataclass(frozen=True, slots=True)
class StatusReport:
    """All of them, in the order of their names."""

    address: str
    read_at: datetime
    customers: tuple[CustomerStatus, ...]
