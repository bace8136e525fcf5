"""Decides which faults a call meets, the same way each time. It changes no answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final, assert_never

from reconciler.emulator.creates import CreateRules
from reconciler.emulator.faults import (
    ANY,
    Cut,
    Delay,
    Effect,
    ExpireToken,
    FaultDocument,
    Garbled,
    Lag,
    NoIdempotency,
    Redirect,
    Status,
    Throttle,
)
from reconciler.emulator.world import digest_of

if TYPE_CHECKING:
    from reconciler.emulator.faults import Ending, Fault
    from reconciler.emulator.routing import Call
    from reconciler.model.secret import Secret

DRAWN: Final = 2**64


@dataclass(frozen=True, slots=True)
class FaultContext:
    """One call, as far as faults look at it."""

    call: Call
    method: str
    customer_id: str | None
    token: Secret | None


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """What the faults do to one call: seconds to wait, rules to bend, and how it ends."""

    wait_before: float = 0.0
    wait_after: float = 0.0
    rules: CreateRules = field(default_factory=CreateRules)
    lagging_reads: int = 0
    ending: Ending | None = None


@dataclass(slots=True)
class _Tally:
    """How often a fault was met and struck; a token is known by its digest."""

    matches: int = 0
    fault_plans: int = 0
    draws: Counter[str] = field(default_factory=Counter)
    uses: Counter[str] = field(default_factory=Counter)
    expired: set[str] = field(default_factory=set)


@dataclass(slots=True)
class FaultScript:
    """The faults of a document, with what they remember of the calls so far."""

    document: FaultDocument = field(default_factory=FaultDocument)
    _tallies: dict[int, _Tally] = field(default_factory=dict)

    def meet(self, meeting: FaultContext) -> FaultPlan:
        """Let a call meet the faults from the top, until one ends it."""
        strike = FaultPlan()
        for index, fault in enumerate(self.document.faults):
            if _matches(fault, meeting) and self._fires(index, fault, meeting):
                strike = _joined(strike, fault)
            if strike.ending is not None:
                break
        return strike

    def injected(self) -> list[dict[str, object]]:
        """Tell how often each fault struck, in the document's order."""
        return [
            {"kind": fault.kind, "call": fault.call, "injected": self._tally(index).fault_plans}
            for index, fault in enumerate(self.document.faults)
        ]

    def restart(self) -> None:
        self._tallies.clear()

    def _tally(self, index: int) -> _Tally:
        return self._tallies.setdefault(index, _Tally())

    def _fires(self, index: int, fault: Fault, meeting: FaultContext) -> bool:
        tally = self._tally(index)
        if isinstance(fault, ExpireToken):
            fires = _token_expired(fault, tally, meeting)
        else:
            fires = _is_due(fault, tally) and self._is_drawn(index, fault, meeting)
        tally.fault_plans += fires
        return fires

    def _is_drawn(self, index: int, fault: Fault, meeting: FaultContext) -> bool:
        """Draw by the call's own number among its customer's, so that order doesn't matter."""
        if fault.probability is None:
            return True
        subject = f"{meeting.call} {meeting.customer_id}"
        draws = self._tally(index).draws
        draws[subject] += 1
        drawn = sha256(f"{self.document.seed} {index} {subject} {draws[subject]}".encode())
        return int.from_bytes(drawn.digest()[:8]) < fault.probability * DRAWN


def _matches(fault: Fault, meeting: FaultContext) -> bool:
    return (
        fault.call in {ANY, meeting.call}
        and fault.customer in {None, meeting.customer_id}
        and fault.method in {None, meeting.method}
    )


def _is_due(fault: Fault, tally: _Tally) -> bool:
    tally.matches += 1
    return tally.matches > fault.after and (fault.times is None or tally.fault_plans < fault.times)


def _token_expired(fault: ExpireToken, tally: _Tally, meeting: FaultContext) -> bool:
    if not meeting.token:
        return False
    token = digest_of(meeting.token.reveal())
    tally.uses[token] += 1
    may_expire = fault.times is None or len(tally.expired) < fault.times
    if tally.uses[token] > fault.after and may_expire:
        tally.expired.add(token)
    return token in tally.expired


def _joined(strike: FaultPlan, fault: Fault) -> FaultPlan:
    match fault:
        case Delay(effect=Effect.BEFORE):
            return replace(strike, wait_before=strike.wait_before + fault.seconds)
        case Delay():
            return replace(strike, wait_after=strike.wait_after + fault.seconds)
        case Lag():
            return replace(strike, lagging_reads=fault.reads)
        case NoIdempotency():
            refuse = fault.duplicates == "refuse"
            return replace(
                strike, rules=CreateRules(honour_request_id=False, refuse_duplicates=refuse)
            )
        case Cut() | Garbled() | Status() | Throttle() | Redirect() | ExpireToken():
            return replace(strike, ending=fault)
        case _:
            assert_never(fault)
