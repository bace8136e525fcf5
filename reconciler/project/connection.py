"""Connects a project with its Partner Center: the client behind the configuration's address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.partner_center.client import PartnerCenterClient, connect
from reconciler.partner_center.pacing import Pace

if TYPE_CHECKING:
    from reconciler.configuration.config import PartnerCenterSettings
    from reconciler.project.access import Access


def open_client(settings: PartnerCenterSettings, access: Access) -> PartnerCenterClient:
    """Raises ConfigurationError where the environment names a proxy that can't be used."""
    http = access.in_process or connect(
        access.address, auth=access.auth, concurrency=settings.concurrency
    )
    # The embedded one is in this process: there is nobody to be gentle with.
    paced = access.in_process is None
    pace = Pace(settings.concurrency, settings.requests_per_minute, paced=paced)
    return PartnerCenterClient(address=access.address, http=http, pace=pace, secrets=access.secrets)
