"""What every verb needs of the world, handed in; it does nothing itself."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.applying.audit_evidence import none_recorded
from reconciler.applying.creates import NobodyFollows
from reconciler.applying.retry_limits import RetryLimits
from reconciler.applying.validation_codes import CodeReader, unreadable_codes
from reconciler.live_state import show_nothing
from reconciler.model.audit import Actor
from reconciler.model.secret import KnownSecrets, Secret

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from datetime import date

    from reconciler.applying.creates import CreatesQualifications, FollowsCreates
    from reconciler.configuration.config import Configuration
    from reconciler.live_state import Progress
    from reconciler.model.audit import AuditRecord
    from reconciler.model.state import CustomerId, CustomerSummary, DesiredState


def utc_now() -> datetime:
    """Tell the time to the second: what people and documents need of it."""
    return datetime.now(UTC).replace(microsecond=0)


def say_nothing(_line: str) -> None: ...


async def nobody_listed() -> AsyncIterator[CustomerSummary]:
    """List no customer, for verbs that ask for none."""
    none: tuple[CustomerSummary, ...] = ()
    for customer in none:
        yield customer


async def none_listed(_codes: frozenset[Secret]) -> Mapping[Secret, int]:
    """Tell of no code what it has left."""
    return {}


async def unnamed_actor() -> Actor:
    """Say nothing of who is signed in."""
    return Actor()


@dataclass(frozen=True, slots=True)
class Run:
    """What a verb needs of the world. `say` takes a line for people."""

    configuration: Configuration
    environ: Mapping[str, str]
    service: CreatesQualifications
    now: Callable[[], datetime] = utc_now
    retry_limits: RetryLimits = field(default_factory=RetryLimits)
    say: Callable[[str], None] = say_nothing
    progress: Progress = show_nothing
    creates: FollowsCreates = field(default_factory=NobodyFollows)
    """Is told of each create while a plan is applied."""
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    """Waits between two states of the report that is kept while creates are sent."""
    list_customers: Callable[[], AsyncIterator[CustomerSummary]] = nobody_listed
    """Every customer of the partner, once; an error in its course means it is not whole."""
    audit_records: Callable[[date, CustomerId | None], AsyncIterator[AuditRecord]] = none_recorded
    """What was done since a day, of one customer or of all."""
    remaining_creates: Callable[[frozenset[Secret]], Awaitable[Mapping[Secret, int]]] = none_listed
    """How many creates the codes have left, of those that the service lists."""
    who: Callable[[], Awaitable[Actor]] = unnamed_actor
    """Who is signed in, for the audit log."""
    secrets: KnownSecrets = field(default_factory=KnownSecrets)
    """Those of `service`, which must know a code before an answer can quote it."""

    def tell(self, line: str) -> None:
        """Say a line; that it can't be said changes nothing of what is done."""
        with suppress(OSError):
            self.say(line)

    @property
    def codes(self) -> CodeReader:
        settings = self.configuration
        return CodeReader(self.environ, settings.folder, settings.secrets_folder, self.secrets)

    def hold_codes(self, desired: DesiredState) -> None:
        """Read every code that the manifests name, so that no answer can quote one."""
        unreadable_codes(desired, self.codes)

    @property
    def cloud_has_agreements(self) -> bool:
        return self.configuration.partner_center.cloud.has_agreements

    @property
    def concurrency(self) -> int:
        return self.configuration.partner_center.concurrency
