"""Shows the state before a create to the next few reads of that customer. It loses no changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.emulator.world import Changes, Standing


@dataclass(slots=True)
class _Behind:
    standing: Standing
    reads: int


@dataclass(slots=True)
class Lags:
    """The customers whose reads are behind."""

    _behind: dict[str, _Behind] = field(default_factory=dict)

    def fall_behind(self, customer_id: str, standing: Standing, reads: int) -> None:
        """Let the next `reads` see `standing`, or what they see already where they are behind."""
        earlier = self._behind.get(customer_id)
        seen = standing if earlier is None else earlier.standing
        self._behind[customer_id] = _Behind(seen, reads)

    def seen_by_read(self, customer_id: str, changes: Changes) -> Changes:
        """Tell the changes as this read of the customer sees them, and count it."""
        behind = self._behind.get(customer_id)
        if behind is None:
            return changes
        behind.reads -= 1
        if behind.reads == 0:
            del self._behind[customer_id]
        return changes.with_standing(customer_id, behind.standing)

    def catch_up(self) -> None:
        self._behind.clear()
