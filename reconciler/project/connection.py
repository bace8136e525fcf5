"""Opens a run: finds the sign-in, connects with Partner Center, and builds what a verb needs.

The command line and the library both come through here, so that neither can miss a part.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Protocol

from reconciler.applying.creates import FollowsCreates, NobodyFollows
from reconciler.operations.run import Run
from reconciler.partner_center.client import PartnerCenterClient, connect
from reconciler.partner_center.pacing import Pace
from reconciler.project.access import find_access, refuse_app_only

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from reconciler.configuration.config import Configuration, PartnerCenterSettings
    from reconciler.model.state import DesiredState
    from reconciler.project.access import Access, SignInContext


class ShowsProgress(FollowsCreates, Protocol):
    """Who shows how far a run is."""

    def report(self, what: str, done: int, total: int) -> None:
        """Take what is being done, how much of it is, and how much there is."""
        ...


Display = Callable[[Callable[[], str]], AbstractContextManager[ShowsProgress]]
"""Opens what shows a run's progress; it is given what describes the run's traffic so far."""


class _ShowsNothing(NobodyFollows):
    def report(self, what: str, done: int, total: int) -> None: ...


@contextmanager
def no_display(_traffic: Callable[[], str]) -> Iterator[ShowsProgress]:
    yield _ShowsNothing()


@asynccontextmanager
async def open_run(
    configuration: Configuration,
    desired: DesiredState,
    context: SignInContext,
    display: Display = no_display,
    *,
    creates: bool = False,
) -> AsyncIterator[Run]:
    """Open the service for one verb; sign in where one is needed.

    With `creates`, SignInFailed where the sign-in is known to be app-only.
    """
    access = find_access(configuration, context)
    if creates:
        refuse_app_only(access)
    async with _open_client(configuration.partner_center, access) as service:
        with display(service.traffic) as shown:
            run = Run(
                configuration=configuration,
                environ=context.environ,
                service=service,
                actor=access.auth.actor,
                secrets=access.secrets,
                say=context.say,
                progress=shown.report,
                follows=shown,
            )
            run.hold_codes(desired)
            yield run


def _open_client(settings: PartnerCenterSettings, access: Access) -> PartnerCenterClient:
    """Raises ConfigurationError where the environment names a proxy that can't be used."""
    http = access.in_process or connect(
        access.address, auth=access.auth, concurrency=settings.concurrency
    )
    # The embedded one is in this process: there is nobody to be gentle with.
    paced = access.in_process is None
    pace = Pace(settings.concurrency, settings.requests_per_minute, paced=paced)
    return PartnerCenterClient(address=access.address, http=http, pace=pace, secrets=access.secrets)
