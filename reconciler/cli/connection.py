"""Opens the way to Partner Center, embedded or real, signed in by the first way there is."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from reconciler.cli.output import say
from reconciler.partner_center.client import BearerToken, PartnerCenterClient, connect
from reconciler.partner_center.pacing import Pace
from reconciler.secret import Secret

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    import httpx

    from reconciler.config import Configuration
    from reconciler.emulator.app import App
    from reconciler.partner_center.auth import PartnerCenterAuth

EMBEDDED_ADDRESS = "http://emulator"
USER_TOKEN = "user-of-the-embedded-emulator"  # noqa: S105 - it opens nothing but the emulator


@asynccontextmanager
async def connected(
    configuration: Configuration,
    log: Callable[[str], None] | None,
    refresh_token_out: Path | None = None,
) -> AsyncIterator[PartnerCenterClient]:
    """Give the client of one run. Raises ConfigurationError; it signs in with the first call."""
    settings = configuration.partner_center
    if settings.emulator is not None:
        address, app = EMBEDDED_ADDRESS, embedded_app(configuration)
        auth: httpx.Auth = embedded_token(address)
    else:
        address, app = settings.address, None
        auth = sign_in(configuration, refresh_token_out)
    concurrency = settings.concurrency
    http = connect(address, auth=auth, concurrency=concurrency, app=app)
    # The embedded one is in this process: there is nobody to be gentle with.
    pace = Pace(concurrency, settings.requests_per_minute)
    async with PartnerCenterClient(address=address, http=http, pace=pace, log=log) as client:
        yield client


def embedded_app(configuration: Configuration) -> App:
    from reconciler.emulator.app import embedded  # noqa: PLC0415 - only where it is embedded
    from reconciler.manifest_yaml import load_document  # noqa: PLC0415 - as above

    seed = configuration.partner_center.emulator
    assert seed is not None, "asked for where the configuration names one"
    return embedded(load_document(seed)[0], seed, configuration.state_dir)


def embedded_token(address: str) -> httpx.Auth:
    """Take every call as app+user, unless the ready token says `app`."""
    token = os.environ.get("PARTNER_CENTER_ACCESS_TOKEN", "").strip()
    return BearerToken(Secret(token or USER_TOKEN), address)


def sign_in(configuration: Configuration, refresh_token_out: Path | None) -> PartnerCenterAuth:
    """Find the way in that the environment names, in the contract's order."""
    from reconciler.partner_center.access_token import (  # noqa: PLC0415 - not for the emulator
        Keeping,
        sign_in_by,
    )
    from reconciler.partner_center.auth import PartnerCenterAuth  # noqa: PLC0415 - as above
    from reconciler.partner_center.sign_in import (  # noqa: PLC0415 - as above
        SignInTarget,
        find_way_in,
    )
    from reconciler.partner_center.token_cache import (  # noqa: PLC0415 - as above
        login_cache,
    )

    settings = configuration.partner_center
    cloud = settings.cloud
    way_in = find_way_in(os.environ, SignInTarget(cloud.authority, cloud.scope, settings.tenant_id))
    keeping = Keeping(lambda: login_cache(os.environ), say, refresh_token_out)
    return PartnerCenterAuth(settings.address, sign_in_by(way_in, keeping, settings.tenant_id))
