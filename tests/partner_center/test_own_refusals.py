"""Customers that are refused for themselves: they wait, and nobody waits for them."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import httpx
import pytest

from reconciler.live_state import MOST_WAITING, read_customers
from reconciler.model.state import CustomerId, UnreadableCustomer
from reconciler.partner_center.client import PartnerCenterClient
from reconciler.partner_center.own_refusals import OwnRefusals
from reconciler.partner_center.pacing import Pace
from reconciler.partner_center.timing import Timing
from tests.virtual_time import run_in_virtual_time

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACES: Final = 8
LATENCY: Final = 0.05
CUSTOMERS: Final = 600
ODD: Final = 10
"""One customer in so many is refused twice."""


def customer_id(number: int) -> CustomerId:
    return CustomerId(f"00000000-0000-4000-8000-{number:012}")


@dataclass
class Service:
    """Answers after its latency; some customers answer 429 by themselves."""

    odd_one_in: int | None = None
    refusals: int = 2
    dead: bool = False
    retry_after: int = 1
    requests: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    most_in_flight: int = 0

    async def answer(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        del method, headers, body
        self.requests[target] += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        await asyncio.sleep(LATENCY)
        self.in_flight -= 1
        if self.dead:
            raise httpx.ReadError("nobody there")
        number = int(target.split("/")[3][-12:])
        if (
            self.odd_one_in
            and number % self.odd_one_in == 0
            and self.requests[target] <= self.refusals
        ):
            return 429, {"retry-after": str(self.retry_after)}, b""
        return 200, {}, b"[]"

    async def aclose(self) -> None:
        pass


def reading(
    service: Service,
    customers: int = CUSTOMERS,
    *,
    paced: bool = False,
    ceiling: int | None = None,
) -> tuple[float, Counter[str]]:
    """Read them all; how many seconds it took, and what became of the customers."""

    async def run() -> tuple[float, Counter[str]]:
        clock = asyncio.get_running_loop().time
        timing = Timing(clock=clock, chance=lambda: 0.5)
        pace = Pace(PLACES, ceiling, timing, paced=paced or ceiling is not None)
        ids = [customer_id(number) for number in range(customers)]
        async with PartnerCenterClient(address="http://x", http=service, pace=pace) as client:
            states = await read_customers(client, ids, PLACES)
        return clock(), Counter(type(each).__name__ for each in states.values())

    return run_in_virtual_time(run())


@pytest.mark.parametrize("retry_after", [1, 5, 30])
def test_who_waits_out_his_own_refusals_holds_no_place(retry_after: int) -> None:
    """One in ten is refused twice: little longer than without, plus what those few wait."""
    without, _ = reading(Service())
    service = Service(ODD, retry_after=retry_after)
    seconds, became = reading(service)
    assert became == {"LiveCustomer": CUSTOMERS}
    assert seconds <= 1.5 * without + 2 * (retry_after + 1)
    assert service.most_in_flight <= PLACES


@pytest.mark.parametrize("retry_after", [1, 3, 5, 30])
def test_single_customers_that_refuse_cost_little_under_the_pace_too(retry_after: int) -> None:
    """At most 3 times as long as without, plus what those few wait: all are read in the end."""
    without, _ = reading(Service(), paced=True)
    seconds, became = reading(Service(ODD, retry_after=retry_after), paced=True)
    assert became == {"LiveCustomer": CUSTOMERS}
    assert seconds <= 3 * without + 2 * (retry_after + 1)


@pytest.mark.parametrize("odd", [3, 5])
def test_many_customers_that_refuse_slow_the_others_no_more(odd: int) -> None:
    """Up to one in three: slowing down for them would help none, and has an end."""
    without, _ = reading(Service(), paced=True)
    seconds, became = reading(Service(odd), paced=True)
    assert became == {"LiveCustomer": CUSTOMERS}
    assert seconds <= 3 * without + 2 * (1 + 1)


def test_rows_of_refusals_that_single_customers_explain_are_no_pause() -> None:
    """Two in a row mean a limit, but not where a tenth is refused anyway."""
    for own, row in ((0.0, 2), (0.1, 3), (0.3, 6)):
        refusals = OwnRefusals(own)
        for _ in range(row - 1):
            refusals.note(refused=True)
        assert not refusals.nothing_passes
        refusals.note(refused=True)
        assert refusals.nothing_passes


@pytest.mark.parametrize(
    ("answers", "as_many"),
    [
        ("." * 30, None),
        ("." * 90, False),
        (".........r" * 5, None),
        (".........r" * 10, True),
        ("rr", None),
        ("r" * 6, True),
    ],
)
def test_a_trial_goes_on_until_its_answers_are_evidence(answers: str, as_many: bool | None) -> None:
    """A fifth was refused before: `r` is refused now, and `.` passes."""
    refusals = OwnRefusals(0.0)
    for answer in answers:
        refusals.note(refused=answer == "r")
    assert refusals.are_as_many(0.2) is as_many


def test_what_is_waited_for_the_pace_counts_as_no_patience() -> None:
    """A ceiling of one a minute keeps each read waiting, and none is given up for that."""
    _, became = reading(Service(1, refusals=1), 8, ceiling=1)
    assert became == {"LiveCustomer": 8}


def test_what_is_waited_for_a_place_counts_as_no_try() -> None:
    """Where more than may wait are refused, the rest is late, and read all the same."""
    customers = 2 * MOST_WAITING
    seconds, became = reading(Service(1, retry_after=30), customers)
    assert became == {"LiveCustomer": customers}
    assert seconds > 2 * 2 * 30


@pytest.mark.parametrize("paced", [True, False])
def test_a_dead_service_costs_no_more_than_a_few_reads(*, paced: bool) -> None:
    """However many reads are begun: only those with a place are tried before all are given up."""
    service = Service(dead=True)
    _, became = reading(service, paced=paced)
    assert became == {UnreadableCustomer.__name__: CUSTOMERS}
    assert len(service.requests) <= 3 * PLACES


def test_a_service_that_refuses_all_ends_the_run_within_what_one_read_may_wait() -> None:
    """Those that wait are not tried one after another."""
    service = Service(1, retry_after=30, refusals=99)
    seconds, became = reading(service)
    assert became == {UnreadableCustomer.__name__: CUSTOMERS}
    assert seconds < 2 * 150


@pytest.mark.parametrize(("retry_after", "minutes"), [(1, 2), (30, 17)])
def test_a_service_that_refuses_all_ends_the_run_under_the_pace_too(
    retry_after: int, minutes: float
) -> None:
    """Probes go one at a time, but for a request that waited for itself no longer than that."""
    seconds, became = reading(Service(1, retry_after=retry_after, refusals=99), paced=True)
    assert became == {UnreadableCustomer.__name__: CUSTOMERS}
    assert seconds < 60 * minutes
