"""The services that a pace is tried on, what is due on each, and what nobody could keep there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Literal, get_args

from reconciler.partner_center.rate import Rate
from reconciler.partner_center.token_bucket import TokenBucket
from tests.partner_center.pacing_simulation import Paces, RunawayPaceError, Simulation
from tests.partner_center.throttled_services import (
    Bucket,
    FixedWindow,
    SlidingWindow,
    ThrottledService,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.partner_center.throttled_services import Limit

LIMITS: Final[dict[str, Callable[[], Limit]]] = {
    **{f"bucket {depth:g}": partial(Bucket, depth) for depth in (0.1, 1, 10, 60)},
    **{f"bucket {depth:g}, counted": partial(Bucket, depth, True) for depth in (0.1, 1, 10, 60)},
    **{f"fixed {seconds}": partial(FixedWindow, seconds) for seconds in (1, 10, 60)},
    **{f"sliding {seconds}": partial(SlidingWindow, seconds) for seconds in (1, 10, 12, 60)},
    **{
        f"sliding {seconds}, counted": partial(SlidingWindow, seconds, True)
        for seconds in (1, 10, 12, 60)
    },
}
"""Seconds deep or long; `counted` where refused requests use up the limit too."""

GRID: Final = tuple(limit for limit in LIMITS if " 12" not in limit)
PER_MINUTE: Final = (60, 500, 1800, 9000)

Event = Literal["steady", "own refusals", "halves", "doubles", "others"]
EVENTS: Final[tuple[Event, ...]] = get_args(Event)


@dataclass(frozen=True, slots=True)
class Case:
    """One cell of the grid; `known` where the ceiling that is configured is the limit."""

    limit: str
    per_minute: int
    reads: int
    event: Event
    known: bool

    def __str__(self) -> str:
        known = "set" if self.known else "unknown"
        return f"{self.limit}; {self.per_minute} a minute; {self.reads}; {self.event}; {known}"

    def service(self) -> ThrottledService:
        service = ThrottledService(LIMITS[self.limit](), self.per_minute)
        match self.event:
            case "halves" | "doubles":
                service.changes_at = self.reads / (self.per_minute / 60) / 2
                service.factor = 0.5 if self.event == "halves" else 2.0
            case "own refusals":
                service.odd_one_in = 10
            case "others":
                service.others = 0.3
        return service

    def reaches(self, outcome: Outcome) -> bool:
        """Whether as much of the permitted rate is used as is due here."""
        return outcome.share >= (0.95 if self.known else 0.85)

    def holds(self, outcome: Outcome) -> bool:
        """Whether that is reached, and few are refused for it."""
        return self.reaches(outcome) and outcome.refused <= (0.01 if self.known else 0.05)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`share` of the permitted rate, `refused` as a share of the requests, own refusals aside."""

    share: float
    refused: float


CONCURRENCY: Final = 64


def outcome(case: Case) -> Outcome:
    service = case.service()
    ceiling = math.floor(60 * service.limit.permits(case.per_minute / 60) + 1e-9)
    return outcome_of(Rate(CONCURRENCY, ceiling if case.known else None, 0.0), service, case.reads)


def outcome_of(pace: Paces, service: ThrottledService, reads: int) -> Outcome:
    """Run it; measured until nothing is left to begin but what waits out its Retry-After."""
    run = Simulation(pace, service.ask, reads, CONCURRENCY).run()
    assert run.emptied is not None
    seconds, accepted = run.emptied
    permitted = service.seconds_for(accepted + service.own_refusals)
    return Outcome(permitted / seconds, (run.refused - service.own_refusals) / len(run.sent))


def cells(event: Event, reads: int, *, known: bool) -> Iterable[Case]:
    for limit in GRID:
        for per_minute in PER_MINUTE:
            yield Case(limit, per_minute, reads, event, known)


class ToldPace:
    """Is told at every moment what the service permits, and asks steadily for a share of that.

    It knows neither how full the service's bucket or window is, nor when somebody else asks: what
    it can't keep, no pace is expected to. After two refusals in a row it may wait for Retry-After.
    """

    def __init__(self, service: ThrottledService, share: float, *, patient: bool) -> None:
        self._service = service
        self._share = share
        self._patient = patient
        self._bucket = TokenBucket(1.0, 1.0, 1.0, 0.0)
        self._in_row = 0
        self._closed_until = 0.0

    def wait(self, now: float) -> float:
        self._bucket.rate = self._share * self._service.permitted_to_us(now)
        return max(self._bucket.wait(now), self._closed_until - now)

    def take(self, now: float) -> None:
        self._bucket.take(now)

    def accepted(self, _sent: float, _now: float) -> None:
        self._in_row = 0

    def refused(
        self, _sent: float, now: float, retry_after: float | None, *, refused_before: int
    ) -> None:
        self._in_row += refused_before == 0
        if self._patient and self._in_row > 1:
            self._closed_until = max(self._closed_until, now + (retry_after or 0.0))


TOLD: Final = [(share, patient) for share in (0.86, 0.93, 1.0) for patient in (False, True)]


def can_be_kept(case: Case) -> bool:
    """Whether a pace keeps what is due here if it is told what the service permits."""
    for share, patient in TOLD:
        service = case.service()
        told = ToldPace(service, share, patient=patient)
        try:
            if case.holds(outcome_of(told, service, case.reads)):
                return True
        except RunawayPaceError:
            continue
    return False
