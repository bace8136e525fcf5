"""Opens the client of one run, embedded or real; it signs in with the first call."""

from __future__ import annotations

import logging
import sys
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Final

from reconciler.cli.output import say
from reconciler.partner_center.client import PartnerCenterClient, connect
from reconciler.partner_center.pacing import Pace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from reconciler.cli.access import Access
    from reconciler.cli.options import Globals
    from reconciler.configuration.config import PartnerCenterSettings

SIGN_IN_CALLS: Final = "reconciler.partner_center.sign_in.msal_http"
"""The logger of what is sent to the authority: an address, a status, a correlation id."""


@asynccontextmanager
async def connected(
    settings: PartnerCenterSettings, access: Access, flags: Globals
) -> AsyncIterator[PartnerCenterClient]:
    """Raises ConfigurationError where the environment names a proxy that can't be used."""
    address, concurrency = access.address, settings.concurrency
    http = connect(address, auth=access.auth, concurrency=concurrency, app=access.app)
    # The embedded one is in this process: there is nobody to be gentle with.
    pace = Pace(concurrency, settings.requests_per_minute)
    log = say if flags.verbose else None
    client = PartnerCenterClient(address=address, http=http, pace=pace, log=log)
    with sign_in_calls_told(flags):
        async with client:
            yield client


@contextmanager
def sign_in_calls_told(flags: Globals) -> Iterator[None]:
    """With `--verbose`, tell each call to the authority on stderr."""
    if not flags.verbose:
        yield
        return
    logger, handler = logging.getLogger(SIGN_IN_CALLS), logging.StreamHandler(sys.stderr)
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
