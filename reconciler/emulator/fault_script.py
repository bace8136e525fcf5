"""Decides which faults a call gets, the same way each time. It changes no answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final, assert_never

from reconciler.emulator.creates import AS_DOCUMENTED, CreateRules
from reconciler.emulator.faults import (
    ANY,
    Cut,
    Delay,
    ExpireToken,
    FaultDocument,
    FiresWhen,
    Garbled,
    Lag,
    NoIdempotency,
    RateLimit,
    Redirect,
    Status,
    Throttle,
)
from reconciler.emulator.world import digest_of

if TYPE_CHECKING:
    from reconciler.emulator.faults import Ending, Fault
    from reconciler.emulator.routing import CallName
    from reconciler.model.secret import Secret

DRAWN: Final = 2**64
ROUNDING: Final = 1e-6
"""Of a request: what a bucket may lack by the rounding of sums alone."""


@dataclass(frozen=True, slots=True)
class FaultContext:
    """One call, as far as faults look at it; `at` is its time in seconds."""

    call: CallName
    method: str
    customer_id: str | None
    token: Secret | None
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """What the faults do to one call: seconds to wait, rules to bend, and how it ends."""

    wait_before: float = 0.0
    wait_after: float = 0.0
    rules: CreateRules = AS_DOCUMENTED
    lag: Lag | None = None
    ending: Ending | None = None


UNDISTURBED: Final = FaultPlan()


@dataclass(slots=True)
class _Tally:
    """How often a fault's calls came and it fired; a token is known by its digest."""

    matches: int = 0
    injected: int = 0
    draws: Counter[str] = field(default_factory=Counter)
    uses: Counter[str] = field(default_factory=Counter)
    expired: set[str] = field(default_factory=set)
    spent: float = 0.0
    """Requests missing from a bucket, as it was at `counted_at`."""
    counted_at: float = 0.0


@dataclass(slots=True)
class FaultScript:
    """The faults of a document, with what they remember of the calls so far."""

    document: FaultDocument = field(default_factory=FaultDocument)
    _tallies: dict[int, _Tally] = field(default_factory=dict)

    def plan_for(self, context: FaultContext) -> FaultPlan:
        """Let the faults act on a call from the top, until one ends it."""
        plan = UNDISTURBED
        for index, fault in enumerate(self.document.faults):
            if _matches(fault, context) and self._fires(index, fault, context):
                plan = _joined(plan, fault)
            if plan.ending is not None:
                break
        return plan

    def injected(self) -> list[dict[str, object]]:
        """How often each fault fired, in the document's order."""
        return [
            {"kind": fault.kind, "call": fault.call, "injected": self._tally(index).injected}
            for index, fault in enumerate(self.document.faults)
        ]

    def restart(self) -> None:
        self._tallies.clear()

    def _tally(self, index: int) -> _Tally:
        return self._tallies.setdefault(index, _Tally())

    def _fires(self, index: int, fault: Fault, context: FaultContext) -> bool:
        tally = self._tally(index)
        if isinstance(fault, ExpireToken):
            fires = _token_expired(fault, tally, context)
        else:
            fires = _is_due(fault, tally) and self._is_drawn(index, fault, context)
        if isinstance(fault, RateLimit):
            fires = fires and _is_beyond(fault, tally, context.at)
        tally.injected += fires
        return fires

    def _is_drawn(self, index: int, fault: Fault, context: FaultContext) -> bool:
        """Draw by the call's own number among its customer's, so that order doesn't matter."""
        if fault.probability is None:
            return True
        subject = f"{context.call} {context.customer_id}"
        draws = self._tally(index).draws
        draws[subject] += 1
        drawn = sha256(f"{self.document.seed} {index} {subject} {draws[subject]}".encode())
        return int.from_bytes(drawn.digest()[:8]) < fault.probability * DRAWN


def _matches(fault: Fault, context: FaultContext) -> bool:
    return (
        fault.call in {ANY, context.call}
        and fault.customer in {None, context.customer_id}
        and fault.method in {None, context.method}
    )


def _is_due(fault: Fault, tally: _Tally) -> bool:
    tally.matches += 1
    return tally.matches > fault.after and (fault.times is None or tally.injected < fault.times)


def _is_beyond(limit: RateLimit, tally: _Tally, at: float) -> bool:
    """Whether the bucket is empty; a clock that went back fills nothing."""
    filled = max(at - tally.counted_at, 0.0) * limit.per_minute / 60
    tally.spent, tally.counted_at = max(tally.spent - filled, 0.0), at
    if tally.spent + 1 > limit.burst + ROUNDING:
        return True
    tally.spent += 1
    return False


def _token_expired(fault: ExpireToken, tally: _Tally, context: FaultContext) -> bool:
    if not context.token:
        return False
    token = digest_of(context.token.reveal())
    tally.uses[token] += 1
    may_expire = fault.times is None or len(tally.expired) < fault.times
    if tally.uses[token] > fault.after and may_expire:
        tally.expired.add(token)
    return token in tally.expired


def _joined(plan: FaultPlan, fault: Fault) -> FaultPlan:
    match fault:
        case Delay(effect=FiresWhen.BEFORE):
            return replace(plan, wait_before=plan.wait_before + fault.seconds)
        case Delay():
            return replace(plan, wait_after=plan.wait_after + fault.seconds)
        case Lag():
            return replace(plan, lag=fault)
        case NoIdempotency():
            refuse = fault.duplicates == "refuse"
            return replace(
                plan, rules=CreateRules(honour_request_id=False, refuse_duplicates=refuse)
            )
        case Cut() | Garbled() | Status() | Throttle() | RateLimit() | Redirect() | ExpireToken():
            return replace(plan, ending=fault)
        case _:
            assert_never(fault)
