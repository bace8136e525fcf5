"""The engine with the real client on the emulator and its faults, in virtual time; no claims."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from reconciler.applying.apply_input import ApplyInput, Dependencies
from reconciler.applying.engine import Engine
from reconciler.applying.history import History
from reconciler.applying.stop import StopSignal
from reconciler.emulator.embedding import EmbeddedService
from reconciler.emulator.emulator import open_emulator
from reconciler.model.plan import PlanOptions
from reconciler.model.state import CustomerId, DesiredState, LiveState
from reconciler.partner_center.client import PartnerCenterClient
from reconciler.partner_center.pacing import Pace
from reconciler.partner_center.timing import Timing
from reconciler.planning.planner import make_plan
from tests.fake_partner_center import DAWN
from tests.virtual_time import run_in_virtual_time
from tests.worlds import SKIP, SOE, TARGET, TODAY, customer, live

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reconciler.emulator.emulator import Emulator
    from reconciler.model.plan import Outcome, Step

Fault = dict[str, object]


class NoJournal:
    """Takes every line; what is journalled is other tests' claim."""

    def sending(self, at: datetime, step: Step, request_id: str) -> None: ...

    def posting(self, at: datetime, request_id: str, correlation_id: str) -> None: ...

    def accepted(self, at: datetime, request_id: str) -> None: ...

    def settled(
        self, at: datetime, request_id: str, outcome: Outcome, audited: str | None = None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Applied:
    """What so many creates came to, at the service too, and how many seconds it took."""

    outcomes: Counter[Outcome]
    creates: Counter[str]
    """How often each customer's create took effect."""
    injected: tuple[int, ...]
    """How often each fault struck."""
    seconds: float


def customer_id(number: int) -> CustomerId:
    return CustomerId(str(UUID(int=number, version=4)))


def apply_emulated(faults: list[Fault], creates: int, concurrency: int) -> Applied:
    return run_in_virtual_time(_apply({"faults": faults}, creates, concurrency))


async def _apply(faults: Mapping[str, object], creates: int, concurrency: int) -> Applied:
    clock = asyncio.get_running_loop().time
    ids = [customer_id(number) for number in range(creates)]
    seed = {"customers": [{"id": each, "name": each} for each in ids]}
    emulator = open_emulator(seed, Path("live.yaml"), None, faults)
    emulator = replace(emulator, clock=lambda: DAWN + timedelta(seconds=clock()))
    pace = Pace(concurrency, timing=Timing(clock=clock), paced=False)
    service = EmbeddedService(emulator, "Bearer user")
    async with PartnerCenterClient(address="http://x", http=service, pace=pace) as client:
        engine = _engine(client, ids, concurrency)
        await engine.run()
    outcomes = Counter(result.outcome for result in engine.results)
    injected = tuple(int(str(each["injected"])) for each in emulator.faults.injected())
    return Applied(outcomes, _creates(emulator), injected, clock())


def _engine(client: PartnerCenterClient, ids: list[CustomerId], concurrency: int) -> Engine:
    declared = tuple(customer(SOE, customer_id=each, name=each) for each in ids)
    absent = LiveState(dict.fromkeys(ids, live()))
    plan = make_plan(DesiredState(declared), absent, PlanOptions(SKIP, TARGET, TODAY))
    given = ApplyInput(
        plan=plan,
        customers={each.customer_id: each for each in declared},
        policy=SKIP,
        history=History({}, 0, {}),
        read_code=lambda _step: None,
    )
    around = Dependencies(
        service=client,
        journal=NoJournal(),
        now=lambda: DAWN,
        new_request_id=lambda: str(uuid4()),
        concurrency=concurrency,
    )
    return Engine(given, around, StopSignal())


def _creates(emulator: Emulator) -> Counter[str]:
    records = emulator.store.read().audit_records
    return Counter(record.customer_id for record in records)
