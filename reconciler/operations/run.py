"""What every verb needs of the world, handed in; it does nothing itself."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from reconciler.applying.creates import CreatesQualifications
from reconciler.applying.validation_codes import CodeReader, unreadable_codes
from reconciler.applying.waits import RetryLimits
from reconciler.live_state import MOST_WAITING, read_customers
from reconciler.model.remedies import NOT_IN_SEED
from reconciler.model.state import UnreadableCustomer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

    from reconciler.applying.creates import FollowsCreates
    from reconciler.configuration.config import Configuration
    from reconciler.live_state import Progress
    from reconciler.model.audit import Actor
    from reconciler.model.secret import KnownSecrets, Secret
    from reconciler.model.state import CustomerId, CustomerSummary, DesiredState, LiveCustomer


def utc_now() -> datetime:
    """Tell the time to the second: what people and documents need of it."""
    return datetime.now(UTC).replace(microsecond=0)


class PartnerCenter(CreatesQualifications, Protocol):
    """What the verbs ask of the service. Every call raises ServiceError or SignInFailed."""

    def customers(self) -> AsyncIterator[CustomerSummary]:
        """Every customer of the partner, once; an error in its course means it is not whole."""
        ...

    async def remaining_creates(self, codes: frozenset[Secret]) -> Mapping[Secret, int]:
        """How many creates the codes have left, of those that the service lists."""
        ...


@dataclass(frozen=True, slots=True)
class Run:
    """What a verb needs of the world. Nothing but time has a default: none may be forgotten."""

    configuration: Configuration
    environ: Mapping[str, str]
    service: PartnerCenter
    actor: Callable[[], Awaitable[Actor]]
    """Who is signed in, for the audit log."""
    secrets: KnownSecrets
    """Those of `service`, which must know a code before an answer can quote it."""
    say: Callable[[str], None]
    """Takes a line for people."""
    progress: Progress
    follows: FollowsCreates
    """Is told of each create while a plan is applied."""
    now: Callable[[], datetime] = utc_now
    retry_limits: RetryLimits = field(default_factory=RetryLimits)
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    """Waits between two states of the report that is kept while creates are sent."""

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

    async def read_customers(
        self, ids: Sequence[CustomerId], progress: Progress | None = None
    ) -> dict[CustomerId, LiveCustomer | UnreadableCustomer]:
        """Read each customer once; the embedded emulator knows those of its seed, which is named.

        Raises SignInRefused or SignInFailed.
        """
        progress = progress or self.progress
        states = await read_customers(
            self.service, ids, self.concurrency, progress, self._most_waiting
        )
        return {each: self._to_be_seeded(each, state) for each, state in states.items()}

    @property
    def _most_waiting(self) -> int:
        """The embedded emulator has no faults: it asks nobody to ask again later."""
        return MOST_WAITING if self.configuration.partner_center.emulator is None else 0

    def _to_be_seeded(
        self, customer_id: CustomerId, state: LiveCustomer | UnreadableCustomer
    ) -> LiveCustomer | UnreadableCustomer:
        seed = self.configuration.partner_center.emulator
        if seed is None or not isinstance(state, UnreadableCustomer) or not state.not_found:
            return state
        file = os.path.relpath(seed, self.configuration.folder)
        return replace(state, remedy=NOT_IN_SEED.format(seed=file, customer=customer_id))

    @property
    def cloud_has_agreements(self) -> bool:
        return self.configuration.partner_center.cloud.has_agreements

    @property
    def concurrency(self) -> int:
        return self.configuration.partner_center.concurrency
