"""Asks the service's own audit log about one doubtful create; nothing but a yes counts.

The absence of a record proves nothing, as records come late, and neither does `failed`: whether
that excludes an effect is documented nowhere. It sends nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from reconciler.model.audit import first_day
from reconciler.model.errors import ServiceError, SignInFailed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import date

    from reconciler.model.audit import AuditRecord
    from reconciler.model.state import CustomerId

ON_RECORD: Final = (
    "the service's audit log has its MS-CorrelationId {} as succeeded (originalCorrelationId, a "
    "field that is not documented)"
)


async def none_recorded(_since: date, _customer: CustomerId | None) -> AsyncIterator[AuditRecord]:
    """Tell no record, for those who ask for none."""
    none: tuple[AuditRecord, ...] = ()
    for record in none:
        yield record


def _epoch() -> datetime:
    return datetime.fromtimestamp(0, UTC)


@dataclass(slots=True)
class AuditEvidence:
    """What the audit log has of the POSTs of one create, sent `since` then. It is asked once."""

    audit_records: Callable[[date, CustomerId | None], AsyncIterator[AuditRecord]] = none_recorded
    now: Callable[[], datetime] = _epoch
    customer_id: CustomerId | None = None
    since: datetime = field(default_factory=_epoch)
    correlation_ids: list[str] = field(default_factory=list)
    _consulted: bool = False

    async def find(self) -> AuditRecord | None:
        """Find the record that says it succeeded. A log that can't be read says nothing."""
        if self._consulted or not self.correlation_ids:
            return None
        self._consulted = True
        try:
            records = [each async for each in self.audit_records(self._day, self.customer_id)]
        except (ServiceError, SignInFailed):
            return None
        return next((record for record in records if self._proves(record)), None)

    @property
    def _day(self) -> date:
        """A day earlier than it was sent: the records have days, and clocks differ."""
        now = self.now()
        return max((min(self.since, now) - timedelta(days=1)).date(), first_day(now))

    def _proves(self, record: AuditRecord) -> bool:
        sent = {each.casefold() for each in self.correlation_ids}
        return (
            record.sets_qualification
            and record.succeeded
            and record.customer_id in (None, self.customer_id)
            and (record.correlation_id or "").casefold() in sent
        )
