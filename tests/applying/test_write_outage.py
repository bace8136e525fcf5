"""A write outage costs few creates: the real client, the emulator's own faults, virtual time."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

import pytest

from reconciler.applying.apply_input import ApplyInput, Dependencies
from reconciler.applying.engine import Engine
from reconciler.applying.history import History
from reconciler.applying.stop import StopSignal
from reconciler.emulator.embedding import EmbeddedService
from reconciler.emulator.emulator import open_emulator
from reconciler.model.plan import Outcome, PlanOptions
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

    from reconciler.model.plan import Step

ALLOWED: Final = 500
NAMES: Final = tuple(CustomerId(str(UUID(int=number, version=4))) for number in range(ALLOWED))

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
class Outage:
    """What 500 creates came to: their outcomes, the POSTs without an answer, the seconds."""

    outcomes: Counter[Outcome]
    in_vain: int
    seconds: float


def outage(fault: Fault, concurrency: int, *, after: int = 0, latency: float = 0.0) -> Outage:
    """Apply 500 creates, of which the first `after` are answered, each after `latency`."""
    create: Fault = {"call": "createQualification"}
    faults: list[Fault] = [
        {"kind": "delay", "seconds": latency} | create,
        {"after": after} | fault | create,
    ]
    return run_in_virtual_time(_apply({"faults": faults}, concurrency))


async def _apply(faults: Mapping[str, object], concurrency: int) -> Outage:
    clock = asyncio.get_running_loop().time
    seed = {"customers": [{"id": each, "name": each} for each in NAMES]}
    emulator = open_emulator(seed, Path("live.yaml"), None, faults)
    emulator = replace(emulator, clock=lambda: DAWN + timedelta(seconds=clock()))
    pace = Pace(concurrency, timing=Timing(clock=clock), paced=False)
    service = EmbeddedService(emulator, "Bearer user")
    async with PartnerCenterClient(address="http://x", http=service, pace=pace) as client:
        engine = _engine(client, concurrency)
        await engine.run()
    outcomes = Counter(result.outcome for result in engine.results)
    return Outage(outcomes, int(str(emulator.faults.injected()[1]["injected"])), clock())


def _engine(client: PartnerCenterClient, concurrency: int) -> Engine:
    declared = tuple(customer(SOE, customer_id=each, name=each) for each in NAMES)
    absent = LiveState(dict.fromkeys(NAMES, live()))
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


SILENT: Final[Fault] = {"kind": "drop-before"}
GATEWAY: Final[Fault] = {"kind": "status", "status": 504, "effect": "before"}


@pytest.mark.parametrize("fault", [SILENT, GATEWAY], ids=["dropped", "504"])
@pytest.mark.parametrize("concurrency", [1, 8])
def test_an_outage_from_the_start(fault: Fault, concurrency: int) -> None:
    """At most 15 POSTs, 4 unknown, two minutes; the rest is not attempted."""
    came = outage(fault, concurrency, latency=1)
    assert came.in_vain <= 15
    assert came.outcomes[Outcome.UNKNOWN] <= 4
    assert came.outcomes[Outcome.NOT_ATTEMPTED] == ALLOWED - came.outcomes[Outcome.UNKNOWN]
    assert came.seconds < 120


@pytest.mark.parametrize("fault", [SILENT, GATEWAY], ids=["dropped", "504"])
@pytest.mark.parametrize("answered", range(28, 33))
def test_an_outage_that_begins_in_the_middle(fault: Fault, answered: int) -> None:
    """No dearer: those that were on their way are looked for, and sent again one at a time."""
    came = outage(fault, 8, after=answered, latency=1)
    assert came.outcomes[Outcome.CREATED] == answered
    assert came.in_vain <= 15
    assert came.outcomes[Outcome.UNKNOWN] <= 4
    assert came.seconds < 120
