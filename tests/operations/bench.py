"""A working folder with manifests, a service and an admin, for the tests of the verbs."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.applying.history import read_history
from reconciler.applying.lock import JOURNAL_FILE
from reconciler.applying.stop import StopSignal
from reconciler.documents.plan_file import save_plan
from reconciler.model.errors import (
    OutcomeUnknown,
    SignInFailed,
    SignInRefused,
    Unavailable,
)
from reconciler.model.plan import Outcome, Scope
from reconciler.model.state import DesiredState
from reconciler.operations.apply import ApplyRequest, apply
from reconciler.operations.plan import plan
from tests.fake_partner_center import (
    Admin,
    FakePartnerCenter,
    Fault,
    Killed,
    run_in,
)
from tests.worlds import (
    FABRIKAM,
    SKIP,
    SOE,
    customer,
    education,
)

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.applying.history import History
    from reconciler.model.plan import PlanDocument
    from reconciler.model.policy import Policy
    from reconciler.model.state import DesiredCustomer
    from reconciler.operations.run import Run


CREATED: Final = Outcome.CREATED
PRESENT: Final = Outcome.ALREADY_PRESENT
UNKNOWN: Final = Outcome.UNKNOWN
UNSENT: Final = Outcome.NOT_ATTEMPTED
LOST: Final = OutcomeUnknown("no answer came in time")
DOWN: Final = Unavailable("no connection")
SIGNED_OUT: Final = SignInRefused("who are you?")
NO_WAY_IN: Final = SignInFailed("the authority said no")
BOTH: Final = (customer(education(), SOE), customer(SOE, customer_id=FABRIKAM, name="fabrikam"))


class Bench:
    """A working folder with manifests, a service and an admin; `apply` is a process of its own."""

    def __init__(self, folder: Path, *customers: DesiredCustomer, policy: Policy = SKIP) -> None:
        self.folder = folder
        self.customers = customers or BOTH
        self.policy = policy
        self.service = FakePartnerCenter(codes={"GCC-4711": 5})
        self.admin = Admin()
        self.stop = StopSignal()
        self.saved = folder / "plan.json"
        for each in self.customers:
            self.service.put(each.customer_id)

    @property
    def run(self) -> Run:
        return run_in(self.folder, self.service, self.policy, self.admin)

    @property
    def journal(self) -> Path:
        return self.folder / ".reconciler" / JOURNAL_FILE

    @property
    def history(self) -> History:
        return read_history(self.journal, self.run.configuration.target)

    def plan(self) -> PlanDocument:
        return asyncio.run(plan(DesiredState(self.customers), Scope(), self.run))

    def save(self) -> PlanDocument:
        document = self.plan()
        save_plan(self.saved, document)
        return document

    def apply(
        self, *, saved: bool = False, digest: str | None = None, allow: int | None = None
    ) -> int:
        self.service.dead = False
        if self.stop:
            self.stop = StopSignal()
        request = ApplyRequest(
            DesiredState(self.customers), Scope(), self.saved if saved else None, digest, allow
        )
        return asyncio.run(apply(request, self.run, self.stop, self.admin))

    def kill(
        self,
        *,
        saved: bool = False,
        faults: int = 0,
        took_effect: bool = False,
        allow: int | None = None,
    ) -> None:
        """Apply, and die at the create after `faults` that go well."""
        dying = Fault(Killed(), after=took_effect, does=self._die)
        self.service.creates = deque([*[None] * faults, dying])
        with pytest.raises((Killed, BaseExceptionGroup)):
            self.apply(saved=saved, allow=allow)
        self.service.creates.clear()
        self.admin.reports.clear()

    def _die(self) -> None:
        self.service.dead = True

    @property
    def outcomes(self) -> list[Outcome]:
        (report,) = self.admin.reports
        return [result.outcome for result in report.results]

    @property
    def remedies(self) -> list[str | None]:
        (report,) = self.admin.reports
        return [result.remedy for result in report.results]

    @property
    def sent(self) -> list[str]:
        return [post.qualification.value for post in self.service.posts]
