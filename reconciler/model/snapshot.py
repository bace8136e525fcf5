"""What was read of many customers, and when: the ground of a plan that reads only a part anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reconciler.model.plan import Target
    from reconciler.model.state import CustomerId, LiveCustomer


@dataclass(frozen=True, slots=True)
class Reading:
    """One customer as it was read then."""

    read_at: datetime
    live: LiveCustomer


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A customer that could not be read has no entry: it is never taken for an empty one."""

    target: Target
    customers: Mapping[CustomerId, Reading]

    @property
    def oldest(self) -> datetime | None:
        return min((reading.read_at for reading in self.customers.values()), default=None)
