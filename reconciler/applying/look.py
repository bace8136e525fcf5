"""Looks at a customer: reads it until what is awaited shows, and judges what was read.

Reads can lag behind writes: absence right after a create is weak evidence, so it is read several
times. It sends nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.model.errors import ServiceError, SignInFailed, SignInRefused, Unavailable
from reconciler.model.state import LiveCustomer
from reconciler.planning.staleness import Held, Judgement, find_held, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.applying.creates import PreparedCreate
    from reconciler.live_state import ReadsCustomers


@dataclass(frozen=True, slots=True)
class Unseen:
    """The customer could not be read."""

    error: ServiceError | SignInFailed

    @property
    def refused(self) -> bool:
        """Whether it was the sign-in, which no other read will fare better with."""
        return isinstance(self.error, (SignInRefused, SignInFailed))

    @property
    def found_no_service(self) -> bool:
        """Whether nobody answered at all: a refusal, or a 500, may be this one customer's."""
        return isinstance(self.error, Unavailable) and self.error.answered.status is None


Sight = Judgement | Unseen

ONCE: Final = (0.0,)
UNREAD: Final = Unseen(Unavailable("it was not read"))


async def look(
    service: ReadsCustomers,
    prepared: PreparedCreate,
    waits: Sequence[float],
    *,
    doubtful: bool = False,
) -> Sight:
    """Read after each wait, until all that is awaited shows; the last read counts.

    `doubtful` says that the create itself may have happened.
    """
    sight: Sight = UNREAD
    for wait in waits:
        await asyncio.sleep(wait)
        live = await _read(service, prepared)
        if isinstance(live, Unseen):
            sight = live
            if live.refused:
                break
            continue
        sight = judge(prepared.step, prepared.grounds, live, sent=doubtful)
        if isinstance(sight, Held) or (not doubtful and _shows_others(prepared, live)):
            break
    return sight


async def _read(service: ReadsCustomers, prepared: PreparedCreate) -> LiveCustomer | Unseen:
    try:
        return LiveCustomer(await service.qualifications(prepared.step.customer_id))
    except (ServiceError, SignInFailed) as error:
        return Unseen(error)


def _shows_others(prepared: PreparedCreate, live: LiveCustomer) -> bool:
    return all(find_held(step, live, sent=True) for step in prepared.awaited)
