"""One apply on the fake service, its journal in memory: what the tests of apply turn and read."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Final

from reconciler.applying.apply_input import ApplyInput, Dependencies
from reconciler.applying.engine import Engine
from reconciler.applying.history import History
from reconciler.applying.journal_lines import CreateRecord
from reconciler.applying.stop import StopSignal
from reconciler.applying.waits import RetryLimits
from reconciler.model.errors import (
    AppOnlyRefused,
    CallRefused,
    OutcomeUnknown,
    SignInFailed,
    SignInRefused,
    StateError,
    Unavailable,
)
from reconciler.model.plan import Outcome, PlanOptions
from reconciler.model.policy import Policy, SideCheck
from reconciler.model.secret import Secret
from reconciler.model.state import (
    CustomerId,
    DesiredState,
    LiveCustomer,
    LiveState,
)
from reconciler.planning.planner import make_plan
from tests.fake_partner_center import AT_ONCE, DAWN, FakePartnerCenter
from tests.virtual_time import run_in_virtual_time
from tests.worlds import (
    FABRIKAM,
    SKIP,
    SOE,
    TARGET,
    TODAY,
    customer,
    education,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from reconciler.model.plan import Plan, Step, StepKey, StepResult
    from reconciler.model.state import DesiredCustomer

CREATED: Final = Outcome.CREATED
PRESENT: Final = Outcome.ALREADY_PRESENT
REJECTED: Final = Outcome.REJECTED
UNKNOWN: Final = Outcome.UNKNOWN
UNSENT: Final = Outcome.NOT_ATTEMPTED
LOST: Final = OutcomeUnknown("no answer came in time")
DOWN: Final = Unavailable("no connection")
REFUSED: Final = CallRefused("a definite no")
SIGNED_OUT: Final = SignInRefused("who are you?")
APP_ONLY: Final = AppOnlyRefused("not for app-only")
NO_WAY_IN: Final = SignInFailed("the authority said no")
FULL: Final = StateError("the disk is full")
BLOCK_STATUS: Final = Policy(account_status=SideCheck.BLOCK, customer_agreement=SideCheck.SKIP)


@dataclass(slots=True)
class Ledger:
    """A journal in memory; `room` lines fit, and as many POSTs as `post_room`."""

    service: FakePartnerCenter
    room: int = 1000
    post_room: int = 1000
    posted: list[tuple[str, str]] = field(default_factory=list)
    """The request id and the correlation id of every POST."""
    lines: list[tuple[str, str, int]] = field(default_factory=list)
    """What, the request id, and how many POSTs there had been by then."""

    def sending(self, at: datetime, step: Step, request_id: str) -> None:
        assert at >= DAWN
        self._append(f"sending {step.qualification}", request_id)

    def posting(self, at: datetime, request_id: str, correlation_id: str) -> None:
        assert at >= DAWN
        if len(self.posted) == self.post_room:
            raise FULL
        self.posted.append((request_id, correlation_id))

    def accepted(self, at: datetime, request_id: str) -> None:
        assert at >= DAWN
        self._append("accepted", request_id)

    def settled(
        self, at: datetime, request_id: str, outcome: Outcome, audited: str | None = None
    ) -> None:
        assert at >= DAWN
        self._append(outcome if audited is None else f"{outcome} by {audited}", request_id)

    def _append(self, what: str, request_id: str) -> None:
        if len(self.lines) == self.room:
            raise FULL
        self.lines.append((what, request_id, len(self.service.posts)))


class Apply:
    """One apply of a plan made on what the fake holds; everything can be turned before `run`."""

    def __init__(self, *customers: DesiredCustomer, policy: Policy = SKIP) -> None:
        self.service = FakePartnerCenter(codes={"GCC-4711": 5})
        self.ledger = Ledger(self.service)
        self.stop = StopSignal()
        self.policy = policy
        self.code: Secret | None = Secret("GCC-4711")
        self.accepted: frozenset[str] = frozenset()
        self.unsettled: dict[StepKey, CreateRecord] = {}
        self.freshly_done: dict[StepKey, CreateRecord] = {}
        self.concurrency = 1
        self.correlation_ids: dict[str, tuple[str, ...]] = {}
        self.limits = AT_ONCE
        self.progress: list[tuple[str, int, int]] = []
        self.customers = customers
        for each in customers:
            self.service.put(each.customer_id)

    def make_plan(self) -> Plan:
        """Plan on what the fake holds now, without a read."""
        live = {
            customer_id: LiveCustomer(tuple(entry.live for entry in entries.values()))
            for customer_id, entries in self.service.entries.items()
        }
        return make_plan(
            DesiredState(self.customers),
            LiveState(live),
            PlanOptions(self.policy, TARGET, TODAY),
        )

    def make_engine(self, plan: Plan) -> Engine:
        numbers = count(1)
        dependencies = Dependencies(
            service=self.service,
            journal=self.ledger,
            now=self.service.now,
            new_request_id=lambda: f"id-{next(numbers)}",
            retry_limits=self.limits,
            concurrency=self.concurrency,
            progress=lambda *told: self.progress.append(told),
        )
        given = ApplyInput(
            plan=plan,
            customers={each.customer_id: each for each in self.customers},
            policy=self.policy,
            history=History(
                self.unsettled,
                0,
                {},
                self.freshly_done,
                accepted=self.accepted,
                correlation_ids=self.correlation_ids,
            ),
            read_code=lambda _step: self.code,
        )
        return Engine(given, dependencies, self.stop)

    def run(self, plan: Plan | None = None) -> tuple[StepResult, ...]:
        engine = self.make_engine(plan or self.make_plan())
        asyncio.run(engine.run())
        return engine.results

    def run_in_virtual_time(self) -> tuple[tuple[StepResult, ...], float]:
        """Run with the limits of every day; tell what became of it and how long it took."""
        self.limits = RetryLimits(chance=lambda: 1.0)
        engine = self.make_engine(self.make_plan())

        async def run() -> float:
            await engine.run()
            return asyncio.get_running_loop().time()

        took = run_in_virtual_time(run())
        return engine.results, took

    @property
    def sent(self) -> list[str]:
        return [post.qualification.value for post in self.service.posts]


def outcomes(results: Sequence[StepResult]) -> list[Outcome]:
    return [result.outcome for result in results]


def message_of(result: StepResult) -> str:
    assert result.message is not None
    return result.message


def sent_before(step: Step, request_id: str = "earlier") -> dict[StepKey, CreateRecord]:
    """Make what the journal of an earlier run says of `step`."""
    return {step.key: CreateRecord.of(step, "run-0", DAWN, request_id)}


def schools(number: int) -> tuple[DesiredCustomer, ...]:
    """Customers with one create each."""
    return tuple(
        customer(education(), customer_id=CustomerId(f"c-{index:03}"), name=f"c-{index:03}")
        for index in range(number)
    )


def many(number: int) -> tuple[DesiredCustomer, ...]:
    return tuple(
        customer(education(), SOE, customer_id=CustomerId(f"c-{index:03}"), name=f"c-{index:03}")
        for index in range(number)
    )


BOTH: Final = (customer(education(), SOE), customer(SOE, customer_id=FABRIKAM, name="fabrikam"))
