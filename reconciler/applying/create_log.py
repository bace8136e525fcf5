"""Tells journal and audit log of each create before and after it is sent, then who follows.

What the two can't take is not sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from reconciler.applying.audit_log import NoAuditLog
from reconciler.applying.creates import NobodyFollows
from reconciler.model.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from reconciler.applying.audit_log import Answer, RecordsPosts
    from reconciler.applying.creates import CreateOutcome, FollowsCreates, PreparedCreate
    from reconciler.applying.stop import StopSignal
    from reconciler.model.plan import Outcome, Step


class Records(Protocol):
    """The journal. Raises StateError where nothing may be sent."""

    def sending(self, at: datetime, step: Step, request_id: str) -> None: ...

    def posting(self, at: datetime, request_id: str, correlation_id: str) -> None: ...

    def accepted(self, at: datetime, request_id: str) -> None: ...

    def settled(
        self, at: datetime, request_id: str, outcome: Outcome, audited: str | None = None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class CreateLog:
    """Requests a stop where the disk won't take a line."""

    records: Records
    now: Callable[[], datetime]
    stop: StopSignal
    audit: RecordsPosts = field(default_factory=NoAuditLog)
    follows: FollowsCreates = field(default_factory=NobodyFollows)

    def sending(self, prepared: PreparedCreate) -> None:
        self._write(lambda at: self.records.sending(at, prepared.step, prepared.request_id))

    def posting(self, prepared: PreparedCreate, correlation_id: str) -> None:
        step, request_id = prepared.step, prepared.request_id
        self._write(lambda at: self.records.posting(at, request_id, correlation_id))
        self._write(lambda at: self.audit.posting(at, step, request_id, correlation_id))
        if not self.stop:
            self.follows.posting(step)

    def answered(self, prepared: PreparedCreate, answer: Answer) -> None:
        step, request_id = prepared.step, prepared.request_id
        self._write(lambda at: self.audit.answered(at, step, request_id, answer))

    def accepted(self, prepared: PreparedCreate) -> None:
        self._write(lambda at: self.records.accepted(at, prepared.request_id))

    def settled(self, prepared: PreparedCreate, became: CreateOutcome) -> None:
        self._write(
            lambda at: self.records.settled(at, prepared.request_id, became.outcome, became.audited)
        )

        step, request_id = prepared.step, prepared.request_id
        self._write(lambda at: self.audit.settled(at, step, request_id, became.outcome))

    def _write(self, write: Callable[[datetime], None]) -> None:
        try:
            write(self.now())
        except StateError as error:
            self.stop.request(error.message, error)
